// SPDX-License-Identifier: Apache-2.0
// GitLab CI, "Custom collapsible sections". Its log has no commands that text could be taken for but those that begin with
// ESC, which no text of ours holds (printable). It shows no annotations.
#include "cli/ci_log.hpp"

namespace tidegate::cli {
namespace {

/// Letters, digits and "_.-" are all that a section's name may hold.
std::string section_name(const std::string& name) {
  std::string out = "tidegate_";
  for (const char c : name) {
    const bool allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
    out += allowed ? c : '_';
  }
  return out;
}

class GitLab final : public Dialect {
 public:
  [[nodiscard]] std::string open_section(const std::string& name, std::time_t now) const override {
    return "\x1b[0Ksection_start:" + std::to_string(now) + ":" + section_name(name) + "[collapsed=true]\r\x1b[0K" + printable(name) + "\n";
  }
  [[nodiscard]] std::string close_section(const std::string& name, std::time_t now) const override {
    return "\x1b[0Ksection_end:" + std::to_string(now) + ":" + section_name(name) + "\r\x1b[0K\n";
  }
  [[nodiscard]] std::string harmless(const std::string& lines) const override { return lines; }
  [[nodiscard]] std::string annotate(const std::vector<Problem>&) const override { return {}; }
  [[nodiscard]] const char* root_variable() const override { return "CI_PROJECT_DIR"; }
};

}  // namespace

std::unique_ptr<Dialect> gitlab_dialect() { return std::make_unique<GitLab>(); }

}  // namespace tidegate::cli
