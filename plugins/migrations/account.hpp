// SPDX-License-Identifier: Apache-2.0
//
// Account: how the history keeps account of what is done to one migration (applied, undone), and what to tell people of
// it. The Executor asks for what it needs; each answer is made when it is asked for. Stage thread.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

namespace tidegate::migrations {

class Account {
 public:
  Account() = default;
  virtual ~Account() = default;
  Account(const Account&) = delete;
  Account& operator=(const Account&) = delete;

  // ---- SQL, each one statement with its semicolon
  [[nodiscard]] virtual std::string done_whole() const = 0;    ///< in the same transaction as the whole file
  [[nodiscard]] virtual std::string open() const = 0;          ///< before a file that runs in parts: begun, not finished
  [[nodiscard]] virtual std::string close() const = 0;         ///< and behind it
  [[nodiscard]] virtual std::string abandon() const = 0;       ///< nothing stands: the row as it was before open()
  [[nodiscard]] virtual std::string note(const std::string& logs_literal) const = 0;  ///< why the row stays open
  /// Instead of note() where one can go on later with a file that runs in parts (resume.hpp): how many parts are done, and why
  /// not the next one, if it failed. Empty: nobody goes on with it.
  [[nodiscard]] virtual std::string progress(std::size_t /*done*/, std::size_t /*of*/, const std::string& /*why*/) const { return {}; }
  /// One row with 'done' or 'open'; anything else: not begun.
  [[nodiscard]] virtual std::string ending() const = 0;

  // ---- words
  [[nodiscard]] virtual std::string subject() const = 0;        ///< "migration X"
  [[nodiscard]] virtual std::string code() const = 0;           ///< what to put behind "failed": " (P3018)"
  [[nodiscard]] virtual std::string nothing_stands() const = 0;
  [[nodiscard]] virtual std::string row_is_left() const = 0;    ///< what to do when abandon() failed
  [[nodiscard]] virtual std::string after_leftovers() const = 0;  ///< once what was left half done is dealt with
  /// Some stands; the rest begins at this line. `goes_on`: another run goes on there.
  [[nodiscard]] virtual std::string after_parts(std::uint32_t line, bool goes_on) const = 0;
  [[nodiscard]] virtual std::string after_unknown() const = 0;    ///< it may have done something, and nobody goes on with it
  [[nodiscard]] virtual std::string after_lost_parts() const = 0;  ///< some may stand, nobody knows which
  [[nodiscard]] virtual std::string after_lost_done() const = 0;   ///< the connection was lost, and all of it was committed
};

}  // namespace tidegate::migrations
