// SPDX-License-Identifier: Apache-2.0
//
// Programs that run nowhere: what FakeHost answers to a stage that starts one, and what it remembers of it. Owned by one
// FakeHost; its thread.
#pragma once
#include <functional>

#include "script.hpp"

namespace tidegate::sdk::testing {

class ProcessAnswer : public Answer<ProcessAnswer> {
 public:
  /// Output in pieces: each call adds one to standard output, or to standard error.
  ProcessAnswer& prints(std::string text) {
    pieces_.emplace_back(true, std::move(text));
    return *this;
  }
  ProcessAnswer& complains(std::string text) {
    pieces_.emplace_back(false, std::move(text));
    return *this;
  }
  ProcessAnswer& exits(std::int32_t code) {
    exit_code_ = code;
    return *this;
  }
  /// It could not be started, or was ended.
  ProcessAnswer& fails(Status status, std::string message) {
    error_ = Error{status, std::move(message)};
    return *this;
  }
  /// What the program leaves behind: called when it is started.
  ProcessAnswer& does(std::function<void()> deed) {
    deed_ = std::move(deed);
    return *this;
  }

 private:
  friend class FakePrograms;
  std::vector<std::pair<bool, std::string>> pieces_;
  std::int32_t exit_code_ = 0;
  std::optional<Error> error_;
  std::function<void()> deed_;
};

class FakePrograms {
 public:
  struct Started {
    std::vector<std::string> argv, env;
    std::string folder, input, connection, connection_env;
    /// True when the environment has exactly "NAME=value".
    [[nodiscard]] bool has(std::string_view entry) const {
      for (const auto& e : env)
        if (e == entry) return true;
      return false;
    }
  };

  ProcessAnswer& on(std::string command) { return answers_.on(std::move(command)); }
  [[nodiscard]] const std::vector<Started>& started() const { return started_; }

  tg_status run(const tg_process_spec& in, std::int32_t* exit_code, void* user, tg_take out, tg_take err, tg_report* report) {
    Started now{{}, {}, std::string(view(in.cwd)), std::string(view(in.input)), {}, {}};
    std::string command;
    for (std::uint32_t i = 0; i < in.argc; ++i) {
      now.argv.emplace_back(view(in.argv[i]));
      command += (i == 0 ? "" : " ") + now.argv.back();
    }
    for (std::uint32_t i = 0; i < in.envc; ++i) now.env.emplace_back(view(in.env[i]));
    if (TG_HAS(&in, tg_process_spec, connection_env)) {
      now.connection = view(in.connection);
      now.connection_env = view(in.connection_env);
    }
    started_.push_back(std::move(now));
    const auto* answer = answers_.answer(command);
    if (answer == nullptr) return report_to(report, Error{Status::internal, "FakeHost has no answer for the program: " + command});
    if (answer->deed_) answer->deed_();
    for (const auto& [standard, text] : answer->pieces_) {
      const tg_take take = standard ? out : err;
      if (take != nullptr) take(user, to_abi(text));
    }
    if (answer->error_) return report_to(report, *answer->error_);
    *exit_code = answer->exit_code_;
    return TG_OK;
  }

 private:
  Script<ProcessAnswer> answers_;
  std::vector<Started> started_;
};

}  // namespace tidegate::sdk::testing
