// SPDX-License-Identifier: Apache-2.0
//
// tidegate.context/1: values handed from stage to stage. A stage writes only what its manifest declares, under its own
// id; the well-known keys, which belong to no stage, are stored as they are.
#include <algorithm>
#include <charconv>
#include <tidegate/services.hpp>

#include "base/text.hpp"
#include "services/guard.hpp"

namespace tidegate::services {
namespace {

bool well_known(std::string_view key) {
  return key == "environment.name" || key == "environment.class";
}

bool fits(std::string_view type, std::string_view value) {
  if (type == "boolean") return value == "true" || value == "false";
  if (type == "integer") {
    std::int64_t number = 0;
    const auto [end, failure] = std::from_chars(value.data(), value.data() + value.size(), number);
    return failure == std::errc{} && end == value.data() + value.size();
  }
  if (type == "list") {  // JSON; whether what is inside is well-formed shows to the reader that parses it
    const auto inner = base::trim(value);
    return inner.size() >= 2 && inner.front() == '[' && inner.back() == ']';
  }
  return true;
}

tg_status get(const tg_host* raw, tg_str key, void* user, tg_take take) noexcept {
  return guarded(nullptr, [&]() -> tg_status {
    const auto& values = Host::from(raw).shared.context;
    const auto found = values.find(sdk::view(key));
    if (found == values.end()) return TG_E_NOT_FOUND;
    take(user, sdk::to_abi(found->second));
    return TG_OK;
  });
}

tg_status put(const tg_host* raw, tg_str raw_key, tg_str raw_value) noexcept {
  return guarded(nullptr, [&]() -> tg_status {
    const Host& host = Host::from(raw);
    const std::string key(sdk::view(raw_key));
    const auto& keys = host.type.provides;
    const auto declared = std::find_if(keys.begin(), keys.end(), [&](const auto& k) { return k.key == key; });
    if (declared == keys.end()) {
      log_plugin_bug(host, "it publishes the context value '" + key + "', which its manifest does not declare; the value is dropped");
      return TG_E_DENIED;
    }
    const auto value = sdk::view(raw_value);
    if (!fits(declared->type, value)) {
      log_plugin_bug(host, "the context value '" + key + "' is not of its declared type " + declared->type + "; the value is dropped");
      return TG_E_CONFIG;
    }
    host.shared.context.insert_or_assign(well_known(key) ? key : host.stage_id + "." + key,
                                         declared->redact ? host.shared.redactor.apply(value) : std::string(value));
    return TG_OK;
  });
}

constexpr tg_context_v1 kTable{sizeof(tg_context_v1), 0, &get, &put};

}  // namespace

const tg_context_v1* context_table() {
  return &kTable;
}

}  // namespace tidegate::services
