// SPDX-License-Identifier: Apache-2.0
//
// tidegate.stages/1: asks the stage that offers an extension, through the run, with no more access to the database than
// the asking stage has itself.
#include <tidegate/services.hpp>

#include "services/guard.hpp"

namespace tidegate::services {
namespace {

tg_status ask(const tg_host* raw, tg_str extension, tg_str method, tg_str arguments_json, void* user, tg_take take,
              tg_report* report) noexcept {
  return guarded(report, [&]() -> tg_status {
    const Host& host = Host::from(raw);
    if (!host.shared.ask)
      return report_error(report,
                          base::Error{base::Status::not_found, "no stage of this pipeline offers " + std::string(sdk::view(extension))});
    const auto answer =
        host.shared.ask(sdk::view(extension), sdk::view(method), sdk::view(arguments_json), host.call.access, host.call.deadline);
    if (!answer) return report_error(report, answer.error());
    take(user, sdk::to_abi(*answer));
    return TG_OK;
  });
}

constexpr tg_stages_v1 kTable{sizeof(tg_stages_v1), 0, &ask};

}  // namespace

const tg_stages_v1* stages_table() {
  return &kTable;
}

}  // namespace tidegate::services
