// SPDX-License-Identifier: Apache-2.0
#include "stage.hpp"

#include "database/stage.hpp"
#include "deployment/stage.hpp"
#include "vercel/vercel.hpp"

namespace tidegate::rollback {

sdk::Result<std::unique_ptr<sdk::Stage>> make(sdk::Host host, std::string_view type) {
  if (type == "rollback.database") return make_database(host);
  if (type == "rollback.vercel") return make_deployment(host, "vercel", &vercel::make_platform);
  return sdk::Error{sdk::Status::unsupported, "this plugin has no stage type " + std::string(type)};
}

}  // namespace tidegate::rollback
