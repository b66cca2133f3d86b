// SPDX-License-Identifier: Apache-2.0
// Azure Pipelines, "Logging commands": `##[group]…` and `##vso[task.logissue …]…`, found anywhere in a line. There is no way
// to switch them off for a while, so text that looks like one is written with a blank in it.
#include "cli/ci_log.hpp"

namespace tidegate::cli {
namespace {

std::string one_line(const std::string& text, bool property) {
  std::string out;
  for (const char c : text) {
    if (c == '%') out += "%AZP25";
    else if (c == '\r') out += "%0D";
    else if (c == '\n') out += "%0A";
    else if (property && c == ';') out += "%3B";
    else if (property && c == ']') out += "%5D";
    else out += c;
  }
  return out;
}

std::string without_commands(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool command = text.compare(i, 3, "##[") == 0 || text.compare(i, 6, "##vso[") == 0;
    out += command ? "# " : std::string(1, text[i]);
  }
  return out;
}

class Azure final : public Dialect {
 public:
  [[nodiscard]] std::string open_section(const std::string& name, std::time_t) const override { return "##[group]" + printable(name) + "\n"; }
  [[nodiscard]] std::string close_section(const std::string&, std::time_t) const override { return "##[endgroup]\n"; }
  [[nodiscard]] std::string harmless(const std::string& lines) const override { return without_commands(lines); }
  [[nodiscard]] std::string annotate(const std::vector<Problem>& problems) const override {
    std::string out;
    for (const auto& problem : problems) {
      out += std::string("##vso[task.logissue type=") + (problem.error ? "error" : "warning");
      if (!problem.file.empty()) out += ";sourcepath=" + one_line(problem.file, true);
      if (!problem.file.empty() && problem.line > 0) out += ";linenumber=" + std::to_string(problem.line);
      if (!problem.file.empty() && problem.column > 0) out += ";columnnumber=" + std::to_string(problem.column);
      out += "]" + one_line(without_commands(printable(problem.title + ": " + problem.message)), false) + "\n";
    }
    return out;
  }
  [[nodiscard]] const char* root_variable() const override { return "BUILD_SOURCESDIRECTORY"; }
};

}  // namespace

std::unique_ptr<Dialect> azure_dialect() { return std::make_unique<Azure>(); }

}  // namespace tidegate::cli
