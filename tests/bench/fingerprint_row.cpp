// SPDX-License-Identifier: Apache-2.0
// Describing a schema of 1,000 tables, beside pg_dump.
#include "bench/rows.hpp"

namespace tidegate::bench {

void bench_fingerprint(Bench& bench) {
  const std::string name = "described";
  std::string sql;
  for (int i = 1; i <= 1000; ++i) {
    const std::string t = "t_" + std::to_string(i);
    sql += "CREATE TABLE " + t +
           " (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, email varchar(200), total numeric(10,2) DEFAULT 0, "
           "created_at timestamptz NOT NULL DEFAULT now(), active boolean NOT NULL DEFAULT true, kind int CHECK (kind > 0), data jsonb, "
           "parent "
           "bigint" +
           (i > 1 ? " REFERENCES t_" + std::to_string(i - 1) : "") + ");\nCREATE INDEX ON " + t + " (name);\nCREATE INDEX ON " + t +
           " (created_at, kind);\n";
    if (i % 10 == 0) {
      sql += "CREATE VIEW v_" + std::to_string(i) + " AS SELECT id, name FROM " + t + ";\nCREATE FUNCTION f_" + std::to_string(i) +
             "(int) RETURNS int LANGUAGE sql AS 'SELECT $1';\nCOMMENT ON TABLE " + t + " IS 'one of many';\nGRANT SELECT ON " + t +
             " TO PUBLIC;\n";
    }
    if (i % 100 == 0) sql += "COMMIT;BEGIN;\n";  // a transaction holds only so many locks
  }
  bench.fresh_database(name);
  bench.write(bench.folder + "/described.sql", "BEGIN;\n" + sql + "COMMIT;\n");
  run_once({"psql", {bench.psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", bench.url(name), "-f", bench.folder + "/described.sql"}});
  auto pg_dump = bench.psql;
  pg_dump.replace(pg_dump.rfind("psql"), 4, "pg_dump");
  print("describe a schema of 1,000 tables",
        interleave(bench.rounds_or(10), {{"pg_dump --schema-only", {pg_dump, "--schema-only", bench.url(name)}},
                                         {"fingerprint", {TIDEGATE_BENCH_FINGERPRINT, bench.url(name)}}}));
}

}  // namespace tidegate::bench
