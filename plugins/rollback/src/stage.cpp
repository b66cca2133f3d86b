// SPDX-License-Identifier: Apache-2.0
#include "stage.hpp"

#include "database/stage.hpp"

namespace tidegate::rollback {

sdk::Result<std::unique_ptr<sdk::Stage>> make(sdk::Host host, std::string_view type) {
  if (type == "rollback.database") return make_database(host);
  return sdk::Error{sdk::Status::unsupported, "this plugin has no stage type " + std::string(type)};
}

}  // namespace tidegate::rollback
