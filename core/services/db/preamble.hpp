// SPDX-License-Identifier: Apache-2.0
//
// Preamble: the settings that every session of tidegate has, and the way back to them between stages, as statements
// that ride in front of the next message. Owned by its Session; one thread at a time.
#pragma once
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::services::db {

class Preamble {
 public:
  enum class Pending { none, settings, reset };

  Preamble(std::vector<std::string> search_path, std::chrono::milliseconds lock_timeout)
      : search_path_(std::move(search_path)), lock_timeout_(lock_timeout) {}
  void server_version(int version) { server_version_ = version; }
  void ask_for_reset() { pending_ = Pending::reset; }
  void done() { pending_ = Pending::none; }
  [[nodiscard]] Pending pending() const { return pending_; }
  [[nodiscard]] std::chrono::milliseconds lock_timeout() const { return lock_timeout_; }
  /// In a transaction of their own, so that an error in what follows does not take them back.
  [[nodiscard]] std::vector<std::string> statements() const;

 private:
  std::vector<std::string> search_path_;
  std::chrono::milliseconds lock_timeout_;
  int server_version_ = 0;
  Pending pending_ = Pending::settings;
};

/// Whether the SQL may hold a statement that does not run in one message with others (CONCURRENTLY, VACUUM, a CALL that
/// commits …). Generous: says yes for any text with one of their words.
bool minds_company(std::string_view sql);

/// Correct for every value of standard_conforming_strings.
std::string quote_identifier(std::string_view name);
std::string quote_literal(std::string_view text);

}  // namespace tidegate::services::db
