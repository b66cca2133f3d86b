// SPDX-License-Identifier: Apache-2.0
//
// The interfaces that a stage type may offer beyond its kind, each a set of methods with JSON arguments and answers,
// called through tg_stage::call. The host knows these ids and never a plugin. Lists are never null; members are only
// added. Methods that only ask get a read-only session. Constants: any thread.
#pragma once

/// The history of migrations; at most one apply stage of a pipeline offers it.
///   list {} -> {"applied": [{"name", "applied_at"}], "pending": [name], "failed": [{"name", "started_at", "logs"}],
///               "edited": [name], "missing": [name], "newest": text, "count": n}
///       edited: applied, and its file is another one now. missing: applied, and its file is gone. newest: identifies the
///       newest row of the history. count: rows. Times are RFC 3339 in UTC.
///   list {"applied": false} -> the same with "applied" and "newest" empty, for who does not look at what costs the most
///   list {"rows": 5} -> also "rows": the newest five rows, the newest first, whatever became of them:
///               [{"name", "state": "applied" | "failed" | "rolled_back", "started_at", "applied_at" if it was}]
///   drift {} -> {"known": bool, "why": text, "since": time, "changes": [{"object", "text"}]}
///       what of the schema is no longer as the last change left it. known: false with why, where that cannot be told; optional
///   applied_by {"run": id} -> {"names": [name]}   what is applied now and was applied by that run; optional
///   lock_key {} -> {"key": 72707369}   the advisory lock by which the format's own tool excludes others; null: none
///   resolve {"name", "as": "applied" | "rolled-back"} -> {"message": text}   corrects the history by hand; writes
#define TG_HISTORY "tidegate.history/1"
#define TG_HISTORY_LIST "list"
#define TG_HISTORY_WITHOUT_ROWS "{\"applied\":false}"
#define TG_HISTORY_DRIFT "drift"
#define TG_HISTORY_APPLIED_BY "applied_by"
#define TG_HISTORY_LOCK_KEY "lock_key"
#define TG_HISTORY_RESOLVE "resolve"

/// What run would do, without doing it.
///   pending {} -> {"migrations": [{"name", "checksum", "file", "transactional": bool,
///                                  "statements": [{"sql", "line", "transactional": bool, "part": n}]}]}
///       part: those of one part that are transactional run in one transaction
///       a migration with "begun": true was begun by an earlier run: its statements are the rest
///       A plan that cannot be made is a failed call, with the place in its error.
#define TG_PLAN "tidegate.plan/1"
#define TG_PLAN_PENDING "pending"

/// What the pending statements do to the database while they run.
///   pending {} -> {"migrations": [{"name", "statements": [{"locks": [{"relation", "mode", "reads_wait": bool, "writes_wait": bool, "index": true}],
///                                   "rewrite": bool, "scan": bool, "rewritten": [text], "scanned": [text],
///                                   "tables": [{"relation", "rows", "bytes"}], "estimate": {"from_ms", "to_ms", "bytes"}}]}]}
///       statements: as many as tidegate.plan/1 says, in its order; {} for one that is not understood. locks: on what others
///       use. tables: of those locked, where their size is known. estimate: absent when the size of something is not known
#define TG_EFFECTS "tidegate.effects/1"
#define TG_EFFECTS_PENDING "pending"

/// Going back.
///   can {"names": [name]} -> {"migrations": [{"name", "reversible": "exact" | "exact_but_column_order" | "exact_with_data" |
///                             "loses_data" | "irreversible", "reason": text}]}
///   down {"to": name} or {"names": [name]} -> {"undone": [name], "kept": [name], "half_done": [name], "error": text | null,
///                                              "failure": {…}}
///       undoes what is newer than `to`, or just these, newest first; stops at the first that cannot be undone; writes.
///       half_done: of those kept, what is undone in part. failure: `error` in the form of docs/events.md
///   finish {"ask": true} -> {"half_done": [name]}   what an earlier call was cut off in, and can be gone on with; asks
///   finish {} -> as of down   goes on with these, so that they are undone; writes. Both are optional
/// A stage of kind rollback finds the migrations that the run completed in the context value `run.applied` (a JSON list).
#define TG_UNDO "tidegate.undo/1"
#define TG_UNDO_CAN "can"
#define TG_UNDO_DOWN "down"
#define TG_UNDO_FINISH "finish"
#define TG_UNDO_FINISH_ASK "{\"ask\":true}"

/// Static checks of SQL files, without a database unless one is asked for.
///   files {"files": [path], "connection": bool} -> {"files": n, "findings": [finding]}
///       path: a file, or a folder of them. connection: the facts are those of connection main. Each finding has "severity"
///       ("deny" | "warn" | "info"), "statement", "locks" [{"relation", "mode"}], "rewrite" and "scan" as well
#define TG_LINT "tidegate.lint/1"
#define TG_LINT_FILES "files"

/// What is pending, run forth and back on a scratch copy of the schema.
///   run {} -> {"migrations": [{"name", "checksum", "ms": n, "error": text | null, "reversible": as in tidegate.undo/1, "by": "down.sql" |
///              "derived", "inverse": [sql], "reasons": [text], "proven": bool, "unproven": text,
///              "statements": [{"line", "headline", "measured": bool, "locks": [{"relation", "mode", "index": true}], "rewritten": [text],
///                              "scanned": [text]}]}], "server_version": n}
///       in order, up to the first that fails. inverse: the way back, empty when there is none. measured: false for what
///       runs outside of a transaction. Done once in a run: asked again, the same is told. A failed call: no rehearsal, and why
///   proof {} -> the same of what was rehearsed in this run so far; no migrations when nothing was
#define TG_REHEARSE "tidegate.rehearse/1"
#define TG_REHEARSE_RUN "run"
#define TG_REHEARSE_PROOF "proof"

/// Is there something in this folder that the stage type works with?
///   look {"folder": path} -> {"found": bool, "why": text, "settings": {…}}
#define TG_DISCOVER "tidegate.discover/1"
#define TG_DISCOVER_LOOK "look"

/// The events that a [[notify]] entry asked for, one by one, in order. The answer is ignored; a failure is a warning.
///   event {"event": {"name": "succeeded", "run", "pipeline", …}} -> {}   more in docs/plugins/extensions.md
#define TG_NOTIFY "tidegate.notify/1"
#define TG_NOTIFY_EVENT "event"
