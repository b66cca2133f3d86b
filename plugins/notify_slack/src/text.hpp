// SPDX-License-Identifier: Apache-2.0
//
// Text as Slack's mrkdwn wants it: &, < and > as entities, and never longer than Slack takes. Lengths are UTF-16 units of
// the escaped text, the strictest of the ways in which Slack may count. Pure functions: any thread.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tidegate::notify_slack {

/// The text escaped, `limit` units at most, with an ellipsis where it was cut: never inside a character or an entity.
/// Control characters but the line break become spaces, bytes that are no UTF-8 the replacement character.
std::string escaped(std::string_view raw, std::size_t limit);

/// The units of a text that is valid UTF-8.
std::size_t units(std::string_view text);

/// `name` as code, on one line.
std::string code(std::string_view raw, std::size_t limit);

/// A block of code. Backticks inside become apostrophes: nothing else keeps the block closed.
std::string code_block(std::string_view raw, std::size_t limit);

/// <url|text> for an http(s) address that fits; else the text alone.
std::string link(std::string_view url, std::string_view raw, std::size_t limit);

/// "820 ms", "12 s", "3 min 5 s", "1 h 2 min".
std::string duration(std::int64_t ms);

}  // namespace tidegate::notify_slack
