// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/text.hpp"
#include "cli/paths.hpp"
#include "cli/render.hpp"

namespace tidegate::cli {
namespace {

using base::Value;
using Clock = std::chrono::steady_clock;

std::string text_of(const Value& fields, std::string_view key) {
  const auto* value = fields.find(key);
  return value != nullptr ? value->text() : std::string{};
}

std::int64_t number_of(const Value& fields, std::string_view key) {
  const auto* value = fields.find(key);
  return value != nullptr ? value->integer() : 0;
}

std::vector<std::string> list_of(const Value& fields, std::string_view key) {
  std::vector<std::string> out;
  const auto* value = fields.find(key);
  const auto* list = value != nullptr ? value->as<base::Array>() : nullptr;
  if (list == nullptr) return out;
  for (const auto& element : *list) out.push_back(element.text());
  return out;
}

std::string took(const Value& fields) { return base::format_duration(std::chrono::milliseconds(number_of(fields, "ms"))); }

std::string migrations(std::size_t count) { return std::to_string(count) + (count == 1 ? " migration" : " migrations"); }

/// The line of a stage under way, redrawn ten times a second by a thread of its own while the run is quiet.
class LiveLine {
 public:
  LiveLine(std::FILE* err, bool enabled) : err_(err), enabled_(enabled) {
    if (enabled_) thread_ = std::thread([this] { loop(); });
  }
  ~LiveLine() {
    if (!enabled_) return;
    {
      const std::lock_guard lock(mutex_);
      done_ = true;
      erase();
    }
    wake_.notify_all();
    thread_.join();
  }
  LiveLine(const LiveLine&) = delete;
  LiveLine& operator=(const LiveLine&) = delete;

  void show(std::string text) {
    if (!enabled_) return;
    const std::lock_guard lock(mutex_);
    text_ = std::move(text);
    began_ = Clock::now();
    draw();
  }
  void detail(std::string text) {
    if (!enabled_) return;
    const std::lock_guard lock(mutex_);
    detail_ = std::move(text);
  }
  void hide() {
    if (!enabled_) return;
    const std::lock_guard lock(mutex_);
    erase();
    text_.clear();
    detail_.clear();
  }
  /// Writes whole lines above the live one.
  void print(const std::string& lines) {
    const std::lock_guard lock(mutex_);
    erase();
    std::fputs(lines.c_str(), err_);
    draw();
  }

 private:
  void loop() {
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, std::chrono::milliseconds(100), [this] { return done_; })) draw();
  }
  void draw() {
    if (!enabled_ || text_.empty()) return;
    constexpr std::string_view frames[] = {"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};
    const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began_);
    std::fprintf(err_, "\r\x1b[K%s %s  %s%s%s", std::string(frames[frame_++ % std::size(frames)]).c_str(), text_.c_str(),
                 base::format_duration(elapsed).c_str(), detail_.empty() ? "" : "  ", detail_.c_str());
    std::fflush(err_);
    drawn_ = true;
  }
  void erase() {
    if (drawn_) std::fputs("\r\x1b[K", err_);
    drawn_ = false;
  }

  std::FILE* const err_;
  const bool enabled_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::string text_, detail_;
  Clock::time_point began_;
  std::size_t frame_ = 0;
  bool drawn_ = false;
  bool done_ = false;
  std::thread thread_;
};

class TextRenderer final : public run::Reader {
 public:
  explicit TextRenderer(const TextOptions& options) : options_(options), style_(options.style), live_(options.err, options.live && !options.quiet) {}

  void on_event(const run::Event& event) override {
    const auto& fields = event.fields;
    if (options_.only_warnings && event.type != "log" && event.type != "waiting" && event.type != "stage.retry") return;
    if (event.type == "run.finished") return finished(fields);
    if (event.type == "log") return log(event);
    if (event.type == "finding") return finding(fields);
    if (options_.quiet) return;
    if (event.type == "run.started") line("tidegate: pipeline " + style_.bold(text_of(fields, "pipeline")) + (fields.find("dry_run")->flag() ? " (dry run)" : ""));
    else if (event.type == "environment") environment(fields);
    else if (event.type == "stage.started") live_.show(event.stage);
    else if (event.type == "stage.progress") progress(event);
    else if (event.type == "stage.finished") stage_finished(event);
    else if (event.type == "stage.retry") line(mark("retry", 33) + event.stage + ": " + problem(fields) + "; again in " + took(fields));
    else if (event.type == "waiting") waiting(event);
    else if (event.type == "migration.finished") line("    " + text_of(fields, "name") + "  " + style_.dim(took(fields)));
    else if (event.type == "rollback.decided") decided(fields);
    else if (event.type == "rollback.started") line("  " + style_.bold("rollback"));
    else if (event.type == "gate.overridden") line(mark("gate", 33) + event.stage + ": " + text_of(fields, "rule") + " is overridden: " + text_of(fields, "reason"));
    else if (event.type == "plan.migration") line("    would apply " + text_of(fields, "name"));
    else if (event.type == "notification.failed") line(mark("warn", 33) + event.stage + ": not delivered: " + problem(fields));
  }

