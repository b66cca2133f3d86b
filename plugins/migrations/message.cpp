// SPDX-License-Identifier: Apache-2.0
#include "migrations/message.hpp"

#include "migrations/locate.hpp"
#include "migrations/statements.hpp"

namespace tidegate::migrations {

void Message::ours(std::string_view sql, std::uint32_t count) {
  sql_ += sql;
  order_.insert(order_.end(), count, std::nullopt);
  ours_ += count;
}

void Message::statement(std::size_t from, std::size_t length) {
  pieces_.push_back({sql_.size(), from, length});
  sql_ += file_.substr(from, length);
  order_.emplace_back(from);
}

void Message::whole_file() {
  file_begins_at_ = static_cast<std::uint32_t>(order_.size());
  pieces_.push_back({sql_.size(), 0, file_.size()});
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
  if (!file_begins_at_) return completed < order_.size() ? order_[completed] : std::nullopt;
  if (completed < *file_begins_at_) return std::nullopt;
  const auto split = statements(file_);
  const std::size_t index = completed - *file_begins_at_;
  if (!split || index >= split->size()) return std::nullopt;
  return (*split)[index].offset;
}

}  // namespace tidegate::migrations
