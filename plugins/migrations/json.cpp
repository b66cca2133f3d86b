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
  std::size_t done = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto u = static_cast<unsigned char>(c);
    if (u >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text.substr(done, i - done));
    done = i + 1;
    constexpr char kDigits[] = "0123456789abcdef";
    if (c == '"' || c == '\\') {
      out.append(1, '\\').append(1, c);
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out.append("\\u00").append(1, kDigits[u >> 4U]).append(1, kDigits[u & 15U]);
    }
  }
  out.append(text.substr(done));
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
