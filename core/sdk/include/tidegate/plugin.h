/* SPDX-License-Identifier: Apache-2.0
 *
 * The binary contract between the tidegate host and a plugin: values, errors, the stage, the entry.
 * C11, self-contained. services.h holds what a plugin can ask of the host. While TG_ABI_MAJOR is 0 it may change.
 *
 * Rules that hold everywhere:
 *  - struct_size comes first in every struct that crosses; the side that made the struct sets it. A reader asks
 *    TG_HAS before it touches a field that was not in the first released struct. The value types tg_str and
 *    tg_value are frozen instead. Fields are only ever appended.
 *  - Text is UTF-8, counted and not NUL-terminated, and borrowed for the call that carries it: copy to keep.
 *  - Each side frees what it made. Answers of unknown size come through a tg_take callback, called at most once
 *    unless its function says otherwise, before that function returns.
 *  - No exception, no standard-library type and no allocator crosses. Every function here must not throw.
 *  - Threads: [any-thread] may be called from every thread of the plugin, also at once; [stage-thread] only from
 *    inside a call of the host into the stage, on that call's thread.
 */
#ifndef TIDEGATE_PLUGIN_H
#define TIDEGATE_PLUGIN_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

#define TG_ABI_MAJOR 0u /* of the contract; the entry symbol spells the released major */
#define TG_ABI_MINOR 3u /* grows with each added field or service; never gates loading */
#define TG_ENTRY_SYMBOL "tidegate_plugin_v1"
#define TG_MANIFEST_SECTION ".tidegate.manifest"
#define TG_EXPORT __attribute__((visibility("default")))

/* True when FIELD lies wholly inside the struct that the other side handed over. */
#define TG_HAS(ptr, type, field) ((ptr)->struct_size >= offsetof(type, field) + sizeof((ptr)->field))

/* ------------------------------------------------------------------------------------------ values */

typedef struct tg_str {
  const char *data; /* may be NULL when size is 0 */
  size_t size;      /* bytes */
} tg_str;

enum { TG_NIL = 0, TG_BOOL, TG_INT, TG_REAL, TG_TEXT, TG_ARRAY, TG_TABLE };
typedef struct tg_value {
  int32_t type;   /* TG_NIL … TG_TABLE */
  uint32_t count; /* elements of an array, keys of a table */
  int64_t i;      /* TG_BOOL: 0 or 1; TG_INT; a duration in milliseconds; a size in bytes */
  double d;       /* TG_REAL */
  tg_str s;       /* TG_TEXT */
} tg_value;

typedef void (*tg_take)(void *user, tg_str value);

/* Did the call work? The lower-case names (failed, config, …) are the retry classes of a pipeline file. */
typedef int32_t tg_status;
enum {
  TG_OK = 0,
  TG_E_FAILED,      /* tried, and refused or went wrong; trying the same again will not help */
  TG_E_CONFIG,      /* a setting, file or argument is wrong */
  TG_E_CANCELLED,   /* the run was interrupted */
  TG_E_DEADLINE,    /* out of time */
  TG_E_UNAVAILABLE, /* nobody there, or the connection was lost */
  TG_E_LOCKED,      /* somebody else holds the lock */
  TG_E_CONFLICT,    /* serialization failure, deadlock, changed underneath */
  TG_E_DENIED,      /* no right to do it, or the contract of the stage's kind forbids it */
  TG_E_NOT_FOUND,
  TG_E_UNSUPPORTED, /* this side does not know how */
  TG_E_INTERNAL     /* a bug */
};

/* What the stage concluded. 0 is never a pass: status TG_OK with it unset is the plugin's bug. */
typedef int32_t tg_verdict;
enum { TG_VERDICT_UNSET = 0, TG_PASS, TG_WARN, TG_BLOCK, TG_SKIPPED };

/* ---------------------------------------------------------------------- what the host implements */

typedef struct tg_host tg_host; /* one for each stage instance; outlives its destroy() */
struct tg_host {
  uint32_t struct_size, abi_minor;
  /* The table for an id such as TG_LOG; NULL when this host does not know it, the manifest does not ask for it,
   * or the pipeline does not allow it. Lives as long as the host. [any-thread] */
  const void *(*service)(const tg_host *, const char *id);
};

/* What went wrong, for a person: what, where, why, what to do. */
typedef struct tg_error {
  uint32_t struct_size;
  int32_t status;
  tg_str message, hint, file;
  uint32_t line, column; /* 1-based; 0: no place. Columns count characters */
  tg_str sqlstate, detail, relation, constraint;
} tg_error;

/* One thing that a stage noticed. */
typedef struct tg_finding {
  uint32_t struct_size;
  int32_t verdict; /* TG_PASS, TG_WARN or TG_BLOCK */
  tg_str rule, message, file;
  uint32_t line, column;
  tg_str fix;
  tg_str attributes_json; /* empty, or a JSON object whose members join the finding's */
} tg_finding;

typedef struct tg_report tg_report; /* lives for the call that carries it; copies at once [stage-thread] */
struct tg_report {
  uint32_t struct_size, reserved;
  void (*error)(tg_report *, const tg_error *); /* the last one counts */
  void (*finding)(tg_report *, const tg_finding *);
};

/* ---------------------------------------------------------------------- what the plugin implements */

enum {
  TG_RUN_DRY = 1u << 0,    /* say what would be done, change nothing; only for types with dry_run = true */
  TG_RUN_CHANGED = 1u << 1 /* an apply stage of this run has begun to change the target */
};
typedef struct tg_run {
  uint32_t struct_size, flags;
  tg_str run_id, stage_id, kind;
  uint32_t attempt; /* 1 for the first */
  uint32_t reserved;
} tg_run;

typedef struct tg_stage tg_stage;
/* One configured instance. Never entered twice at once, except that cancel may overlap any other call. */
struct tg_stage {
  uint32_t struct_size, reserved;
  void *self;                                   /* the plugin's own */
  tg_status (*validate)(tg_stage *, tg_report *); /* NULL allowed. Looks at settings and files; changes nothing,
                                                     opens no connection [stage-thread] */
  tg_status (*run)(tg_stage *, const tg_run *, tg_verdict *, tg_report *); /* [stage-thread] */
  void (*cancel)(tg_stage *);                   /* NULL allowed. Asks run to stop soon [any-thread] */
  /* NULL allowed. A method of an interface beyond the stage's kind ("tidegate.history/1" …, docs/plugins/extensions.md);
   * only ids that the manifest names. Arguments and answer are JSON, so that it works the same in a process of its
   * own. UNSUPPORTED: no such method. [stage-thread] */
  tg_status (*call)(tg_stage *, tg_str extension, tg_str method, tg_str arguments_json, void *user,
                    tg_take answer_json, tg_report *);
  void (*destroy)(tg_stage *);
};

/* Exported as TG_ENTRY_SYMBOL: a const object, nothing runs before create(). */
typedef struct tg_plugin_entry {
  uint32_t struct_size, abi_major, abi_minor, reserved;
  tg_str manifest; /* the very bytes of the ELF section TG_MANIFEST_SECTION */
  /* A new instance of one stage type of the manifest; the plugin keeps the host pointer. On failure *stage stays
   * NULL and the report has the reason. [stage-thread] */
  tg_status (*create)(const tg_host *, tg_str type, tg_stage **stage, tg_report *);
} tg_plugin_entry;

#ifdef __cplusplus
}
#endif
#endif
