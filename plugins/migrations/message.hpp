// SPDX-License-Identifier: Apache-2.0
//
// Message: the text of one simple-query message made of pieces of a migration and statements of our own, and the way
// back from what the server says about it to a place in the file. Plain value: any thread.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::migrations {

class Message {
 public:
  explicit Message(std::string_view file) : file_(file) { sql_.reserve(file.size() + kUsualExtra); }

  /// Whole statements of ours with their semicolons; `count` of them.
  void ours(std::string_view sql, std::uint32_t count);
  /// One statement of the file, its semicolon not included.
  void statement(std::size_t from, std::size_t length);
  /// The whole file, a number of statements that nobody has counted. At most once.
  void whole_file();

  [[nodiscard]] const std::string& sql() const { return sql_; }
  /// The byte of the file at the server's position (1-based, characters); what ends a piece counts as its end.
  [[nodiscard]] std::optional<std::size_t> at_position(std::uint64_t position) const;
  /// Where the statement stands that failed after `completed` others; nullopt: one of ours. Splits the file when needed.
  [[nodiscard]] std::optional<std::size_t> after_statements(std::uint32_t completed) const;
  [[nodiscard]] std::uint32_t our_statements() const { return ours_; }

 private:
  static constexpr std::size_t kUsualExtra = 1024;  // of ours, around a file
  struct Piece {
    std::size_t at, from, length;  // at: in sql_
    std::uint32_t before;          // statements in front of it
  };
  std::string_view file_;
  std::string sql_;
  std::vector<Piece> pieces_;
  bool whole_ = false;
  std::uint32_t statements_ = 0;  // that were counted
  std::uint32_t ours_ = 0;
};

}  // namespace tidegate::migrations
