// SPDX-License-Identifier: Apache-2.0
#include "cli/print.hpp"

#include <unistd.h>

#include <cstdlib>

#include "base/text.hpp"
#include "base/world.hpp"
#include "cli/paths.hpp"
#include "run/events.hpp"

namespace tidegate::cli {
namespace {

std::string member(const base::Value& table, std::string_view key) {
  const auto* value = table.find(key);
  return value != nullptr ? value->text() : std::string{};
}

/// The text with each further line indented by `indent`.
std::string indented(const std::string& text, const std::string& indent) {
  std::string out;
  for (const char c : text) {
    out += c;
    if (c == '\n') out += indent;
  }
  return out;
}

/// The line of the file and, below it, a caret under the column.
std::string excerpt(const std::string& file, std::int64_t line, std::int64_t column, const Style& style) {
  const auto text = base::read_file(file);
  if (!text) return {};
  const auto lines = base::split(*text, '\n');
  if (line < 1 || line > static_cast<std::int64_t>(lines.size())) return {};
  constexpr std::size_t kWidest = 160;
  std::string source(base::trim(lines[static_cast<std::size_t>(line) - 1]).empty() ? "" : lines[static_cast<std::size_t>(line) - 1]);
  while (!source.empty() && (source.back() == '\r' || source.back() == ' ')) source.pop_back();
  const std::string number = std::to_string(line);
  const std::string gutter(number.size() + 1, ' ');
  std::size_t left = 0;  // of the column, in bytes
  std::int64_t at = 1;
  for (; left < source.size(); ++left) {
    if ((static_cast<unsigned char>(source[left]) & 0xC0) == 0x80) continue;  // inside a character
    if (at++ >= column) break;
  }
  std::string under;
  for (const char c : style.clean(std::string_view(source).substr(0, left)))
    if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) under += c == '\t' ? '\t' : ' ';
  source = style.clean(source);
  if (source.size() > kWidest && under.size() < kWidest) {
    std::size_t cut = kWidest;
    while (cut > 0 && (static_cast<unsigned char>(source[cut]) & 0xC0) == 0x80) --cut;
    source = source.substr(0, cut) + " ...";
  } else if (source.size() > kWidest) {
    return {};
  }
  std::string out = style.dim(gutter + "|") + "\n" + style.dim(number + " |") + " " + printable(source) + "\n";
  if (column > 0) out += style.dim(gutter + "|") + " " + under + style.red("^") + "\n";
  return out;
}

std::string place(const base::Value& where, const Style& style) {
  const std::string file = member(where, "file");
  const auto* line = where.find("line");
  const auto* column = where.find("column");
  const auto l = line != nullptr ? line->integer() : 0;
  const auto c = column != nullptr ? column->integer() : 0;
  std::string out = style.dim(" --> ") + style.clean(shown(file));
  if (l != 0) out += ":" + std::to_string(l);
  if (l != 0 && c != 0) out += ":" + std::to_string(c);
  out += "\n";
  return l != 0 ? out + excerpt(file, l, c, style) : out;
}

}  // namespace

Style style_for(int fd, const std::optional<bool>& flag, const base::Redactor* redactor) {
  const auto set = [](const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0' ? std::string(value) : std::string{};
  };
  if (flag) return {*flag, redactor};
  if (!set("NO_COLOR").empty()) return {false, redactor};
  if (const auto force = set("CLICOLOR_FORCE"); !force.empty() && force != "0") return {true, redactor};
  return {set("TERM") != "dumb" && set("CLICOLOR") != "0" && ::isatty(fd) == 1, redactor};
}

std::string printable(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
    const bool c1 = byte == 0xC2 && next >= 0x80 && next < 0xA0;  // U+0080 to U+009F: to some terminals U+009B is ESC [
    if (c1) ++i;
    out += c1 || (byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7F ? '?' : static_cast<char>(byte);
  }
  return out;
}

void put(std::FILE* out, std::string_view text, const Style& style) {
  std::fputs(style.clean(text).c_str(), out);
}

std::string describe(const base::Value& problem, const char* label, const Style& style) {
  const bool soft = std::string_view(label) == "warning";
  const std::string rule = member(problem, "rule");
  const std::string head = std::string(label) + (rule.empty() ? "" : " [" + rule + "]") + ":";
  std::string out = (soft ? style.yellow(head) : style.red(head)) + " " + indented(printable(style.clean(member(problem, "message"))), "  ") + "\n";
  if (const auto* where = problem.find("where")) out += place(*where, style);
  const auto line = [&](const char* name, const std::string& text) {
    if (!text.empty()) out += "  " + style.dim(std::string(name) + ":") + " " + indented(printable(style.clean(text)), "    ") + "\n";
  };
  line("SQLSTATE", member(problem, "sqlstate"));
  line("detail", member(problem, "detail"));
  line("constraint", member(problem, "constraint"));
  line("hint", member(problem, "hint"));
  line("fix", member(problem, "fix"));
  return out;
}

std::string describe(const base::Error& error, const char* label, const Style& style) { return describe(run::to_value(error), label, style); }

}  // namespace tidegate::cli
