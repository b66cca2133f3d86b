// SPDX-License-Identifier: Apache-2.0
//
// tidegate.config/1: the stage's settings, already checked and with defaults. Text is lent out of the Host's own copy.
#include <tidegate/services.hpp>

#include "services/guard.hpp"
#include "services/settings.hpp"

namespace tidegate::services {
namespace {

tg_value to_abi(const base::Value& value) {
  tg_value out{};
  if (const auto* flag = value.as<bool>()) {
    out.type = TG_BOOL;
    out.i = *flag ? 1 : 0;
  } else if (const auto* integer = value.as<std::int64_t>()) {
    out.type = TG_INT;
    out.i = *integer;
  } else if (const auto* real = value.as<double>()) {
    out.type = TG_REAL;
    out.d = *real;
  } else if (const auto* text = value.as<std::string>()) {
    out.type = TG_TEXT;
    out.s = sdk::to_abi(*text);
  } else if (const auto* array = value.as<base::Array>()) {
    out.type = TG_ARRAY;
    out.count = static_cast<std::uint32_t>(array->size());
  } else if (const auto* table = value.as<base::Table>()) {
    out.type = TG_TABLE;
    out.count = static_cast<std::uint32_t>(table->size());
  }
  return out;
}

tg_status get(const tg_host* raw, tg_str path, tg_value* out) noexcept {
  return guarded(nullptr, [&]() -> tg_status {
    const Host& host = Host::from(raw);
    *out = tg_value{};
    const base::Value* value = host.config.at_path(sdk::view(path));
    if (value == nullptr || value->is_nil()) return TG_E_NOT_FOUND;
    const auto* setting = setting_at(host.type, sdk::view(path));
    if (setting != nullptr && setting->type == manifest::SettingType::secret) return TG_E_DENIED;
    *out = to_abi(*value);
    return TG_OK;
  });
}

tg_status key_at(const tg_host* raw, tg_str table_path, std::uint32_t index, tg_str* out) noexcept {
  return guarded(nullptr, [&]() -> tg_status {
    *out = tg_str{};
    const base::Value* value = Host::from(raw).config.at_path(sdk::view(table_path));
    const auto* table = value == nullptr ? nullptr : value->as<base::Table>();
    if (table == nullptr || index >= table->size()) return TG_E_NOT_FOUND;
    *out = sdk::to_abi((*table)[index].first);
    return TG_OK;
  });
}

constexpr tg_config_v1 kTable{sizeof(tg_config_v1), 0, &get, &key_at};

}  // namespace

const tg_config_v1* config_table() {
  return &kTable;
}

}  // namespace tidegate::services
