// SPDX-License-Identifier: Apache-2.0
#include "cli/render.hpp"
#include "run/json.hpp"

namespace tidegate::cli {

void JsonRenderer::on_event(const run::Event& event) {
  const std::string line = run::to_json(run::to_value(event)) + "\n";
  std::fwrite(line.data(), 1, line.size(), out_);
  std::fflush(out_);
}

}  // namespace tidegate::cli
