// SPDX-License-Identifier: Apache-2.0
//
// A stage of the plugin in this process, called through the C tables as the host does, and what its answers break of
// the contract. One thread, but for cancel().
#pragma once
#include "conformance/host.hpp"

namespace tidegate::conformance {

/// What one call came to.
struct Call {
  std::string what;  ///< "create", "validate", "run", "call"
  tg_status status = TG_OK;
  tg_verdict verdict = TG_VERDICT_UNSET;
  std::string error;  ///< message of the last one reported
  tg_status error_status = TG_OK;
  unsigned errors = 0;
  std::vector<sdk::Finding> findings;
  std::string answer;
  unsigned answers = 0;
};

class Instance {
 public:
  Instance(const tg_plugin_entry& entry, const CheckHost& host, std::string_view type, Age age = Age::same);
  ~Instance() { destroy(); }
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  [[nodiscard]] const Call& created() const { return created_; }
  [[nodiscard]] tg_stage* stage() const { return stage_; }
  /// When create failed, each gives what create came to.
  Call validate();
  Call run(manifest::Kind kind, std::uint32_t flags = 0, std::uint32_t attempt = 1);
  Call call(std::string_view extension, std::string_view method, std::string_view arguments_json);
  void cancel();
  void destroy();

 private:
  [[nodiscard]] Call unusable() const;
  tg_stage* stage_ = nullptr;
  bool whole_ = false;  // it has what create.stage asks for, and so can be called
  Age age_;
  Call created_;
};

/// What a stage of that kind is for: an event told to a notify stage that takes them, run() of any other.
Call work(Instance& instance, const manifest::StageType& type, manifest::Kind kind, std::uint32_t flags = 0);

/// What of the contract the answer breaks, in words; "" when nothing.
std::string breach(const Call& call, manifest::Kind kind);
/// The first breach of create, validate and work; they stop where one fails. `calls`: all that were made.
std::string first_breach(const tg_plugin_entry& entry, CheckHost& host, const manifest::StageType& type, manifest::Kind kind,
                         std::uint32_t flags = 0, std::vector<Call>* calls = nullptr);

}  // namespace tidegate::conformance
