// SPDX-License-Identifier: Apache-2.0
#include "stage.hpp"

#include "platforms.hpp"
#include "rollback.hpp"
#include "vercel/vercel.hpp"

namespace tidegate::deployment {

sdk::Result<std::unique_ptr<sdk::Stage>> make(sdk::Host host, std::string_view type) {
  if (type == "rollback.vercel") return make_rollback(host, "vercel", &vercel::make_platform);
  if (type == "rollback.netlify") return make_rollback(host, "netlify", &make_netlify);
  if (type == "rollback.kubernetes") return make_rollback(host, "", &make_kubernetes);
  if (type == "rollback.render") return make_rollback(host, "", &make_render);
  return sdk::Error{sdk::Status::unsupported, "this plugin has no stage type " + std::string(type)};
}

}  // namespace tidegate::deployment
