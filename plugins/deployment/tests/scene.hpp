// SPDX-License-Identifier: Apache-2.0
//
// One run of a stage of this plugin on a host that answers as the test says, and what every HTTP platform has to do with
// refusals. Used by one test; its thread.
#pragma once
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <tidegate/testing.hpp>

#include "stage.hpp"

namespace tidegate::deployment::test {

using nlohmann::json;
using sdk::Status;
using sdk::Verdict;

inline constexpr const char* kToken = "platform-s3cret";

class Scene : public ::testing::Test {
 protected:
  explicit Scene(std::string type) : type_(std::move(type)) {
    host.set_secret("token", kToken).set("every", 1000).set("wait", 5000).set("base_url", "https://api.example/");
  }
  sdk::Result<Verdict> run(bool dry = false);
  sdk::Error failure();
  /// "GET https://…", and the program's words for a program.
  std::vector<std::string> asked() const;
  std::size_t posts() const;
  /// That the first request, for `first`, is refused, garbage or unanswered: what is said, how often it is tried, and that no message
  /// has the token.
  void refusals_of(const std::string& first);
  static bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

  sdk::testing::FakeHost host;
  std::string findings;

 private:
  std::string type_;
};

}  // namespace tidegate::deployment::test
