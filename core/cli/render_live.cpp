// SPDX-License-Identifier: Apache-2.0
// On a terminal: below the lines of what has happened a picture of what is under way, redrawn in place. Each of its lines is
// cut to the terminal's width, since one that wraps could not be taken back.
#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "cli/fields.hpp"
#include "cli/render.hpp"
#include "cli/width.hpp"

namespace tidegate::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kEvery{100};
constexpr std::size_t kMostBlockers = 3;
constexpr std::size_t kBar = 20;

struct Alphabet {
  std::string_view frames[8];
  std::string_view full, empty, ellipsis;
};
constexpr Alphabet kUnicode{{"⠋", "⠙", "⠸", "⠴", "⠦", "⠇", "⠏", "⠛"}, "█", "░", "…"};
constexpr Alphabet kAscii{{"|", "/", "-", "\\", "|", "/", "-", "\\"}, "#", ".", "..."};

const Alphabet& alphabet() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    const auto locale = base::to_lower(value);
    return locale.find("utf-8") != std::string::npos || locale.find("utf8") != std::string::npos ? kUnicode : kAscii;
  }
  return kAscii;
}

/// What is under way, as the events tell it.
struct Picture {
  std::string stage, migration, doing, building, retry;
  std::vector<std::string> blockers;
  std::int64_t done = 0, total = 0, percent = -1;
  Clock::time_point stage_began, migration_began, doing_began;

  void statement_is_over() {
    doing.clear();
    building.clear();
    blockers.clear();
    percent = -1;
  }
  /// "MIGRATION: STATEMENT", of which the migration has a line of its own.
  void does(const std::string& what, std::int64_t since_ms) {
    const bool named = !migration.empty() && what.starts_with(migration);
    doing = !named ? what : what.size() > migration.size() + 2 ? what.substr(migration.size() + 2) : std::string();
    doing_began = Clock::now() - std::chrono::milliseconds(since_ms);
  }
  void take(const run::Event& event);
};

void Picture::take(const run::Event& event) {
  const auto& fields = event.fields;
  const auto said = [&](std::string_view key) { return printable(text_of(fields, key)); };
  if (event.type == "stage.started") {
    *this = {};
    stage = event.stage;
    stage_began = Clock::now();
  } else if (event.type == "stage.finished" || event.type == "run.finished") {
    *this = {};
  } else if (event.type == "stage.retry") {
    statement_is_over();
    retry = "again in " + base::format_duration(std::chrono::milliseconds(number_of(fields, "ms")));
  } else if (event.type == "stage.progress") {
    done = number_of(fields, "done");
    total = number_of(fields, "total");
    statement_is_over();
    does(said("what"), 0);
  } else if (event.type == "migration.started") {
    statement_is_over();
    migration = said("name");
    migration_began = Clock::now();
  } else if (event.type == "migration.finished") {
    statement_is_over();
    migration.clear();
    ++done;
  } else if (event.type == "waiting") {
    blockers = list_of(fields, "blockers");
    if (event.stage.empty() && stage.empty()) {
      stage = "waiting for another run";
      stage_began = Clock::now() - std::chrono::milliseconds(number_of(fields, "ms"));
    }
  } else if (event.type == "lock.taken") {
    *this = {};
  } else if (event.type == "statement.progress") {
    does(said("what"), number_of(fields, "ms"));
    blockers = list_of(fields, "blockers");
    building = said("phase");
    percent = fields.find("percent") != nullptr ? number_of(fields, "percent") : -1;
    if (const auto index = said("index"), relation = said("relation"); !building.empty() && !relation.empty())
      building += " (" + (index.empty() ? "" : index + " on ") + relation + ")";
    if (doing.empty() && !building.empty()) doing = said("command");
  }
}

class LiveView final : public run::Reader, public Lines {
 public:
  LiveView(std::FILE* out, std::FILE* err, TextOptions options) : out_(out), err_(err), style_(options.style), letters_(alphabet()) {
    options.picture = true;
    text_ = make_text_renderer(*this, options);
    thread_ = std::thread([this] { loop(); });
  }
  ~LiveView() override {
    {
      const std::lock_guard lock(mutex_);
      done_ = true;
      put(erased());
    }
    wake_.notify_all();
    thread_.join();
  }
  LiveView(const LiveView&) = delete;
  LiveView& operator=(const LiveView&) = delete;

  void on_event(const run::Event& event) override {
    {
      const std::lock_guard lock(mutex_);
      picture_.take(event);
      redraw({});
    }
    text_->on_event(event);
  }
  void progress(const std::string& lines) override {
    const std::lock_guard lock(mutex_);
    redraw(lines);
  }
  void result(const std::string& lines) override {
    const std::lock_guard lock(mutex_);
    put(erased());
    std::fputs(lines.c_str(), out_);
    std::fflush(out_);
  }

