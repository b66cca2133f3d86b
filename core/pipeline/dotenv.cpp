// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "pipeline/read.hpp"

namespace tidegate::pipeline {
namespace {

bool blank(char c) {
  return c == ' ' || c == '\t';
}
bool in_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

class Reader {
 public:
  Reader(std::string_view text, const base::Environment& variables) : text_(text), variables_(variables) {}

  std::map<std::string, std::string> all() {
    if (text_.substr(0, 3) == "\xEF\xBB\xBF") at_ = 3;
    while (at_ < text_.size()) {
      line();
      skip_line();
    }
    return std::move(values_);
  }

 private:
  void line() {
    skip_blanks();
    std::string name = word();
    if (name == "export" && at_ < text_.size() && blank(text_[at_])) {
      skip_blanks();
      name = word();
    }
    skip_blanks();
    if (name.empty() || at_ >= text_.size() || text_[at_] != '=') return;
    ++at_;
    skip_blanks();
    values_[name] = value();
  }

  std::string value() {
    const char quote = at_ < text_.size() ? text_[at_] : '\n';
    if (quote == '"' || quote == '\'' || quote == '`') {
      const auto end = closing(quote);
      if (end != std::string_view::npos) {
        const std::string inner(text_.substr(at_ + 1, end - at_ - 1));
        at_ = end + 1;
        if (quote == '\'') return inner;
        return expanded(quote == '"' ? with_line_breaks(inner) : inner);
      }
    }
    const auto end = std::min(text_.find_first_of("#\r\n", at_), text_.size());
    const auto raw = text_.substr(at_, end - at_);
    at_ = end;
    return expanded(base::trim(raw));
  }

  /// The quote that ends a value, not one behind a backslash; npos when it is never closed.
  [[nodiscard]] std::size_t closing(char quote) const {
    for (std::size_t i = at_ + 1; i < text_.size(); ++i) {
      if (text_[i] == '\\')
        ++i;
      else if (text_[i] == quote)
        return i;
    }
    return std::string_view::npos;
  }

  static std::string with_line_breaks(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char next = text[i] == '\\' && i + 1 < text.size() ? text[i + 1] : '\0';
      if (next == 'n' || next == 'r') {
        out += next == 'n' ? '\n' : '\r';
        ++i;
      } else {
        out += text[i];
      }
    }
    return out;
  }

  [[nodiscard]] std::optional<std::string> known(std::string_view name) const {
    if (variables_)
      if (auto value = variables_(name)) return value;
    const auto at = values_.find(std::string(name));
    return at == values_.end() ? std::nullopt : std::optional(at->second);
  }

  [[nodiscard]] std::string expanded(std::string_view text) const {
    const base::Environment lookup = [this](std::string_view name) { return known(name); };
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
      if (text.substr(i, 2) == "\\$") {
        out += '$';
        i += 2;
        continue;
      }
      const std::size_t size = text[i] == '$' ? reference_size(text.substr(i)) : 0;
      if (size == 0) {
        out += text[i++];
        continue;
      }
      const auto reference = text.substr(i, size);
      const auto value = reference[1] == '{' ? expand(reference, lookup, {}) : bare(reference.substr(1));
      out += value ? *value : std::string(reference);
      i += size;
    }
    return out;
  }

  [[nodiscard]] base::Result<std::string> bare(std::string_view name) const {
    if (auto value = known(name)) return *value;
    return base::Error{base::Status::config, "not set"};
  }

  /// How long the "${…}" or "$NAME" at the front is; 0 when it is neither.
  static std::size_t reference_size(std::string_view text) {
    if (text.size() < 2) return 0;
    if (text[1] == '{') {
      int depth = 0;
      for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '{') ++depth;
        if (text[i] == '}' && --depth == 0) return i + 1;
      }
      return 0;
    }
    if (text[1] >= '0' && text[1] <= '9') return 0;
    std::size_t size = 1;
    while (size < text.size() && in_name(text[size]) && text[size] != '.' && text[size] != '-') ++size;
    return size > 1 ? size : 0;
  }

  std::string word() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && in_name(text_[at_])) ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }
  void skip_blanks() {
    while (at_ < text_.size() && blank(text_[at_])) ++at_;
  }
  void skip_line() {
    while (at_ < text_.size() && text_[at_] != '\n' && text_[at_] != '\r') ++at_;
    if (at_ < text_.size()) ++at_;
  }

  std::string_view text_;
  const base::Environment& variables_;
  std::size_t at_ = 0;
  std::map<std::string, std::string> values_;
};

}  // namespace

std::map<std::string, std::string> parse_dotenv(std::string_view text, const base::Environment& variables) {
  return Reader(text, variables).all();
}

}  // namespace tidegate::pipeline
