// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "pipeline/layering.hpp"
#include "pipeline/shape.hpp"

namespace tidegate::pipeline {
namespace {

constexpr int kDeepest = 16;  // a default within a default within …; more is a mistake, not a need

bool starts_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool continues_name(char c) {
  return starts_name(c) || (c >= '0' && c <= '9');
}

class Expander {
 public:
  Expander(std::string_view text, const base::Environment& variables, const base::Place& where)
      : text_(text), variables_(variables), where_(where) {}

  base::Result<std::string> all() { return until_end(0, false, true); }

 private:
  /// Text up to the end, or to the "}" that ends a default. `wanted`: false inside a default that is not used, where
  /// undefined variables do not matter.
  base::Result<std::string> until_end(int depth, bool in_default, bool wanted) {
    std::string out;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (in_default && c == '}') return out;
      if (c == '$' && at_ + 1 < text_.size() && text_[at_ + 1] == '$') {
        out += '$';
        at_ += 2;
      } else if (c == '$' && at_ + 1 < text_.size() && text_[at_ + 1] == '{') {
        auto value = reference(depth + 1, wanted);
        if (!value) return value;
        out += *value;
      } else {
        out += c;
        ++at_;
      }
    }
    if (in_default) return unclosed();
    return out;
  }

  base::Result<std::string> reference(int depth, bool wanted) {
    if (depth > kDeepest) return mistake(where_, "variables are nested more than " + std::to_string(kDeepest) + " deep");
    at_ += 2;  // "${"
    const std::size_t begin = at_;
    while (at_ < text_.size() && (at_ == begin ? starts_name(text_[at_]) : continues_name(text_[at_]))) ++at_;
    const std::string name(text_.substr(begin, at_ - begin));
    if (at_ == text_.size()) return unclosed();
    if (name.empty()) return mistake(where_, "'${' is not followed by the name of a variable", "write $$ for a dollar sign");
    const auto value = variables_ ? variables_(name) : std::nullopt;
    if (text_[at_] == '}') {
      ++at_;
      if (value || !wanted) return value.value_or("");
      return base::error_at(where_, base::Status::not_found, "the variable " + name + " is not set",
                            "set " + name + " in the environment or in .env, or give a default: ${" + name + ":-…}");
    }
    if (text_.substr(at_, 2) != ":-")
      return mistake(where_, "after ${" + name + " comes neither '}' nor ':-'", "write ${" + name + "} or ${" + name + ":-default}");
    at_ += 2;
    auto otherwise = until_end(depth, true, wanted && !value);
    if (!otherwise) return otherwise;
    ++at_;  // the closing brace
    return value ? *value : std::move(*otherwise);
  }

  [[nodiscard]] base::Error unclosed() const { return mistake(where_, "'${' has no closing '}'", "write $$ for a dollar sign"); }

  std::string_view text_;
  const base::Environment& variables_;
  const base::Place& where_;
  std::size_t at_ = 0;
};

}  // namespace

base::Result<std::string> expand_or_tell(std::string_view text, const base::Environment& variables, const base::Place& where) {
  if (text.find('$') == std::string_view::npos) return std::string(text);
  return Expander(text, variables, where).all();
}

base::Result<std::string> expand(std::string_view text, const base::Environment& variables, const base::Place& where) {
  auto out = expand_or_tell(text, variables, where);
  if (!out) out.error().code = base::Status::config;
  return out;
}

}  // namespace tidegate::pipeline
