// SPDX-License-Identifier: Apache-2.0
//
// tidegate.secrets/1: the only way to a setting of type secret. The pipeline holds `${NAME}`; the value is read when it
// is asked for, and known to the redactor before the plugin has it.
#include <tidegate/services.hpp>

#include "base/text.hpp"
#include "services/guard.hpp"
#include "services/settings.hpp"

namespace tidegate::services {
namespace {

struct Reference {
  std::string_view name;  ///< empty: the text is no reference
  bool optional = false;  ///< "${NAME:-}": may be unset
};

Reference reference_in(std::string_view text) {
  text = base::trim(text);
  if (text.size() < 4 || !text.starts_with("${") || !text.ends_with('}')) return {};
  Reference out{text.substr(2, text.size() - 3)};
  out.optional = out.name.ends_with(":-");
  if (out.optional) out.name.remove_suffix(2);
  return out.name.find_first_of("${}:") == std::string_view::npos ? out : Reference{};
}

tg_status get(const tg_host* raw, tg_str raw_path, void* user, tg_take take) noexcept {
  return guarded(nullptr, [&]() -> tg_status {
    const Host& host = Host::from(raw);
    const std::string path(sdk::view(raw_path));
    const auto* setting = setting_at(host.type, path);
    const auto* written = host.config.at_path(path);
    if (setting == nullptr || setting->type != manifest::SettingType::secret || written == nullptr || written->is_nil())
      return TG_E_NOT_FOUND;
    const std::string text = written->text();
    const auto [name, optional] = reference_in(text);
    if (name.empty()) {  // not repeated: somebody may have written the secret itself
      host.shared.sink.log(host.stage_id, TG_LOG_ERROR,
                           "the secret setting '" + path + "' must be written as ${NAME}, the name of an environment variable");
      return TG_E_CONFIG;
    }
    const auto value = host.shared.variables(name);
    if (!value || value->empty()) {
      if (optional) return TG_E_NOT_FOUND;
      host.shared.sink.log(host.stage_id, TG_LOG_ERROR,
                           "the secret setting '" + path + "' needs the environment variable " + std::string(name) + ", which is not set");
      return TG_E_CONFIG;  // not "not found": a plugin would take what was asked for as not wanted
    }
    host.shared.redactor.add(*value);
    take(user, sdk::to_abi(*value));
    return TG_OK;
  });
}

constexpr tg_secrets_v1 kTable{sizeof(tg_secrets_v1), 0, &get};

}  // namespace

const tg_secrets_v1* secrets_table() {
  return &kTable;
}

}  // namespace tidegate::services
