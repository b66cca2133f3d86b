// SPDX-License-Identifier: Apache-2.0
#include "cli/ci_log.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>

#include "cli/fields.hpp"
#include "cli/paths.hpp"

namespace tidegate::cli {
namespace {

using base::Value;

Problem problem_of(const Value& fields, bool error, std::string title, const std::string& root, const std::string& folder) {
  Problem out{error, std::move(title), text_of(fields, "message"), {}, 0, 0};
  for (const char* more : {"detail", "hint", "fix"})
    if (const auto text = text_of(fields, more); !text.empty()) out.message += "\n" + text;
  if (const auto* where = fields.find("where")) {
    const auto file = text_of(*where, "file");
    out.file = path_in_repository(file, root, folder);
    out.line = number_of(*where, "line");
    out.column = number_of(*where, "column");
    if (out.file.empty()) out.message += "\n" + file + (out.line != 0 ? ":" + std::to_string(out.line) : "");
  }
  return out;
}

class Log final : public CiLog {
 public:
  Log(std::FILE* out, std::unique_ptr<Dialect> dialect, std::string root, const TextOptions& options, bool only_annotations)
      : out_(out), dialect_(std::move(dialect)), root_(std::move(root)), quiet_(options.quiet) {
    if (!only_annotations) text_ = make_text_renderer(*this, options);
  }
  ~Log() override { close(); }
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void on_event(const run::Event& event) override {
    for (const char* ends : {"stage.started", "finding", "stage.finished", "stage.retry", "rollback.started", "run.finished"})
      if (event.type == ends) close();
    if (event.type == "stage.started" && !quiet_ && text_) {
      section_ = event.stage;
      write(dialect_->open_section(section_, now()));
    }
    if (event.type == "run.finished") write(dialect_->annotate(problems_of(event.fields, root_, working_folder())));
    if (text_) text_->on_event(event);
  }
  void progress(const std::string& lines) override { write(dialect_->harmless(lines)); }
  void result(const std::string& lines) override { write(dialect_->harmless(lines)); }

 private:
  static std::time_t now() { return std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()); }
  void write(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), out_);
    std::fflush(out_);
  }
  void close() {
    if (section_.empty()) return;
    write(dialect_->close_section(section_, now()));
    section_.clear();
  }

  std::FILE* const out_;
  const std::unique_ptr<Dialect> dialect_;
  const std::string root_;
  const bool quiet_;
  std::unique_ptr<run::Reader> text_;
  std::string section_;  // the open one
};

}  // namespace

std::string path_in_repository(const std::string& path, const std::string& root, const std::string& folder) {
  namespace fs = std::filesystem;
  if (path.empty()) return {};
  const auto whole = (fs::path(folder) / path).lexically_normal();
  const auto below = whole.lexically_relative(fs::path(root.empty() ? folder : root).lexically_normal()).string();
  return below.empty() || below == "." || below == ".." || below.starts_with("../") ? std::string{} : below;
}

std::vector<Problem> problems_of(const Value& finished, const std::string& root, const std::string& folder) {
  std::vector<Problem> out;
  const auto outcome = text_of(finished, "outcome");
  const auto title = "tidegate: " + outcome + " (exit " + std::to_string(number_of(finished, "exit")) + ")";
  if (const auto* error = finished.find("error")) out.push_back(problem_of(*error, true, title, root, folder));
  else if (outcome != "succeeded") out.push_back({true, title, what_came_of_it(finished), {}, 0, 0});
  for (const bool blocks : {true, false})
    for (const auto& finding : elements_of(finished, "findings")) {
      if (text_of(finding, "verdict") != (blocks ? "block" : "warn")) continue;
      auto problem = problem_of(finding, blocks, "tidegate: " + text_of(finding, "rule"), root, folder);
      const bool known = std::any_of(out.begin(), out.end(), [&](const Problem& p) {
        return p.message == problem.message && p.file == problem.file && p.line == problem.line;
      });
      if (!known) out.push_back(std::move(problem));
    }
  return out;
}

std::vector<Problem> capped(std::vector<Problem> problems, std::size_t most_errors, std::size_t most_warnings) {
  std::vector<Problem> out;
  for (const bool error : {true, false}) {
    const auto most = error ? most_errors : most_warnings;
    const auto count = static_cast<std::size_t>(std::count_if(problems.begin(), problems.end(), [&](const Problem& p) { return p.error == error; }));
    std::size_t taken = 0;
    for (auto& problem : problems) {
      if (problem.error != error || taken == most) continue;
      if (++taken == most && count > most) {
        out.push_back({error, "tidegate", std::to_string(count - most + 1) + (error ? " more errors" : " more warnings") + ": see the log", {}, 0, 0});
      } else {
        out.push_back(std::move(problem));
      }
    }
  }
  return out;
}

std::unique_ptr<CiLog> make_ci_log(std::FILE* out, std::unique_ptr<Dialect> dialect, const base::Environment& variables, const TextOptions& options,
                                   bool only_annotations) {
  auto root = variables(dialect->root_variable()).value_or(working_folder());
  return std::make_unique<Log>(out, std::move(dialect), std::move(root), options, only_annotations);
}

}  // namespace tidegate::cli
