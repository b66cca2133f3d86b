// SPDX-License-Identifier: Apache-2.0
//
// The host as a plugin in a worker sees it: service tables whose functions are frames to the host, which calls the very
// tables that stages in its own process get. One a worker, never destroyed; threads as services.h says.
#pragma once
#include <map>
#include <mutex>
#include <string>
#include <tidegate/services.hpp>
#include <vector>

#include "worker/link.hpp"

namespace tidegate::worker {

class ProxyHost : public tg_host {
 public:
  ProxyHost(Link& to, std::vector<std::string> granted);
  static ProxyHost& from(const tg_host* raw) { return const_cast<ProxyHost&>(*static_cast<const ProxyHost*>(raw)); }

  struct Setting {
    tg_status status = TG_OK;
    tg_value value{};
    std::string text;
  };

  Link& link;
  const std::vector<std::string> services;  ///< granted ids
  std::mutex settings_mutex;
  std::map<std::string, Setting, std::less<>> settings;  ///< by path; lent to the plugin, so never taken out again
  std::map<std::pair<std::string, std::uint32_t>, Setting> keys;
};

/// Reads "status, error if there is one" and hands the error to the report.
tg_status take_status(Reader& answer, tg_report* report);

// The tables, in proxies.cpp and proxies_io.cpp.
const void* proxy_table(std::string_view id);
const tg_db_v1* proxy_db();
const tg_scratch_v1* proxy_scratch();
const tg_http_v1* proxy_http();
const tg_process_v1* proxy_process();

}  // namespace tidegate::worker
