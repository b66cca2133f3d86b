// SPDX-License-Identifier: Apache-2.0
//
// tidegate.process/1: programs behind the table.
#include <tidegate/services.hpp>

#include "services/guard.hpp"
#include "services/process/run.hpp"

namespace tidegate::services {
namespace {

std::vector<std::string> texts(const tg_str* first, std::uint32_t count) {
  std::vector<std::string> out;
  for (std::uint32_t i = 0; i < count; ++i) out.emplace_back(sdk::view(first[i]));
  return out;
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
