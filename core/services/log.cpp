// SPDX-License-Identifier: Apache-2.0
//
// tidegate.log/1: a stage's log lines, redacted, into the run's event stream.
#include <algorithm>
#include <tidegate/services.hpp>

#include "services/guard.hpp"

namespace tidegate::services {
namespace {

void write(const tg_host* raw, std::int32_t level, tg_str message) noexcept {
  guarded_void([&] {
    const Host& host = Host::from(raw);
    host.shared.sink.log(host.stage_id, std::clamp<int>(level, TG_LOG_DEBUG, TG_LOG_ERROR), host.shared.redactor.apply(sdk::view(message)));
  });
}

constexpr tg_log_v1 kTable{sizeof(tg_log_v1), 0, &write};

}  // namespace

const tg_log_v1* log_table() {
  return &kTable;
}

}  // namespace tidegate::services
