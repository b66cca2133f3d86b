// SPDX-License-Identifier: Apache-2.0
//
// GitHubFiles: what a run leaves for the job on GitHub: a summary in Markdown, appended to the file GITHUB_STEP_SUMMARY,
// and the outputs `outcome`, `exit` and `applied`, appended to GITHUB_OUTPUT. Both are written with run.finished.
#pragma once
#include <cstdio>
#include <map>
#include <string>

#include "base/world.hpp"
#include "run/events.hpp"

namespace tidegate::cli {

class GitHubFiles : public run::Reader {
 public:
  /// An empty path: that file is not written. `root` and `working_folder` as problems_of has them. `err`: for a warning.
  struct Places {
    std::string summary, output, root, working_folder;
  };
  GitHubFiles(Places places, std::FILE* err) : places_(std::move(places)), err_(err) {}
  void on_event(const run::Event& event) override;

  /// A step's summaries together may be that large; what is larger is not shown at all.
  static constexpr std::size_t kMostSummary = 1024 * 1024;

 private:
  [[nodiscard]] std::string summary(const base::Value& finished, std::size_t room) const;

  void append(const std::string& path, const std::string& text) const;

  const Places places_;
  std::FILE* const err_;
  std::string pipeline_;
  bool dry_run_ = false;
  base::Value environment_;
  std::map<std::string, std::int64_t> took_;  // migration, ms
};

/// Somebody's text inside Markdown: shown as it is, on one line of a table.
std::string in_markdown(const std::string& text);

}  // namespace tidegate::cli
