// SPDX-License-Identifier: Apache-2.0
//
// How errors, warnings and findings look to a person: message, place with a source excerpt and a caret, the server's
// detail, what to do. Pure but for reading the excerpt's file; any thread.
#pragma once
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include "base/redact.hpp"
#include "base/value.hpp"

namespace tidegate::cli {

/// Colours when they are wanted, nothing otherwise; and the secrets that no text may show.
struct Style {
  bool color = false;
  const base::Redactor* redactor = nullptr;  ///< not owned; null while no secret is known
  /// The text without secrets. Before anything is cut off it, since half a secret is not recognised.
  [[nodiscard]] std::string clean(std::string_view text) const {
    const auto out = base::without_url_passwords(text);
    return redactor != nullptr ? redactor->apply(out) : out;
  }
  [[nodiscard]] std::string paint(const char* sgr, const std::string& text) const {
    return color ? std::string("\x1b[") + sgr + "m" + text + "\x1b[0m" : text;
  }
  [[nodiscard]] std::string red(const std::string& t) const { return paint("31;1", t); }
  [[nodiscard]] std::string yellow(const std::string& t) const { return paint("33", t); }
  [[nodiscard]] std::string green(const std::string& t) const { return paint("32", t); }
  [[nodiscard]] std::string dim(const std::string& t) const { return paint("2", t); }
  [[nodiscard]] std::string bold(const std::string& t) const { return paint("1", t); }
};

/// For a stream: the flag, then NO_COLOR, CLICOLOR_FORCE, TERM=dumb, then whether it is a terminal.
Style style_for(int fd, const std::optional<bool>& flag, const base::Redactor* redactor = nullptr);

/// Writes the text without the secrets that the style knows.
void put(std::FILE* out, std::string_view text, const Style& style);

/// Control characters of somebody else's text, which could move the cursor or hide lines, as '?'; line breaks and tabs stay.
std::string printable(std::string_view text);

/// An error in the event contract's form (run::to_value), or a finding ("rule", "fix"), as lines that end in '\n'.
std::string describe(const base::Value& problem, const char* label, const Style& style);
std::string describe(const base::Error& error, const char* label, const Style& style);

}  // namespace tidegate::cli
