// SPDX-License-Identifier: Apache-2.0
// GitHub Actions, "Workflow commands": `::name key=value,…::text` at the start of a line; what the older `##[name]` says is
// obeyed anywhere in a line.
#include "cli/ci_log.hpp"

namespace tidegate::cli {
namespace {

/// Of one step; what is more is dropped without a word.
constexpr std::size_t kMostErrors = 10, kMostWarnings = 10;
constexpr std::size_t kLongestMessage = 4'000;  // bytes; longer ones are cut there anyway

std::string escaped(const std::string& text, bool property) {
  std::string out;
  for (const char c : text) {
    if (c == '%') out += "%25";
    else if (c == '\r') out += "%0D";
    else if (c == '\n') out += "%0A";
    else if (property && c == ':') out += "%3A";
    else if (property && c == ',') out += "%2C";
    else out += c;
  }
  return out;
}

std::string shortened(std::string text) {
  if (text.size() <= kLongestMessage) return text;
  auto cut = kLongestMessage;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80U) --cut;
  return text.substr(0, cut) + "…";
}

class GitHub final : public Dialect {
 public:
  explicit GitHub(std::string token) : token_(std::move(token)) {}

  [[nodiscard]] std::string open_section(const std::string& name, std::time_t) const override { return "::group::" + escaped(name, false) + "\n"; }
  [[nodiscard]] std::string close_section(const std::string&, std::time_t) const override { return "::endgroup::\n"; }
  /// Commands between these two lines are text.
  [[nodiscard]] std::string harmless(const std::string& lines) const override {
    if (lines.find("::") == std::string::npos && lines.find("##[") == std::string::npos) return lines;
    return "::stop-commands::" + token_ + "\n" + lines + "::" + token_ + "::\n";
  }
  [[nodiscard]] std::string annotate(const std::vector<Problem>& problems) const override {
    std::string out;
    for (const auto& problem : capped(problems, kMostErrors, kMostWarnings)) {
      std::string properties;
      const auto add = [&](const char* key, const std::string& value) {
        properties += std::string(properties.empty() ? " " : ",") + key + "=" + escaped(value, true);
      };
      if (!problem.file.empty()) add("file", problem.file);
      if (!problem.file.empty() && problem.line > 0) add("line", std::to_string(problem.line));
      if (!problem.file.empty() && problem.line > 0 && problem.column > 0) add("col", std::to_string(problem.column));
      add("title", problem.title);
      out += (problem.error ? "::error" : "::warning") + properties + "::" + escaped(shortened(printable(problem.message)), false) + "\n";
    }
    return out;
  }
  [[nodiscard]] const char* root_variable() const override { return "GITHUB_WORKSPACE"; }

 private:
  const std::string token_;
};

}  // namespace

std::unique_ptr<Dialect> github_dialect(std::string token) { return std::make_unique<GitHub>(std::move(token)); }

}  // namespace tidegate::cli
