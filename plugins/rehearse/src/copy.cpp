// SPDX-License-Identifier: Apache-2.0
#include "copy.hpp"

#include <unistd.h>

#include <tidegate/process.hpp>

namespace tidegate::rehearse {
namespace {

using sdk::Db;
using sdk::Error;
using sdk::Result;
using sdk::Row;
using sdk::Status;

constexpr int kVersionsOfAMajor = 10'000;

/// What of the target is not in a dump: its roles by name, which owners and privileges speak of, and the search_path.
struct Around {
  std::vector<std::string> roles;
  std::string search_path, database;
};

Result<Around> around(Db& target) {
  Around out;
  const auto asked = target.query(
      "SELECT pg_catalog.current_setting('search_path'), pg_catalog.current_database()::text, NULL UNION ALL (SELECT NULL, NULL, rolname "
      "FROM pg_catalog.pg_roles WHERE rolname !~ "
      "'^pg_')",
      {}, [&](const Row& row) {
        if (!row.is_null(2)) return out.roles.emplace_back(row[2]), void();
        out.search_path = row[0];
        out.database = row[1];
      });
  if (!asked) return asked.error();
  return out;
}

Result<void> make_roles(const std::vector<std::string>& roles, Db& copy) {
  std::string script;
  for (const auto& name : roles)
    script += "DO $tidegate$ BEGIN CREATE ROLE " + copy.identifier(name) + "; EXCEPTION WHEN duplicate_object THEN END $tidegate$;\n";
  return script.empty() ? Result<void>() : copy.script(script);
}

Result<std::string> dump(const sdk::Host& host, const std::string& folder) {
  sdk::Program program;
  const auto beside = folder + "/pg_dump";  // of the server's own version, where the client programs are with it
  program.argv = {::access(beside.c_str(), X_OK) == 0 ? beside : "pg_dump",
                  "--schema-only",
                  "--no-password",
                  "--no-publications",
                  "--no-subscriptions",
                  "--no-tablespaces",
                  "--lock-wait-timeout=200",
                  "--exclude-schema=tidegate",
                  "--exclude-schema=tidegate_kept"};
  program.connection = "main";
  program.env = sdk::basic_environment();
  program.env.emplace_back("LC_MESSAGES", "C");
  std::string text, complaint;
  const auto code = sdk::run_program(
      host, program, [&](std::string_view line) { text.append(line).append("\n"); },
      [&](std::string_view line) {
        if (complaint.empty() && line.find("error: ") != std::string_view::npos) complaint = line;
      });
  if (!code) return code.error();
  if (*code != 0)
    return Error{Status::failed, "the schema could not be copied: pg_dump ended with exit code " + std::to_string(*code) +
                                     (complaint.empty() ? "" : ": " + complaint),
                 "it needs pg_dump of the server's version or newer, and a role that may read every table"};
  return text;
}

}  // namespace

std::string without_psql_commands(std::string_view dump) {
  std::string out;
  out.reserve(dump.size());
  while (!dump.empty()) {
    const auto line = dump.substr(0, dump.find('\n'));
    if (!line.starts_with("\\restrict ") && !line.starts_with("\\unrestrict ")) out.append(line).append("\n");
    dump.remove_prefix(std::min(dump.size(), line.size() + 1));
  }
  return out;
}

Result<Copy> scratch_copy(const sdk::Host& host, Db& target) {
  const auto with = around(target);
  if (!with) return with.error();
  auto copy = host.scratch(target.server_version() / kVersionsOfAMajor, with->database);  // ALTER DATABASE names it
  if (!copy) return copy.error();
  std::string folder;
  const auto asked =
      copy->query("SELECT setting FROM pg_catalog.pg_config WHERE name = 'BINDIR'", {}, [&](const Row& row) { folder = row[0]; });
  if (!asked) return asked.error();
  if (const auto made = make_roles(with->roles, *copy); !made) return made.error();
  const auto schema = dump(host, folder);
  if (!schema) return schema.error();
  if (const auto done = copy->script(without_psql_commands(*schema)); !done) {
    auto error = done.error();
    error.message = "the schema could not be made anew on the scratch server: " + error.message;
    if (error.hint.empty()) error.hint = "what it needs (an extension, a collation) has to be installed on this machine as well";
    return error;
  }
  // As the host does between stages, and the apply stage between migrations.
  const auto fresh = "RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL; CLOSE ALL; DISCARD TEMP; SELECT pg_catalog.set_config('search_path', " +
                     copy->literal(with->search_path) + ", false)";
  if (const auto reset = copy->script(fresh); !reset) return reset.error();
  return Copy{std::move(*copy), fresh};
}

}  // namespace tidegate::rehearse
