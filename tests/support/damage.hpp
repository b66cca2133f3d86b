// SPDX-License-Identifier: Apache-2.0
//
// Broken input for readers: the same damage for the same seed, so that a failure can be repeated. Pure functions.
#pragma once
#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace tidegate::test {

/// The text after up to four accidents: a byte changed, a part cut out, a part doubled, something foreign put in, the
/// end missing. Not the standard's distributions, which differ between libraries.
inline std::string damaged(std::string text, std::uint32_t seed) {
  constexpr std::string_view foreign[] = {"[",
                                          "]",
                                          "{",
                                          "}",
                                          "\"",
                                          "\"\"\"",
                                          "'''",
                                          "\\u",
                                          "=",
                                          "\n",
                                          "[[",
                                          "]]",
                                          ".",
                                          ",",
                                          "#",
                                          "${",
                                          ":-",
                                          "}}",
                                          "1e9",
                                          "99999999999999999999",
                                          "-nan",
                                          "1979-02",
                                          "[[[[[[",
                                          "a.b.c = ",
                                          "\xFF\xFE",
                                          "\xC3",
                                          "\xED\xA0\x80",
                                          "\xF4\x90\x80\x80",
                                          "\r",
                                          "\t"};
  std::mt19937 random(seed);
  const auto below = [&](std::size_t limit) { return limit == 0 ? std::size_t{0} : random() % limit; };
  for (auto accidents = 1 + below(4); accidents != 0; --accidents) {
    const auto at = below(text.size());
    const auto length = below(std::min<std::size_t>(text.size() - at, 40) + 1);
    switch (below(6)) {
      case 0:
        if (!text.empty()) text[at] = static_cast<char>(random() & 0xFFU);
        break;
      case 1:
        text.erase(at, length);
        break;
      case 2:
        text.insert(at, text.substr(at, length));
        break;
      case 3:
        text.resize(at);
        break;
      case 4:
        text.insert(at, 1, '\0');
        break;
      default:
        text.insert(at, foreign[below(std::size(foreign))]);
    }
  }
  return text;
}

}  // namespace tidegate::test
