// SPDX-License-Identifier: Apache-2.0
//
// A history that is applied, and what becomes of it when a run is broken off: the next run has to put things right. One thread.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "project.hpp"

namespace tidegate::test {

enum class Ending {
  complete,   ///< all of the history works: in the end all of it is applied
  goes_back,  ///< the last migration fails: in the end the database is as it was
};

class Scene {
 public:
  explicit Scene(Ending ending);

  /// A database with what was there before.
  [[nodiscard]] std::string made_from() const { return "template " + base_.name(); }
  /// Likewise on another server: the SQL that makes it.
  static std::string before();
  /// `tidegate run`, on the database behind the URL.
  [[nodiscard]] Command run(const std::string& url) const;
  /// Runs it again until the database can be reached, and looks whether all is right: "" or what is not.
  [[nodiscard]] std::string wrong_after_the_next_run(const std::string& url) const;
 private:
  Ending ending_;
  TestDatabase base_;
  TempDir dir_;
  std::string wanted_;  // the end, as text
};

/// How many of 300 are tried: all of them with TIDEGATE_CHECK=full.
int sampled(int of);

}  // namespace tidegate::test
