// SPDX-License-Identifier: Apache-2.0
//
// Readers of the event stream: NDJSON for machines, lines for people, and live stages on a terminal. Made by the run
// command before the first event; called from any thread, one event at a time.
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

struct TextOptions {
  std::FILE* out = stdout;
  std::FILE* err = stderr;
  Style style;
  bool quiet = false;
  bool verbose = false;
  bool live = false;  ///< stderr is a terminal: the stage under way is redrawn with its elapsed time
  bool only_warnings = false;  ///< of a command that asks: log lines, retries and who is waited for, nothing of a run
};
/// Progress and findings on stderr, the result on stdout.
std::unique_ptr<run::Reader> make_text_renderer(const TextOptions& options);

}  // namespace tidegate::cli