 private:
  struct Piece {
    std::string text;
    const char* sgr = nullptr;
  };

  void loop() {
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, kEvery, [this] { return done_; }))
      if (!picture_.stage.empty()) {
        ++frame_;
        redraw({});
      }
  }
  void put(const std::string& text) {
    if (text.empty()) return;
    std::fwrite(text.data(), 1, text.size(), err_);
    std::fflush(err_);
  }
  /// Lines above the picture. In this order: what is drawn is what is erased the next time.
  void redraw(const std::string& lines) {
    auto text = erased();
    text += lines;
    text += drawn();
    put(text);
  }
  /// What takes the picture away.
  std::string erased() {
    const auto height = std::exchange(height_, 0U);
    if (height == 0) return {};
    return (height > 1 ? "\r\x1b[" + std::to_string(height - 1) + "A" : std::string("\r")) + "\x1b[J";
  }
  /// Columns and rows, asked anew each time: it can be resized.
  [[nodiscard]] std::pair<std::size_t, std::size_t> size() const {
    winsize now{};
    if (::ioctl(::fileno(err_), TIOCGWINSZ, &now) == 0 && now.ws_col > 0 && now.ws_row > 0) return {now.ws_col, now.ws_row};
    return {80, 24};
  }
  static std::string since(Clock::time_point began) {
    return base::format_duration(std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began) / 100 * 100);
  }
  /// One line of pieces that together fit; the last column stays free, since some terminals wrap when it is written.
  std::string line(const std::vector<Piece>& pieces, std::size_t width) {
    std::string out;
    std::size_t left = width > 1 ? width - 1 : 1;
    for (const auto& piece : pieces) {
      const auto text = cut_to_width(style_.clean(piece.text), left, letters_.ellipsis);
      left -= std::min(left, width_of(text));
      out += piece.sgr != nullptr ? style_.paint(piece.sgr, text) : text;
      if (text.size() < piece.text.size() || left == 0) break;
    }
    return out;
  }
  std::string drawn() {
    if (picture_.stage.empty()) return {};
    const auto& p = picture_;
    const auto [width, rows] = size();
    std::vector<std::string> lines;
    const auto add = [&, columns = width](const std::vector<Piece>& pieces) { lines.push_back(line(pieces, columns)); };
    // What must be seen stands in front, so that a narrow terminal cuts off the rest.
    std::vector<Piece> head{{std::string(letters_.frames[frame_ % std::size(letters_.frames)]) + " ", "36"}, {p.stage, "1"}, {"  " + since(p.stage_began)}};
    if (p.total > 0) head.push_back({"  " + std::to_string(p.done) + "/" + std::to_string(p.total), "2"});
    if (!p.retry.empty()) head.push_back({"  " + p.retry, "33"});
    add(head);
    if (!p.migration.empty()) add({{"    " + since(p.migration_began) + "  "}, {p.migration}});
    if (!p.doing.empty()) add({{"    " + since(p.doing_began) + "  "}, {p.doing, "2"}});
    if (!p.building.empty()) {
      std::vector<Piece> pieces{{"    "}};
      if (p.percent >= 0) {
        const auto full = static_cast<std::size_t>(p.percent) * kBar / 100;
        std::string bar;
        for (std::size_t i = 0; i < kBar; ++i) bar += i < full ? letters_.full : letters_.empty;
        pieces.push_back({std::to_string(p.percent) + " % "});
        if (width > 60) pieces.push_back({bar + " ", "36"});
      }
      pieces.push_back({p.building});
      add(pieces);
    }
    for (std::size_t i = 0; i < p.blockers.size() && i < kMostBlockers; ++i) add({{"    waits for " + printable(p.blockers[i]), "33"}});
    if (p.blockers.size() > kMostBlockers) add({{"    and for " + std::to_string(p.blockers.size() - kMostBlockers) + " more", "33"}});
    if (lines.size() + 1 > rows) lines.resize(rows > 2 ? rows - 1 : 1);  // what has scrolled out of sight cannot be taken back
    std::string out;
    for (const auto& each : lines) out += (out.empty() ? "" : "\r\n") + each;
    height_ = lines.size();
    return out;
  }

  std::FILE* const out_;
  std::FILE* const err_;
  const Style style_;
  const Alphabet& letters_;
  std::unique_ptr<run::Reader> text_;
  std::mutex mutex_;
  std::condition_variable wake_;
  Picture picture_;
  std::size_t frame_ = 0, height_ = 0;
  bool done_ = false;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<run::Reader> make_live_view(std::FILE* out, std::FILE* err, const TextOptions& options) {
  return std::make_unique<LiveView>(out, err, options);
}

}  // namespace tidegate::cli
