// SPDX-License-Identifier: Apache-2.0
#include "services/host.hpp"

#include <algorithm>
#include <array>
#include <tidegate/services.hpp>

#include "manifest/services.hpp"
#include "services/guard.hpp"
#include "services/settings.hpp"

namespace tidegate::services {
namespace {

using Table = const void* (*)();

template <auto table>
const void* erased() {
  return table();
}

/// In the order of manifest::kServices.
constexpr std::array<Table, manifest::kServices.size()> kTables = {
    &erased<&log_table>, &erased<&control_table>, &erased<&config_table>,  &erased<&context_table>, &erased<&secrets_table>,
    &erased<&db_table>,  &erased<&http_table>,    &erased<&process_table>, &erased<&stages_table>,
    &erased<&scratch_table>,
};

bool contains(const std::vector<std::string>& list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

const void* find_service(const tg_host* raw, const char* id) noexcept {
  const Host& host = Host::from(raw);
  if (id == nullptr) return nullptr;
  const std::string_view wanted = id;
  for (const auto& [known, table] : host.services)
    if (wanted == known) return table;
  return nullptr;
}

std::vector<std::pair<std::string_view, const void*>> tables_of(const std::vector<std::string>& granted, const manifest::StageType& type) {
  std::vector<std::pair<std::string_view, const void*>> out;
  for (std::size_t i = 0; i < kTables.size(); ++i) {
    const auto* id = manifest::kServices[i];
    if (contains(granted, id) && (contains(type.required_services, id) || contains(type.wanted_services, id))) out.emplace_back(id, kTables[i]());
  }
  return out;
}

}  // namespace

Host::Host(Shared& shared_, std::string stage_id_, const manifest::StageType& type_, base::Value config_, const std::vector<std::string>& granted)
    : tg_host{sizeof(tg_host), TG_ABI_MINOR, &find_service},
      shared(shared_),
      stage_id(std::move(stage_id_)),
      type(type_),
      config(std::move(config_)),
      services(tables_of(granted, type)) {
  hide_sensitive(type, config, shared.redactor);
}

Host::~Host() = default;

std::vector<std::string> grants_for(const manifest::StageType& type) {
  std::vector<std::string> out;
  for (const auto* id : manifest::kServices)
    if (contains(type.required_services, id) || contains(type.wanted_services, id)) out.emplace_back(id);
  return out;
}

tg_status report_error(tg_report* report, const base::Error& error) {
  const auto status = static_cast<tg_status>(error.code == base::Status::ok ? base::Status::internal : error.code);
  if (report == nullptr) return status;
  using sdk::to_abi;
  const tg_error raw{sizeof(tg_error),
                     status,
                     to_abi(error.message),
                     to_abi(error.hint),
                     to_abi(error.file),
                     error.line,
                     error.column,
                     to_abi(error.sqlstate),
                     to_abi(error.detail),
                     to_abi(error.relation),
                     to_abi(error.constraint)};
  report->error(report, &raw);
  return status;
}

void log_plugin_bug(const Host& host, const std::string& what) {
  host.shared.sink.log(host.stage_id, TG_LOG_WARN,
                       host.shared.redactor.apply("bug in the plugin of stage type '" + host.type.type + "': " + what));
}

}  // namespace tidegate::services
