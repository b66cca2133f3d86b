// SPDX-License-Identifier: Apache-2.0
#include "run/journal/target.hpp"

#include <charconv>

#include "base/text.hpp"
#include "run/journal/rows.hpp"
#include "services/db/preamble.hpp"

namespace tidegate::run {
namespace {

using base::Result;
using services::db::quote_literal;

/// "host:port" of the connection, of the first one when several are given.
std::pair<std::string, std::int64_t> host_and_port(const std::string& display, const std::string& database) {
  std::string where = display;
  if (where.ends_with("/" + database)) where.resize(where.size() - database.size() - 1);
  where = where.substr(0, where.find(','));
  const auto colon = where.rfind(':');
  std::int64_t port = 0;
  if (colon != std::string::npos) std::from_chars(where.data() + colon + 1, where.data() + where.size(), port);
  return {where.substr(0, colon), port};
}

}  // namespace

std::string without_pooler(const std::string& host) {
  if (host.starts_with('/')) return host;
  auto name = base::to_lower(host);
  if (name.starts_with("pooled.")) name.erase(0, 7);
  const auto first = name.find('.');
  const std::string suffix = "-pooler";
  const auto end = first == std::string::npos ? name.size() : first;
  if (name.substr(0, end).ends_with(suffix)) name.erase(end - suffix.size(), suffix.size());
  return name == "127.0.0.1" || name == "[::1]" ? "localhost" : name;
}

std::string direct_host_hint(const std::string& display) {
  const auto host = display.substr(0, display.find_first_of(":/,", display.starts_with('/') ? 1 : 0));
  if (const auto direct = without_pooler(host); !display.starts_with('/') && direct != base::to_lower(host) && direct != "localhost")
    return "; its direct host is " + direct;
  if (host.ends_with("pooler.supabase.com")) return "; port 5432 of this host keeps a backend for each session";
  return {};
}

Result<TargetIdentity> identify_target(services::db::Session& session, base::Deadline deadline) {
  // An allow-list of what may fail: a provider may keep pg_control_system for itself.
  auto rows = rows_of(session,
                      "SELECT d.datname, d.oid, pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE') "
                      "FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()",
                      {}, deadline);
  if (!rows) return std::move(rows).error();
  const Row row = rows->front();
  TargetIdentity out;
  out.database = row[0];
  out.database_oid = std::stoll(row[1]);
  std::tie(out.host, out.port) = host_and_port(session.target().display, out.database);
  out.host = without_pooler(out.host);
  if (row[2] != "t") return out;
  rows = rows_of(session, "SELECT system_identifier FROM pg_catalog.pg_control_system()", {}, deadline);
  if (rows)
    out.system_identifier = rows->front()[0];
  else if (rows.error().sqlstate.empty())
    return std::move(rows).error();  // not refused: the connection was lost
  return out;
}

std::string same_target_sql(const TargetIdentity& target, const std::string& alias) {
  const auto is = [&](const char* column, const std::string& value) { return alias + "." + column + " = " + quote_literal(value); };
  std::string out = "(" + is("host", target.host) + " AND " + is("port", std::to_string(target.port)) + " AND " +
                    is("database", target.database) + " AND " + is("database_oid", std::to_string(target.database_oid));
  if (!target.system_identifier.empty())
    out += " AND " + alias + ".system_identifier IN ('', " + quote_literal(target.system_identifier) + ")";
  return out + ")";
}

}  // namespace tidegate::run
