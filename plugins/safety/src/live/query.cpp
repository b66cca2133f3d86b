// SPDX-License-Identifier: Apache-2.0
#include "live/query.hpp"

#include <nlohmann/json.hpp>

namespace tidegate::safety {
namespace {

using Json = nlohmann::json;

// Nothing here may wait for a lock that a session holds on a target: sizes come from pg_class, not from the files, unless
// nobody holds the table so that it could not be opened.

/// Relations that the pending SQL names and that are there; with those that are locked along: partitions and heirs, and
/// the tables at the other ends of foreign keys where one is dropped. `via`: the named one, for these.
constexpr std::string_view kTargets = R"(WITH RECURSIVE wanted AS (
  SELECT (t->>'i')::int AS i, t->>'schema' AS schema, t->>'name' AS name, (t->>'lock')::int AS lock, (t->>'drops')::boolean AS drops,
         t->'columns' AS columns, t->'expected' AS expected
  FROM pg_catalog.jsonb_array_elements($1::jsonb) t
), named AS (
  SELECT w.i, c.oid, w.lock, w.drops, w.columns, w.expected
  FROM wanted w JOIN pg_catalog.pg_class c ON c.relname = w.name JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE CASE WHEN w.schema IS NULL THEN pg_catalog.pg_table_is_visible(c.oid) ELSE n.nspname = w.schema END
), whole(i, oid, lock, via) AS (
  SELECT i, oid, lock, NULL::oid FROM named
  UNION SELECT w.i, h.inhrelid, w.lock, coalesce(w.via, w.oid) FROM pg_catalog.pg_inherits h JOIN whole w ON h.inhparent = w.oid
  WHERE w.lock >= 4
), reached AS (
  SELECT i, oid, lock, via FROM whole
  UNION ALL
  SELECT n.i, CASE WHEN f.conrelid = n.oid THEN f.confrelid ELSE f.conrelid END, 8, n.oid
  FROM named n JOIN pg_catalog.pg_constraint f ON f.contype = 'f' AND f.conrelid <> f.confrelid AND n.oid IN (f.conrelid, f.confrelid)
  WHERE n.drops
), target AS (
  SELECT DISTINCT ON (r.oid) r.i, r.oid, max(r.lock) OVER (PARTITION BY r.oid) AS lock, r.via, c.relkind, c.relname, s.nspname,
         CASE WHEN s.nspname = 'public' THEN '' ELSE pg_catalog.quote_ident(s.nspname) || '.' END || pg_catalog.quote_ident(c.relname) AS name
  FROM reached r JOIN pg_catalog.pg_class c ON c.oid = r.oid JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace
  ORDER BY r.oid, r.via NULLS FIRST, r.lock DESC
), key AS (SELECT $2::bigint AS key), here AS (SELECT oid, datname FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()))";

constexpr std::string_view kServer = R"(pg_catalog.pg_is_in_recovery() AS in_recovery,
  pg_catalog.current_setting('default_transaction_read_only') = 'on' AS read_only,
  pg_catalog.current_setting('server_version_num')::int AS version, pg_catalog.current_setting('server_version') AS version_text,
  pg_catalog.pg_backend_pid() AS pid, current_user::text AS role, pg_catalog.current_database()::text AS database,
  pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE') AS sees_all,
  (SELECT pg_catalog.age(datfrozenxid) FROM pg_catalog.pg_database WHERE oid = here.oid) AS xid_age,
  pg_catalog.current_setting('autovacuum_freeze_max_age')::bigint AS freeze_max_age
FROM here)";

constexpr std::string_view kConnections = R"(pg_catalog.current_setting('max_connections')::int AS most,
  CASE WHEN r.rolsuper THEN 0 ELSE pg_catalog.current_setting('superuser_reserved_connections')::int
       + coalesce(pg_catalog.current_setting('reserved_connections', true)::int, 0) END AS reserved,
  r.rolconnlimit AS role_limit, d.datconnlimit AS database_limit, r.rolname AS role, d.datname AS database, r.rolsuper AS super,
  (SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE datid IS NOT NULL AND usesysid IS NOT NULL
    AND coalesce(backend_type, 'client backend') = 'client backend') AS used,
  (SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE datid = d.oid AND usesysid IS NOT NULL
    AND coalesce(backend_type, 'client backend') = 'client backend') AS of_database,
  (SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE usesysid = r.oid
    AND coalesce(backend_type, 'client backend') = 'client backend') AS of_role
