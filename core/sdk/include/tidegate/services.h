/* SPDX-License-Identifier: Apache-2.0
 *
 * What the host offers a plugin: one table of functions for each service, asked for by id through
 * tg_host::service. A manifest names the ids that a stage type requires or wants. C11; rules in plugin.h.
 */
#ifndef TIDEGATE_SERVICES_H
#define TIDEGATE_SERVICES_H
#include "plugin.h"
#ifdef __cplusplus
extern "C" {
#endif

#define TG_LOG "tidegate.log/1"
enum { TG_LOG_DEBUG = 1, TG_LOG_INFO, TG_LOG_WARN, TG_LOG_ERROR };
typedef struct tg_log_v1 {
  uint32_t struct_size, reserved;
  void (*write)(const tg_host *, int32_t level, tg_str message); /* secrets are redacted [any-thread] */
} tg_log_v1;

#define TG_CONTROL "tidegate.control/1" /* [any-thread] */
typedef struct tg_control_v1 {
  uint32_t struct_size, reserved;
  int32_t (*cancelled)(const tg_host *);       /* 1 once the run is interrupted or the deadline is over */
  int64_t (*remaining_ms)(const tg_host *);    /* INT64_MAX: no deadline */
  int32_t (*wait_ms)(const tg_host *, int64_t); /* sleeps that long; returns 1 at once when cancelled */
  void (*progress)(const tg_host *, uint64_t done, uint64_t total, tg_str what); /* total 0: unknown */
  void (*emit)(const tg_host *, tg_str event_type, tg_str fields_json); /* event types that the manifest declares */
  void (*changing)(const tg_host *); /* apply and rollback: called before the first statement that can touch the target */
} tg_control_v1;

#define TG_CONFIG "tidegate.config/1" /* already checked, defaults filled in [any-thread] */
typedef struct tg_config_v1 {
  uint32_t struct_size, reserved;
  /* Path: "tables", "assert.0.sql". The value lives as long as the host. NOT_FOUND: not set, no default.
   * DENIED: a secret, see TG_SECRETS. */
  tg_status (*get)(const tg_host *, tg_str path, tg_value *out);
  tg_status (*key_at)(const tg_host *, tg_str table_path, uint32_t index, tg_str *out); /* "" is the root */
} tg_config_v1;

#define TG_CONTEXT "tidegate.context/1" /* values handed from stage to stage [stage-thread] */
typedef struct tg_context_v1 {
  uint32_t struct_size, reserved;
  tg_status (*get)(const tg_host *, tg_str key, void *user, tg_take); /* "<stage id>.<key>" */
  tg_status (*put)(const tg_host *, tg_str key, tg_str value); /* a key that the manifest declares, no prefix; lists as JSON */
} tg_context_v1;

#define TG_SECRETS "tidegate.secrets/1" /* settings of type secret, by path [any-thread] */
typedef struct tg_secrets_v1 {
  uint32_t struct_size, reserved;
  tg_status (*get)(const tg_host *, tg_str path, void *user, tg_take);
} tg_secrets_v1;

/* ------------------------------------------------------------------------------- tidegate.db/1 */
#define TG_DB "tidegate.db/1" /* a session stays on the thread that opened it */
typedef struct tg_db tg_db;
enum {
  TG_DB_FRESH = 1u << 0 /* a connection of its own once the run has changed something; before that, main */
};
enum { TG_TXN_IDLE = 0, TG_TXN_ACTIVE, TG_TXN_OPEN, TG_TXN_FAILED, TG_TXN_UNKNOWN };

/* One row (text and is_null have `columns` entries), or the end of a statement (text is NULL). */
typedef struct tg_result {
  uint32_t struct_size;
  uint32_t statement;    /* 0 for the first statement of the message */
  uint32_t columns;
  uint32_t reserved;
  int64_t affected;      /* at the end: rows of the command tag, -1 when it has none */
  const tg_str *text;
  const uint8_t *is_null;
  const tg_str *names;
  tg_str tag;            /* at the end: "INSERT 0 1" */
} tg_result;
typedef void (*tg_on_result)(void *user, const tg_result *);

typedef struct tg_db_error {
  uint32_t struct_size;
  int32_t status;        /* as the call returns it */
  uint64_t position;     /* 1-based, in characters into the SQL as sent; 0: unknown */
  tg_str sqlstate;       /* empty: not from the server (connection lost, deadline) */
  tg_str message, detail, hint, context, schema, relation, column, constraint;
  tg_str blockers;       /* who held the lock that was waited for, one session a line; empty: not known */
} tg_db_error;
typedef void (*tg_on_db_error)(void *user, const tg_db_error *);

/* What a session may do follows from the stage's kind and the host's question: detect, precheck and verify, and
 * every extension call that only asks, are read-only: `query` alone, one SELECT, WITH, VALUES, TABLE, SHOW or
 * EXPLAIN a call, inside a READ ONLY transaction of the host. Deadline and cancellation are enforced inside; a writing
 * session whose call was stopped so has three more seconds, in all, for statements that clean up.
 * Statuses follow SQLSTATE: 55P03 locked; 40001, 40P01 conflict; 08*, 57P0*, 53300 unavailable; 28*, 42501 denied;
 * 57014 deadline or cancelled when the host did it. */
typedef struct tg_db_v1 {
  uint32_t struct_size, reserved;
  tg_status (*open)(const tg_host *, tg_str connection, uint32_t flags, tg_db **, tg_report *); /* connection: "main" */
  /* One simple-query message of any number of statements. Write sessions only. */
  tg_status (*script)(tg_db *, tg_str sql, void *user, tg_on_result, tg_on_db_error);
  /* One statement by the extended protocol; parameters are text. is_null may be NULL. */
  tg_status (*query)(tg_db *, tg_str sql, const tg_str *params, const uint8_t *is_null, uint32_t count, void *user,
                     tg_on_result, tg_on_db_error);
  tg_status (*quote)(tg_db *, int32_t as_identifier, tg_str, void *user, tg_take);
  int32_t (*transaction)(tg_db *);    /* TG_TXN_… */
  int32_t (*backend_pid)(tg_db *);
  int32_t (*server_version)(tg_db *); /* 150018 for 15.18 */
  /* The schema that the connection URL asks for (?schema=, else the first of search_path that exists, else
   * "public"), unquoted. */
  tg_status (*schema)(tg_db *, void *user, tg_take);
  void (*close)(tg_db *);
} tg_db_v1;

/* ----------------------------------------------------------------------------- tidegate.http/1 */
#define TG_HTTP "tidegate.http/1" /* [any-thread] */
typedef struct tg_http_request {
  uint32_t struct_size, header_count;
  tg_str method, url, body;
  const tg_str *headers;   /* "Name: value" each */
  int64_t timeout_ms;      /* of one try; 0: 10 s. Never beyond the stage's deadline */
  uint32_t attempts;       /* 0 and 1: no retry. Retried: no connection, 429, 502, 503, 504; Retry-After is kept */
  uint32_t reserved;
  int64_t max_body;        /* bytes of answer kept; 0: 1 MiB */
} tg_http_request;
typedef struct tg_http_response {
  uint32_t struct_size;
  int32_t code;
  uint32_t header_count, attempts;
  const tg_str *headers;
  tg_str body;
  int64_t retry_after_ms;  /* what Retry-After asks to wait; -1: it does not say. Since 0.2 */
} tg_http_response;
typedef void (*tg_on_http)(void *user, const tg_http_response *);
typedef struct tg_http_v1 {
  uint32_t struct_size, reserved;
  /* TG_OK for every answer, whatever its code. Redirects are not followed. */
  tg_status (*send)(const tg_host *, const tg_http_request *, void *user, tg_on_http, tg_report *);
} tg_http_v1;

/* -------------------------------------------------------------------------- tidegate.process/1 */
#define TG_PROCESS "tidegate.process/1" /* no shell; killed with its group on cancel and deadline [any-thread] */
typedef struct tg_process_spec {
  uint32_t struct_size, argc, envc, reserved;
  const tg_str *argv; /* argv[0] is looked up in PATH unless it has a slash */
  const tg_str *env;  /* the whole environment, "NAME=value" each */
  tg_str cwd;         /* empty: the host's */
  tg_str input;       /* given on standard input, then closed */
  /* Since 0.2 (tg_host::abi_minor). The host puts a connection of the pipeline ("main") into the environment, so that
   * its password is on no command line and never with the plugin. Empty: none. For stage types that ask for TG_DB, in
   * calls that may use the database. Nothing is enforced on what the program does with it. */
  tg_str connection;
  tg_str connection_env; /* the variable that gets the URL as given; empty: libpq's own variables (PGHOST, PGPASSWORD …) */
} tg_process_spec;
typedef struct tg_process_v1 {
  uint32_t struct_size, reserved;
  /* exit_code: 0 to 255, or 128 + signal. out and err get the output in pieces, as it comes. */
  tg_status (*run)(const tg_host *, const tg_process_spec *, int32_t *exit_code, void *user, tg_take out, tg_take err,
                   tg_report *);
} tg_process_v1;

/* --------------------------------------------------------------------------- tidegate.stages/1 */
#define TG_STAGES "tidegate.stages/1" /* another stage's extension, through the host [stage-thread] */
typedef struct tg_stages_v1 {
  uint32_t struct_size, reserved;
  /* NOT_FOUND: no stage of this pipeline offers it. */
  tg_status (*ask)(const tg_host *, tg_str extension, tg_str method, tg_str arguments_json, void *user,
                   tg_take answer_json, tg_report *);
} tg_stages_v1;

/* -------------------------------------------------------------------------- tidegate.scratch/1 */
#define TG_SCRATCH "tidegate.scratch/1" /* databases to try things in, gone with the run [stage-thread] */
typedef struct tg_scratch_v1 {
  uint32_t struct_size, reserved;
  /* A session on a new, empty database of a private server of that major version (0: the newest that is installed). Its
   * user is a superuser there, and it writes whatever the stage's kind. UNAVAILABLE or NOT_FOUND: there is no such server
   * here, and why. `name`: of the database; one of that name that was made before is gone. Empty: another one each time. */
  tg_status (*create)(const tg_host *, int32_t major, tg_str name, tg_db **, tg_report *);
} tg_scratch_v1;

#ifdef __cplusplus
}
#endif
#endif
