// SPDX-License-Identifier: Apache-2.0
//
// tidegate.process/1: programs behind the table.
#include <optional>
#include <tidegate/services.hpp>

#include "services/db/environment.hpp"
#include "services/db/hub.hpp"
#include "services/guard.hpp"
#include "services/process/run.hpp"

namespace tidegate::services {
namespace {

std::vector<std::string> texts(const tg_str* first, std::uint32_t count) {
  std::vector<std::string> out;
  for (std::uint32_t i = 0; i < count; ++i) out.emplace_back(sdk::view(first[i]));
  return out;
}

/// Puts the connection that the plugin names into the program's environment. Only for those who might open it themselves.
std::optional<base::Error> pass_connection(const Host& host, const tg_process_spec& in, std::vector<std::string>& environment) {
  if (!TG_HAS(&in, tg_process_spec, connection_env) || in.connection.size == 0) return std::nullopt;
  if (host.service(&host, TG_DB) == nullptr)
    return base::Error{base::Status::denied, "the stage may not pass a connection to a program: " TG_DB " is not granted to it"};
  if (host.call.access == Access::none)
    return base::Error{base::Status::denied, "the stage may not use the database now, so no program gets the connection",
                       "notifications have no database: take pass_connection out"};
  const auto target = host.shared.databases.target(sdk::view(in.connection));
  if (!target) return target.error();
  const std::string name(sdk::view(in.connection_env));
  if (name.find_first_of(std::string_view("=\0", 2)) != std::string::npos)
    return base::Error{base::Status::config, "the name of the variable for the connection is none that a variable can have"};
  db::add_connection(**target, name, environment);
  return std::nullopt;
}

tg_status run(const tg_host* raw, const tg_process_spec* in, std::int32_t* exit_code, void* user, tg_take out, tg_take err,
              tg_report* report) noexcept {
  return guarded(report, [&]() -> tg_status {
    const Host& host = Host::from(raw);
    *exit_code = -1;
    process::Spec spec;
    spec.argv = texts(in->argv, in->argc);
    spec.env = texts(in->env, in->envc);
    spec.cwd = sdk::view(in->cwd);
    spec.input = sdk::view(in->input);
    spec.deadline = host.call.deadline;
    if (const auto error = pass_connection(host, *in, spec.env)) return report_error(report, *error);
    const auto to = [user](tg_take take) -> process::OnOutput {
      if (take == nullptr) return {};
      return [user, take](std::string_view piece) { take(user, sdk::to_abi(piece)); };
    };
    const auto code = process::run(spec, to(out), to(err), host.shared.interruption);
    if (!code) return report_error(report, code.error());
    *exit_code = *code;
    return TG_OK;
  });
}

constexpr tg_process_v1 kTable{sizeof(tg_process_v1), 0, &run};

}  // namespace

const tg_process_v1* process_table() {
  return &kTable;
}

}  // namespace tidegate::services