FROM pg_catalog.pg_roles r, pg_catalog.pg_database d WHERE r.rolname = current_user AND d.datname = pg_catalog.current_database())";

// Whose transaction or statement is open, who cannot be seen, and who has to do with a target.
constexpr std::string_view kSessions = R"(a.pid, a.usename::text AS user, a.application_name AS app, a.state, a.backend_type AS type,
  a.query = '<insufficient privilege>' AS hidden,
  (extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start) * 1000)::bigint AS xact_ms,
  (extract(epoch FROM pg_catalog.clock_timestamp() - a.state_change) * 1000)::bigint AS state_ms,
  (extract(epoch FROM pg_catalog.clock_timestamp() - a.query_start) * 1000)::bigint AS query_ms,
  a.backend_xid IS NOT NULL AS writes, pg_catalog.age(a.backend_xmin) AS xmin_age, pg_catalog.left(a.query, 1000) AS query
FROM pg_catalog.pg_stat_activity a, here
WHERE a.datid = here.oid AND a.pid <> pg_catalog.pg_backend_pid() AND coalesce(a.backend_type, '') <> 'parallel worker'
  AND (a.xact_start IS NOT NULL OR a.state <> 'idle' OR a.query = '<insufficient privilege>'
       OR a.pid IN (SELECT l.pid FROM pg_catalog.pg_locks l WHERE NOT l.granted OR l.relation IN (SELECT t.oid FROM target t) OR l.locktype = 'advisory'))
ORDER BY a.xact_start NULLS LAST LIMIT 1000)";

// A prepared transaction has no process; its number is that of the lock that it holds on itself.
constexpr std::string_view kLocks = R"(l.pid, t.name AS relation, t.i, t.lock AS wanted, l.mode, l.granted,
  CASE WHEN l.pid IS NULL THEN (SELECT x.transactionid::text FROM pg_catalog.pg_locks x WHERE x.pid IS NULL
    AND x.locktype = 'transactionid' AND x.granted AND x.virtualtransaction = l.virtualtransaction LIMIT 1) END AS prepared_xid
FROM pg_catalog.pg_locks l JOIN target t ON l.relation = t.oid CROSS JOIN here
WHERE l.locktype = 'relation' AND l.database = here.oid AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid())";

constexpr std::string_view kWaiters = R"(w.pid, pg_catalog.to_jsonb(pg_catalog.pg_blocking_pids(w.pid)) AS blocked_by, t.name AS relation
FROM (SELECT DISTINCT ON (l.pid) l.pid, l.relation FROM pg_catalog.pg_locks l WHERE NOT l.granted AND l.pid <> pg_catalog.pg_backend_pid()
      ORDER BY l.pid, l.relation NULLS LAST) w
JOIN pg_catalog.pg_stat_activity a ON a.pid = w.pid JOIN here ON here.oid = a.datid LEFT JOIN target t ON t.oid = w.relation)";

constexpr std::string_view kPrepared =
    R"(p.gid, p.owner::text AS user, p.transaction::text AS xid, pg_catalog.age(p.transaction) AS xmin_age,
  (extract(epoch FROM pg_catalog.clock_timestamp() - p.prepared) * 1000)::bigint AS xact_ms
FROM pg_catalog.pg_prepared_xacts p, here WHERE p.database = here.datname)";

