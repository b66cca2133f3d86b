// SPDX-License-Identifier: Apache-2.0
//
// Readers of the event stream: NDJSON for machines and lines for people, and where those lines go. views.hpp picks them.
// Made before the first event; called from any thread, one event at a time.
#pragma once
#include <cstdio>
#include <memory>
#include <string>

#include "cli/print.hpp"
#include "run/events.hpp"

namespace tidegate::cli {

/// One JSON object a line, each written whole and at once.
class JsonRenderer : public run::Reader {
 public:
  explicit JsonRenderer(std::FILE* out) : out_(out) {}
  void on_event(const run::Event& event) override;

 private:
  std::FILE* out_;
};

/// Where lines for people go: whole ones, without secrets. What happens, and what came of it.
class Lines {
 public:
  virtual ~Lines() = default;
  virtual void progress(const std::string& lines) = 0;
  virtual void result(const std::string& lines) = 0;
};

/// Progress to one stream, the result to another.
class StreamLines final : public Lines {
 public:
  StreamLines(std::FILE* out, std::FILE* err) : out_(out), err_(err) {}
  void progress(const std::string& lines) override;
  void result(const std::string& lines) override;

 private:
  std::FILE* const out_;
  std::FILE* const err_;
};

struct TextOptions {
  Style style;
  bool quiet = false;
  bool verbose = false;
  bool only_warnings = false;  ///< of a command that asks: log lines, retries and who is waited for, nothing of a run
  bool picture = false;        ///< a picture shows what is under way, so no line has to
};
/// What happens, line by line. `lines` outlives it.
std::unique_ptr<run::Reader> make_text_renderer(Lines& lines, const TextOptions& options);

/// The same, with the stage under way below the lines, redrawn with its elapsed time. For a terminal.
std::unique_ptr<run::Reader> make_live_view(std::FILE* out, std::FILE* err, const TextOptions& options);

/// How a run ended, in a few words: "2 migrations applied". From the fields of run.finished.
std::string what_came_of_it(const base::Value& finished);

}  // namespace tidegate::cli
