// SPDX-License-Identifier: Apache-2.0
//
// tidegate.control/1: how much time a stage has, whether to stop, and what it says of its progress.
#include <algorithm>
#include <tidegate/services.hpp>

#include "services/db/hub.hpp"
#include "services/guard.hpp"

namespace tidegate::services {
namespace {

std::int32_t cancelled(const tg_host* raw) noexcept {
  const Host& host = Host::from(raw);
  return host.shared.interruption.triggered() || host.call.deadline.over() ? 1 : 0;
}

std::int64_t remaining_ms(const tg_host* raw) noexcept {
  return Host::from(raw).call.deadline.remaining_ms();
}

std::int32_t wait_ms(const tg_host* raw, std::int64_t ms) noexcept {
  const Host& host = Host::from(raw);
  constexpr std::int64_t kLongest = 365LL * 24 * 3'600'000;  // keeps the sum with the clock within its range
  // A stage that waits between two looks at the database must not hold up others with the snapshot of the first.
  if (host.call.access == Access::read && host.call.thread == std::this_thread::get_id())
    guarded_void([&] { host.shared.databases.rest(); });
  const std::int64_t span = std::min({std::max<std::int64_t>(ms, 0), host.call.deadline.remaining_ms(), kLongest});
  if (host.shared.interruption.wait_for(std::chrono::milliseconds(span))) return 1;
  return host.call.deadline.over() ? 1 : 0;
}

void progress(const tg_host* raw, std::uint64_t done, std::uint64_t total, tg_str what) noexcept {
  guarded_void([&] {
    const Host& host = Host::from(raw);
    host.shared.sink.progress(host.stage_id, done, total, host.shared.redactor.apply(sdk::view(what)));
  });
}

void emit(const tg_host* raw, tg_str event_type, tg_str fields_json) noexcept {
  guarded_void([&] {
    const Host& host = Host::from(raw);
    const auto type = sdk::view(event_type);
    const auto& declared = host.type.events;
    if (std::find(declared.begin(), declared.end(), type) == declared.end())
      return log_plugin_bug(host,
                            "it emits the event '" + std::string(type) + "', which its manifest does not declare; the event is dropped");
    host.shared.sink.emit(host.stage_id, type, sdk::view(fields_json));  // the stream redacts what it has read from it
  });
}

void changing(const tg_host* raw) noexcept {
  guarded_void([&] {
    const Host& host = Host::from(raw);
    if (host.call.access != Access::write) return log_plugin_bug(host, "it announces a change in a call that may not change anything");
    host.shared.sink.changing(host.stage_id);
  });
}

constexpr tg_control_v1 kTable{sizeof(tg_control_v1), 0, &cancelled, &remaining_ms, &wait_ms, &progress, &emit, &changing};

}  // namespace

const tg_control_v1* control_table() {
  return &kTable;
}

}  // namespace tidegate::services