constexpr std::string_view kRelations = R"(t.i, t.name, t.relkind AS kind, t.via IS NOT NULL AS along, t.lock AS wanted,
  pg_catalog.pg_get_userbyid(c.relowner)::text AS owner, pg_catalog.pg_has_role(c.relowner, 'USAGE') AS owned,
  CASE WHEN c.relfrozenxid::text <> '0' THEN pg_catalog.age(c.relfrozenxid) END AS xid_age,
  CASE WHEN c.relminmxid::text <> '0' THEN pg_catalog.mxid_age(c.relminmxid) END AS mxid_age,
  greatest(c.reltuples, pg_catalog.pg_stat_get_live_tuples(c.oid), 0)::bigint AS rows,
  CASE WHEN c.relkind NOT IN ('r', 'm', 'i', 't') THEN 0
       WHEN EXISTS (SELECT FROM pg_catalog.pg_locks l, here WHERE l.relation = c.oid AND l.database = here.oid AND l.mode = 'AccessExclusiveLock')
       THEN (c.relpages::bigint + coalesce((SELECT sum(x.relpages) FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
             WHERE i.indrelid = c.oid), 0)::bigint) * pg_catalog.current_setting('block_size')::bigint
       ELSE pg_catalog.pg_total_relation_size(c.oid) END AS bytes,
  CASE WHEN c.relkind IN ('r', 'p', 'v', 'm', 'f') THEN (SELECT pg_catalog.jsonb_object_agg(p.p, pg_catalog.has_table_privilege(c.oid, p.p))
       FROM pg_catalog.unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER', 'REFERENCES']) AS p(p)) END AS may
FROM target t JOIN pg_catalog.pg_class c ON c.oid = t.oid)";

constexpr std::string_view kSchemas = R"(n.nspname::text AS name, n.nspname = pg_catalog.current_schema() AS first,
  pg_catalog.has_schema_privilege(n.oid, 'CREATE') AS may, pg_catalog.has_database_privilege(here.oid, 'CREATE') AS may_schema
FROM pg_catalog.pg_namespace n, here WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema')";

constexpr std::string_view kColumns = R"(n.i, a.attname::text AS name
FROM named n JOIN pg_catalog.pg_attribute a ON a.attrelid = n.oid AND a.attnum > 0 AND NOT a.attisdropped WHERE n.expected ? a.attname::text)";

constexpr std::string_view kIndexes = R"(t.i, t.name AS relation, x.relname::text AS name, i.indisvalid AND i.indisready AS good,
  EXISTS (SELECT FROM pg_catalog.pg_locks l, here WHERE l.relation = t.oid AND l.database = here.oid AND l.granted
          AND l.mode IN ('ShareUpdateExclusiveLock', 'ShareLock') AND l.pid <> pg_catalog.pg_backend_pid()) AS in_work
FROM target t JOIN pg_catalog.pg_index i ON i.indrelid = t.oid JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
WHERE NOT i.indisvalid OR NOT i.indisready OR EXISTS (SELECT FROM named n WHERE n.oid = t.oid AND n.expected ? x.relname::text))";

constexpr std::string_view kConstraints = R"(t.name AS relation, c.conname::text AS name
FROM target t JOIN pg_catalog.pg_constraint c ON c.conrelid = t.oid WHERE NOT c.convalidated)";

// What limits it first: the sequence or the column that it fills.
constexpr std::string_view kSequences = R"(t.name AS relation, a.attname::text AS column, s.sequencename::text AS name, s.last_value,
  least(s.max_value, CASE a.atttypid WHEN 'pg_catalog.int2'::pg_catalog.regtype THEN 32767 WHEN 'pg_catalog.int4'::pg_catalog.regtype THEN 2147483647
                     ELSE 9223372036854775807 END) AS most, s.last_value IS NULL AND NOT pg_catalog.has_sequence_privilege(d.objid, 'SELECT,USAGE') AS hidden
FROM target t
JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = t.oid AND d.refobjsubid > 0
  AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype IN ('a', 'i')
JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
JOIN pg_catalog.pg_class q ON q.oid = d.objid AND q.relkind = 'S' JOIN pg_catalog.pg_namespace n ON n.oid = q.relnamespace
JOIN pg_catalog.pg_sequences s ON s.schemaname = n.nspname AND s.sequencename = q.relname
WHERE s.increment_by > 0 AND NOT s.cycle)";

constexpr std::string_view kStandbys = R"(r.pid, r.application_name AS name, r.state, r.backend_xmin IS NOT NULL AS feedback,
  (extract(epoch FROM r.replay_lag) * 1000)::bigint AS lag_ms,
  CASE WHEN NOT pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), r.replay_lsn)::bigint END AS lag_bytes
