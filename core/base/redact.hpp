// SPDX-License-Identifier: Apache-2.0
//
// Redactor: knows every secret of a run and takes each of its forms out of text that leaves the process. Owned by
// the run's composition; add and apply from any thread.
#pragma once
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::base {

class Redactor {
 public:
  static constexpr std::size_t kMinimumLength = 4;  ///< shorter ones would take out ordinary words
  static constexpr std::string_view kMask = "***";

  /// Remembers a secret, its percent-encoded, base64 and JSON-escaped forms. Shorter than kMinimumLength: ignored.
  void add(std::string_view secret);
  [[nodiscard]] std::string apply(std::string_view text) const;

 private:
  void add_form(std::string form);
  mutable std::mutex mutex_;
  std::vector<std::string> forms_;  // longest first, so that a secret inside another leaves no rest
};

/// The text with the password of every URL in it masked (://user:password@ up to the last @ of the word): for texts of
/// the user that may hold one which no Redactor knows yet, such as a line of a pipeline file that cannot be read.
std::string without_url_passwords(std::string_view text);

}  // namespace tidegate::base
