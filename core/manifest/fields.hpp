// SPDX-License-Identifier: Apache-2.0
//
// Fields: reads the members of one table of a file, member by member, and notes every mistake instead of stopping at
// the first: wrong types, missing members and, at the end, members that nobody asked for. Lives while one table is
// read; one thread.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/value.hpp"

namespace tidegate::manifest {

class Fields {
 public:
  /// `what` is how messages call the table: "stage 'apply.prisma'".
  Fields(const base::Value& table, std::string what, std::vector<base::Error>& errors);

  [[nodiscard]] const std::string& what() const { return what_; }
  void rename(std::string what) { what_ = std::move(what); }
  [[nodiscard]] const base::Place& place() const { return table_.where; }

  /// The member as it stands, or null; from then on it is a known one.
  const base::Value* any(std::string_view key);
  /// The member, which has to be there.
  const base::Value* required(std::string_view key);

  std::string text(std::string_view key);
  std::string required_text(std::string_view key);
  bool flag(std::string_view key);
  std::vector<std::string> texts(std::string_view key);
  /// The tables of a list of tables ([[key]]); each is surely a table.
  std::vector<const base::Value*> tables(std::string_view key);

  void error(const base::Place& where, std::string message, std::string hint = {});
  /// Names the members that nobody asked for, with the nearest known name.
  void refuse_unknown();

 private:
  std::string text_of(const base::Value* value, std::string_view key);
  void wrong_type(const base::Value& value, std::string_view key, std::string_view expected);
  const base::Value& table_;
  std::string what_;
  std::vector<base::Error>& errors_;
  std::vector<std::string> known_;
};

}  // namespace tidegate::manifest