FROM pg_catalog.pg_stat_replication r WHERE r.state IS DISTINCT FROM 'backup')";

// to_jsonb: members that an older server does not have are NULL.
constexpr std::string_view kSlots =
    R"(s.slot_name::text AS name, s.slot_type AS type, s.active, pg_catalog.to_jsonb(s)->>'wal_status' AS wal_status,
  greatest(pg_catalog.age(s.xmin), pg_catalog.age(s.catalog_xmin)) AS xmin_age,
  CASE WHEN NOT pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), s.restart_lsn)::bigint END AS retained,
  pg_catalog.pg_size_bytes(nullif(pg_catalog.current_setting('max_slot_wal_keep_size', true), '-1')) AS most
FROM pg_catalog.pg_replication_slots s WHERE NOT s.temporary)";

constexpr std::string_view kPublished = R"(t.name AS relation, t.i, p.pubname::text AS name, 'publication' AS what
FROM target t JOIN pg_catalog.pg_publication_tables p ON p.schemaname = t.nspname AND p.tablename = t.relname
UNION ALL
SELECT t.name, t.i, NULL, 'subscription' FROM target t JOIN pg_catalog.pg_subscription_rel s ON s.srrelid = t.oid)";

constexpr std::string_view kTimeouts = R"(s.name, s.setting::bigint AS ms, s.source
FROM pg_catalog.pg_settings s WHERE s.name IN ('lock_timeout', 'statement_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout'))";

constexpr std::string_view kEventTriggers =
    R"(e.evtname::text AS name, e.evtevent::text AS event, pg_catalog.pg_get_userbyid(e.evtowner)::text AS owner
FROM pg_catalog.pg_event_trigger e WHERE e.evtenabled <> 'D' AND e.evtevent::text <> 'login' AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
  WHERE d.classid = 'pg_catalog.pg_event_trigger'::pg_catalog.regclass AND d.objid = e.oid AND d.deptype = 'e'))";

constexpr std::string_view kViews = R"(DISTINCT t.name AS relation, t.i, a.attname::text AS column, v.relname::text AS name
FROM named n JOIN target t ON t.oid = n.oid
JOIN pg_catalog.pg_attribute a ON a.attrelid = n.oid AND n.columns ? a.attname::text
JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = n.oid AND d.refobjsubid = a.attnum
  AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid JOIN pg_catalog.pg_class v ON v.oid = r.ev_class WHERE v.oid <> n.oid)";

constexpr std::string_view kBuilds = R"(p.pid, p.what, t.name AS relation, p.phase
FROM (SELECT pid, relid, phase, 'CREATE INDEX or REINDEX' AS what FROM pg_catalog.pg_stat_progress_create_index
      UNION ALL SELECT pid, relid, phase, 'CLUSTER or VACUUM FULL' FROM pg_catalog.pg_stat_progress_cluster) p
JOIN target t ON t.oid = p.relid WHERE p.pid <> pg_catalog.pg_backend_pid())";

constexpr std::string_view kBackups = R"(p.pid, p.phase FROM pg_catalog.pg_stat_progress_basebackup p)";

constexpr std::string_view kCollation = R"(d.datname::text AS name, d.datcollversion AS recorded,
  pg_catalog.pg_database_collation_actual_version(d.oid) AS actual FROM pg_catalog.pg_database d, here WHERE d.oid = here.oid)";

constexpr std::string_view kArchiver = R"(a.failed_count AS failed, a.last_failed_wal AS wal,
  (extract(epoch FROM pg_catalog.clock_timestamp() - a.last_failed_time) * 1000)::bigint AS failed_ms,
  (extract(epoch FROM pg_catalog.clock_timestamp() - a.last_archived_time) * 1000)::bigint AS archived_ms
FROM pg_catalog.pg_stat_archiver a WHERE pg_catalog.current_setting('archive_mode') <> 'off')";

