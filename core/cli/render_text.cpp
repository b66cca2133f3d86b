// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/text.hpp"
#include "cli/fields.hpp"
#include "cli/render.hpp"

namespace tidegate::cli {
namespace {

using base::Value;

std::string took(const Value& fields) { return base::format_duration(std::chrono::milliseconds(number_of(fields, "ms"))); }

std::string migrations(std::size_t count) { return std::to_string(count) + (count == 1 ? " migration" : " migrations"); }

constexpr std::int64_t kFirstTold = 5'000, kLongestSilence = 600'000;  // ms

/// A field as it may be shown: what a server or a plugin says can hold control characters.
std::string said(const Value& fields, std::string_view key) { return printable(text_of(fields, key)); }

class TextRenderer final : public run::Reader {
 public:
  TextRenderer(Lines& lines, const TextOptions& options) : lines_(lines), options_(options), style_(options.style) {}

  void on_event(const run::Event& event) override {
    const auto& fields = event.fields;
    if (options_.only_warnings && event.type != "log" && event.type != "waiting" && event.type != "stage.retry") return;
    if (event.type == "run.finished") return finished(fields);
    if (event.type == "log") return log(event);
    if (event.type == "finding") return finding(fields);
    if (options_.quiet) return;
    if (event.type == "run.started") line("tidegate: pipeline " + style_.bold(said(fields, "pipeline")) + (flag_of(fields, "dry_run") ? " (dry run)" : ""));
    else if (event.type == "environment") environment(fields);
    else if (event.type == "stage.finished") stage_finished(event);
    else if (event.type == "stage.retry") line(mark("retry", 33) + event.stage + ": " + problem(fields) + "; again in " + took(fields));
    else if (event.type == "waiting") waiting(event);
    else if (event.type == "statement.progress") running(event);
    else if (event.type == "migration.finished") line("    " + said(fields, "name") + "  " + style_.dim(took(fields)));
    else if (event.type == "migration.undone") line("    undone " + said(fields, "name") + "  " + style_.dim(took(fields)));
    else if (event.type == "rollback.decided") decided(fields);
    else if (event.type == "rollback.started") line("  " + style_.bold("rollback"));
    else if (event.type == "gate.overridden") line(mark("gate", 33) + event.stage + ": " + said(fields, "rule") + " is overridden: " + said(fields, "reason"));
    else if (event.type == "plan.migration") line("    would apply " + said(fields, "name"));
    else if (event.type == "notification.failed") line(mark("warn", 33) + event.stage + ": not delivered: " + problem(fields));
  }

 private:
  void line(const std::string& text) { lines_.progress(style_.clean(text) + "\n"); }

  /// "  ok    " in the stage's colour.
  [[nodiscard]] std::string mark(const std::string& word, int sgr) const {
    std::string padded = "  " + word;
    padded.resize(std::max<std::size_t>(padded.size() + 1, 10), ' ');
    return style_.paint(std::to_string(sgr).c_str(), padded);
  }

  static std::string problem(const Value& fields) {
    const auto* error = fields.find("error");
    return error != nullptr ? said(*error, "message") : std::string{};
  }

  void environment(const Value& fields) {
    const auto name = said(fields, "name"), type = said(fields, "class");
    std::string text = "environment " + style_.bold(name);
    if (type != name) text += " (" + type + ")";
    if (name == "unknown") text += " (nothing says which, so it counts as production; --environment names it)";
    for (const char* key : {"platform", "runner", "branch", "pull_request"})
      if (const auto value = said(fields, key); !value.empty() && value != "unknown") text += ", " + std::string(key == std::string_view("pull_request") ? "pull request" : key) + " " + value;
    line("  " + text);
  }

  void decided(const Value& fields) {
    const bool undo = text_of(fields, "on_failure") == "undo";
    line("  if this fails, completed migrations are " + (undo ? std::string("undone") : "kept: " + said(fields, "reason")));
  }

  void stage_finished(const run::Event& event) {
    const auto verdict = text_of(event.fields, "verdict");
    const auto tail = "  " + style_.dim(took(event.fields));
    if (verdict == "pass") line(mark("ok", 32) + event.stage + tail);
    else if (verdict == "warn") line(mark("warn", 33) + event.stage + tail);
    else if (verdict == "skipped") line(mark("skip", 2) + event.stage + (event.fields.find("reason") ? ": " + said(event.fields, "reason") : ""));
    else line(mark(verdict == "block" ? "block" : "fail", 31) + event.stage + tail);
  }