 private:
  void line(const std::string& text) { live_.print(text + "\n"); }

  /// "  ok    " in the stage's colour.
  [[nodiscard]] std::string mark(const std::string& word, int sgr) const {
    std::string padded = "  " + word;
    padded.resize(std::max<std::size_t>(padded.size() + 1, 10), ' ');
    return style_.paint(std::to_string(sgr).c_str(), padded);
  }

  static std::string problem(const Value& fields) {
    const auto* error = fields.find("error");
    return error != nullptr ? text_of(*error, "message") : std::string{};
  }

  void environment(const Value& fields) {
    std::string text = "environment " + style_.bold(text_of(fields, "name"));
    if (text_of(fields, "class") != text_of(fields, "name")) text += " (" + text_of(fields, "class") + ")";
    if (text_of(fields, "name") == "unknown") text += " (nothing says which, so it counts as production; --environment names it)";
    for (const char* key : {"platform", "runner", "branch", "pull_request"})
      if (const auto value = text_of(fields, key); !value.empty() && value != "unknown") text += ", " + std::string(key == std::string_view("pull_request") ? "pull request" : key) + " " + value;
    line("  " + text);
  }

  void decided(const Value& fields) {
    const bool undo = text_of(fields, "on_failure") == "undo";
    line("  if this fails, completed migrations are " + (undo ? std::string("undone") : "kept: " + text_of(fields, "reason")));
  }

  void progress(const run::Event& event) {
    const auto total = number_of(event.fields, "total");
    std::string text = std::to_string(number_of(event.fields, "done"));
    if (total > 0) text += "/" + std::to_string(total);
    live_.detail(text + " " + text_of(event.fields, "what"));
  }

  void stage_finished(const run::Event& event) {
    live_.hide();
    const auto verdict = text_of(event.fields, "verdict");
    const auto tail = "  " + style_.dim(took(event.fields));
    if (verdict == "pass") line(mark("ok", 32) + event.stage + tail);
    else if (verdict == "warn") line(mark("warn", 33) + event.stage + tail);
    else if (verdict == "skipped") line(mark("skip", 2) + event.stage + (event.fields.find("reason") ? ": " + text_of(event.fields, "reason") : ""));
    else line(mark(verdict == "block" ? "block" : "fail", 31) + event.stage + tail);
  }

  void waiting(const run::Event& event) {
    std::string text = mark("wait", 33) + (event.stage.empty() ? "another run holds the lock" : event.stage + " waits for a lock");
    for (const auto& blocker : list_of(event.fields, "blockers")) text += "\n          held by " + blocker;
    if (text == last_waiting_) return;
    last_waiting_ = text;
    line(text);
  }

  void finding(const Value& fields) {
    const auto verdict = text_of(fields, "verdict");
    if (verdict == "pass" && !options_.verbose) return;
    if (options_.quiet && verdict != "block") return;
    live_.print(describe(fields, verdict == "block" ? "blocked" : verdict == "warn" ? "warning" : "note", style_));
  }

  void log(const run::Event& event) {
    const auto level = text_of(event.fields, "level");
    if (level == "debug" && !options_.verbose) return;
    if (options_.quiet && level != "error") return;
    if (event.fields.find("where") != nullptr || event.fields.find("hint") != nullptr)
      return live_.print(describe(event.fields, level == "warn" ? "warning" : level.c_str(), style_));
    const auto message = (event.stage.empty() ? "" : event.stage + ": ") + text_of(event.fields, "message");
    if (level == "warn") line(style_.yellow("warning:") + " " + message);
    else if (level == "error") line(style_.red("error:") + " " + message);
    else line("    " + message);
  }

  void finished(const Value& fields) {
    live_.hide();
    if (const auto* error = fields.find("error")) live_.print(describe(*error, "error", style_));
    const auto outcome = text_of(fields, "outcome");
    const auto applied = list_of(fields, "applied");
    const auto pending = list_of(fields, "pending");
    const auto kept = list_of(fields, "kept");
    std::string text = outcome == "succeeded" ? style_.green(outcome) : style_.red(outcome);
    text += ": ";
    if (outcome == "succeeded") text += applied.empty() ? pending.empty() ? "nothing to do" : migrations(pending.size()) + " pending, nothing changed" : migrations(applied.size()) + " applied";
    else if (outcome == "rolled_back") text += list_of(fields, "undone").empty() ? "the database was restored" : "undone: " + base::join_words(list_of(fields, "undone"));
    else if (!kept.empty()) text += "these stand: " + base::join_words(kept);
    else if (outcome == "kept" || outcome == "rollback_failed") text += "part of the change may stand";
    else if (outcome == "failed" || outcome == "cancelled") text += "the database is as it was";
    else text += "nothing was touched";
    text += " (" + took(fields) + ")\n";
    std::fputs(text.c_str(), options_.out);
    std::fflush(options_.out);
  }

  const TextOptions options_;
  const Style style_;
  LiveLine live_;
  std::string last_waiting_;
};

}  // namespace

std::unique_ptr<run::Reader> make_text_renderer(const TextOptions& options) { return std::make_unique<TextRenderer>(options); }

}  // namespace tidegate::cli