constexpr std::string_view kAdvisory = R"(l.pid
FROM pg_catalog.pg_locks l, here, key WHERE l.locktype = 'advisory' AND l.database = here.oid AND l.granted AND l.objsubid = 1
  AND l.pid <> pg_catalog.pg_backend_pid() AND l.classid::bigint = (key.key >> 32) AND l.objid::bigint = (key.key & 4294967295))";

constexpr std::string_view kDisk = R"((SELECT sum(pg_catalog.pg_database_size(d.oid))::bigint FROM pg_catalog.pg_database d) AS used)";

}  // namespace

const std::vector<Part>& all_parts() {
  static const std::vector<Part> parts = {
      {"server", "the server's role and version", "in-recovery read-only server-version wraparound", kServer},
      {"connections", "how many connections are left", "connection-headroom", kConnections},
      {"sessions", "what other sessions do", "active-connections long-transaction idle-in-transaction conflicting-lock vacuum-running",
       kSessions},
      {"locks", "who holds locks on what will be changed", "conflicting-lock prepared-transaction vacuum-running", kLocks},
      {"waiters", "who waits for locks", "lock-waiters", kWaiters},
      {"prepared", "prepared transactions", "prepared-transaction", kPrepared},
      {"relations", "owner, rights, age and size of what will be changed", "missing-privilege wraparound large-table history-disagrees",
       kRelations},
      {"schemas", "the right to make objects", "missing-privilege", kSchemas},
      {"columns", "the columns that the SQL takes for granted", "history-disagrees", kColumns},
      {"indexes", "invalid indexes", "invalid-index", kIndexes},
      {"constraints", "constraints that are not validated", "unvalidated-constraint", kConstraints},
      {"sequences", "how far sequences are used up", "sequence-exhaustion", kSequences},
      {"standbys", "the lag of standbys", "replication-lag standby-conflicts", kStandbys},
      {"slots", "replication slots", "replication-slot xmin-horizon", kSlots},
      {"published", "logical replication", "logical-replication", kPublished},
      {"timeouts", "the timeouts in force", "timeouts", kTimeouts},
      {"event_triggers", "event triggers", "event-trigger", kEventTriggers},
      {"views", "views on columns whose type changes", "dependent-view", kViews},
      {"builds", "index builds and CLUSTER under way", "maintenance-running", kBuilds},
      {"backups", "base backups under way", "maintenance-running", kBackups, 130'000},
      {"collation", "the collation's version", "collation-drift", kCollation, 150'000},
      {"archiver", "WAL archiving", "wal-archiving", kArchiver},
      {"advisory", "who holds the lock of the migration format", "other-deployment", kAdvisory},
      {"disk", "how much of the declared capacity is used", "disk-space", kDisk},
  };
  return parts;
}

std::string statement_of(const std::vector<const Part*>& parts) {
  std::string out(kTargets);
  bool first = true;
  for (const auto* part : parts) {
    out += first ? "\n" : "\nUNION ALL\n";
    first = false;
    out += "SELECT '" + std::string(part->name) + "', pg_catalog.to_jsonb(q)::text FROM (SELECT " + std::string(part->select) + ") q";
  }
  return out;
}

std::string targets_json(const Targets& targets) {
  auto out = Json::array();
  const auto name_of = [](const migrations::RelationName& name, int i, int lock) {
    Json one = {{"i", i}, {"name", name.name}, {"lock", lock}, {"drops", false}, {"columns", Json::array()}, {"expected", Json::array()}};
    one["schema"] = name.schema.empty() ? Json() : Json(name.schema);
    return one;
  };
  int i = 0;
  for (const auto& target : targets.relations) {
    auto one = name_of(target.name, i++, static_cast<int>(target.lock));
    one["drops"] = target.drops;
    for (const auto& column : target.typed_columns) one["columns"].push_back(column);
    for (const auto& expected : targets.expected)
      if (expected.relation == target.name && !expected.name.empty()) one["expected"].push_back(expected.name);
    out.push_back(std::move(one));
  }
  for (const auto& expected : targets.expected)  // that is there after all
    if (expected.what == Expectation::What::no_relation) out.push_back(name_of(expected.relation, -1, 0));
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace tidegate::safety
