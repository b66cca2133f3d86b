// SPDX-License-Identifier: Apache-2.0
#include "services/db/parameters.hpp"

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "base/world.hpp"

namespace tidegate::services::db {

Parameters parameters_for(const ConnectionTarget& target, const std::string& application_name) {
  Parameters out = target.parameters;
  const auto find = [&](std::string_view name) {
    return std::find_if(out.begin(), out.end(), [&](const auto& p) { return p.first == name; });
  };
  const auto otherwise = [&](const char* name, const std::string& value) {
    if (find(name) == out.end()) out.emplace_back(name, value);
  };
  otherwise("fallback_application_name", application_name);
  // Balancers drop idle connections during a long index build, and a black hole must not be waited for for ever.
  otherwise("keepalives", "1");
  otherwise("keepalives_idle", "30");
  otherwise("keepalives_interval", "10");
  otherwise("keepalives_count", "3");
  otherwise("tcp_user_timeout", "30000");
  out.emplace_back("client_encoding", "UTF8");
  const auto host = find("host");  // of several servers, the one that can be written to
  if (host != out.end() && host->second.find(',') != std::string::npos) otherwise("target_session_attrs", "read-write");
  return out;
}

std::chrono::milliseconds connect_timeout_of(const ConnectionTarget& target, std::chrono::milliseconds otherwise) {
  if (target.connect_timeout) return *target.connect_timeout;
  const auto set = base::process_environment()("PGCONNECT_TIMEOUT");
  const int seconds = set ? std::atoi(set->c_str()) : 0;
  return seconds > 0 ? std::chrono::seconds(seconds) : otherwise;
}

}  // namespace tidegate::services::db
