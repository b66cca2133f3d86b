// SPDX-License-Identifier: Apache-2.0
//
// What the tests of services share: a stage's Host with everything around it, and a sink that remembers. One thread.
#pragma once
#include <map>
#include <string>
#include <tidegate/services.hpp>
#include <vector>

#include "manifest/services.hpp"
#include "services/db/hub.hpp"
#include "services/host.hpp"

namespace tidegate::services {

struct RecordingSink : Sink {
  std::vector<std::string> lines, events, marks;
  int changes = 0;
  void log(const std::string& stage, int level, std::string_view message) override {
    lines.push_back(stage + " " + std::to_string(level) + " " + std::string(message));
  }
  void progress(const std::string& stage, std::uint64_t done, std::uint64_t total, std::string_view what) override {
    marks.push_back(stage + " " + std::to_string(done) + "/" + std::to_string(total) + " " + std::string(what));
  }
  void emit(const std::string& stage, std::string_view type, std::string_view fields_json) override {
    events.push_back(stage + " " + std::string(type) + " " + std::string(fields_json));
  }
  void changing(const std::string&) override { ++changes; }
  void waiting(const std::string&, std::chrono::milliseconds, std::string_view) override {}
  [[nodiscard]] std::string text() const {
    std::string out;
    for (const auto& line : lines) out += line + '\n';
    return out;
  }
};

/// A run's shared parts and one stage type that asks for every service.
struct World {
  World() { type.required_services = manifest::service_ids(); }

  std::unique_ptr<Host> host(base::Table config = {}) { return host_with(std::move(config), grants_for(type)); }
  std::unique_ptr<Host> host_with(base::Table config, std::vector<std::string> granted) {
    return std::make_unique<Host>(shared, "stage1", type, base::Value(std::move(config)), std::move(granted));
  }

  std::map<std::string, std::string, std::less<>> variables;
  base::Redactor redactor;
  ContextStore context;
  RecordingSink sink;
  Interruption interruption;
  db::Hub hub{redactor,
              interruption,
              [](std::string_view) -> base::Result<std::string> {
                return base::Error{base::Status::config, "none"};
              },
              {}};
  Shared shared{redactor, context, sink, interruption, hub, {}, [this](std::string_view name) -> std::optional<std::string> {
                  const auto found = variables.find(name);
                  return found == variables.end() || found->second.empty() ? std::nullopt : std::optional(found->second);
                }};
  manifest::StageType type{.type = "example", .kinds = {manifest::Kind::verify}};
};

}  // namespace tidegate::services
