// SPDX-License-Identifier: Apache-2.0
#include "migrations/json.hpp"

#include "migrations/lex.hpp"

namespace tidegate::migrations {

void append_json(std::string& out, std::string_view text) {
  std::string repaired;
  if (auto bad = first_invalid_utf8(text); bad != std::string_view::npos) {
    for (; bad != std::string_view::npos; bad = first_invalid_utf8(text)) {
      repaired.append(text.substr(0, bad)).append("\xef\xbf\xbd");
      text.remove_prefix(bad + 1);
    }
    repaired.append(text);
    text = repaired;
  }
  out += '"';
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (u < 0x20) {
      constexpr char kDigits[] = "0123456789abcdef";
      if (c == '\n') {
        out += "\\n";
      } else {
        out.append("\\u00").append(1, kDigits[u >> 4U]).append(1, kDigits[u & 15U]);
      }
    } else {
      out += c;
    }
  }
  out += '"';
}

std::string json_list(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const auto& text : texts) {
    if (out.size() > 1) out += ',';
    append_json(out, text);
  }
  return out + "]";
}

}  // namespace tidegate::migrations