  void waiting(const run::Event& event) {
    const bool check = text_of(event.fields, "for") == "check";
    std::string text = mark("wait", 33) + (event.stage.empty() ? "another run holds the lock" : event.stage + (check ? " waits" : " waits for a lock"));
    std::string who = event.stage;  // without what they do and for how long: said once
    for (const auto& blocker : list_of(event.fields, "blockers")) {
      text += (check ? "\n          for " : "\n          held by ") + printable(blocker);
      who += "\n" + blocker.substr(0, blocker.find(" ("));
    }
    if (who == last_waiting_) return;
    last_waiting_ = who;
    line(text);
  }

  /// A long statement is told of once, and again each time when it has taken twice as long, or ten minutes more.
  void running(const run::Event& event) {
    if (options_.picture) return;
    const auto& fields = event.fields;
    const auto ms = number_of(fields, "ms");
    if (ms < last_running_) next_running_ = kFirstTold;  // another one
    last_running_ = ms;
    if (ms < next_running_) return;
    next_running_ = ms + std::min(ms, kLongestSilence);
    auto what = said(fields, "what");
    if (what.empty()) what = said(fields, "command");
    std::string text = "    " + event.stage + ": " + (what.empty() ? "a statement" : what) + " has been running for " + took(fields);
    if (const auto phase = said(fields, "phase"); !phase.empty()) {
      text += ": " + phase;
      if (fields.find("percent") != nullptr) text += ", " + std::to_string(number_of(fields, "percent")) + " %";
      const auto index = said(fields, "index"), relation = said(fields, "relation");
      if (!relation.empty()) text += " (" + (index.empty() ? "" : index + " on ") + relation + ")";
    }
    for (const auto& blocker : list_of(fields, "blockers")) text += "\n          waits for " + printable(blocker);
    line(text);
  }

  void finding(const Value& fields) {
    const auto verdict = text_of(fields, "verdict");
    if (verdict == "pass" && !options_.verbose) return;
    if (options_.quiet && verdict != "block") return;
    lines_.progress(describe(fields, verdict == "block" ? "blocked" : verdict == "warn" ? "warning" : "note", style_));
  }

  void log(const run::Event& event) {
    const auto level = text_of(event.fields, "level");
    if (level == "debug" && !options_.verbose) return;
    if (options_.quiet && level != "error") return;
    if (event.fields.find("where") != nullptr || event.fields.find("hint") != nullptr)
      return lines_.progress(describe(event.fields, level == "warn" ? "warning" : level.c_str(), style_));
    const auto message = (event.stage.empty() ? "" : event.stage + ": ") + said(event.fields, "message");
    if (level == "warn") line(style_.yellow("warning:") + " " + message);
    else if (level == "error") line(style_.red("error:") + " " + message);
    else line("    " + message);
  }

  void finished(const Value& fields) {
    if (const auto* error = fields.find("error")) lines_.progress(describe(*error, "error", style_));
    const auto outcome = text_of(fields, "outcome");
    const auto word = outcome == "succeeded" ? style_.green(outcome) : style_.red(outcome);
    lines_.result(word + ": " + printable(style_.clean(what_came_of_it(fields))) + " (" + took(fields) + ")\n");
  }

  Lines& lines_;
  const TextOptions options_;
  const Style style_;
  std::string last_waiting_;
  std::int64_t last_running_ = 0, next_running_ = kFirstTold;
};

}  // namespace

std::unique_ptr<run::Reader> make_text_renderer(Lines& lines, const TextOptions& options) { return std::make_unique<TextRenderer>(lines, options); }

std::string what_came_of_it(const Value& finished) {
  const auto outcome = text_of(finished, "outcome");
  const auto applied = list_of(finished, "applied"), pending = list_of(finished, "pending"), kept = list_of(finished, "kept");
  if (outcome == "succeeded") {
    if (flag_of(finished, "skipped")) return "TIDEGATE_SKIP is set, nothing was run";
    if (!applied.empty()) return migrations(applied.size()) + " applied";
    return pending.empty() ? "nothing to do" : migrations(pending.size()) + " pending, nothing changed";
  }
  if (outcome == "rolled_back") {
    const auto undone = list_of(finished, "undone");
    return undone.empty() ? "the database was restored" : "undone: " + base::join_words(undone);
  }
  if (!kept.empty()) return "these stand: " + base::join_words(kept);
  if (outcome == "kept" || outcome == "rollback_failed") return "part of the change may stand";
  return outcome == "failed" || outcome == "cancelled" ? "the database is as it was" : "nothing was touched";
}

void StreamLines::progress(const std::string& lines) { std::fputs(lines.c_str(), err_); }

void StreamLines::result(const std::string& lines) {
  std::fputs(lines.c_str(), out_);
  std::fflush(out_);
}

}  // namespace tidegate::cli
