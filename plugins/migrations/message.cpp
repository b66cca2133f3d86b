// SPDX-License-Identifier: Apache-2.0
#include "migrations/message.hpp"

#include <algorithm>

#include "migrations/locate.hpp"
#include "migrations/statements.hpp"

namespace tidegate::migrations {

void Message::ours(std::string_view sql, std::uint32_t count) {
  sql_ += sql;
  statements_ += count;
  ours_ += count;
}

void Message::statement(std::size_t from, std::size_t length) {
  pieces_.push_back({sql_.size(), from, length, statements_++});
  sql_ += file_.substr(from, length);
}

void Message::whole_file() {
  whole_ = true;
  pieces_.push_back({sql_.size(), 0, file_.size(), statements_});
  sql_ += file_;
}

std::optional<std::size_t> Message::at_position(std::uint64_t position) const {
  if (position == 0) return std::nullopt;
  const std::size_t byte = byte_of_character(sql_, position - 1);
  for (const auto& piece : pieces_) {
    // "syntax error at end": the server points at the separator that stands behind every piece.
    if (byte >= piece.at && byte <= piece.at + piece.length + 1) return piece.from + std::min(byte - piece.at, piece.length);
  }
  return std::nullopt;
}

std::optional<std::size_t> Message::after_statements(std::uint32_t completed) const {
  if (!whole_) {
    const auto failed = std::find_if(pieces_.begin(), pieces_.end(), [&](const Piece& piece) { return piece.before == completed; });
    return failed != pieces_.end() ? std::optional(failed->from) : std::nullopt;
  }
  const auto before = pieces_.front().before;
  if (completed < before) return std::nullopt;
  const auto split = statements(file_);
  const std::size_t index = completed - before;
  if (!split || index >= split->size()) return std::nullopt;
  return (*split)[index].offset;
}

}  // namespace tidegate::migrations
