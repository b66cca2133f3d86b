// SPDX-License-Identifier: Apache-2.0
//
// Views: the one place that says who reads a run's events: by the command line, by whether there is a terminal, and by the
// variables that a CI system sets. Owned by a command, made before the first event; as readers are.
#pragma once
#include <cstdio>
#include <memory>
#include <vector>

#include "base/world.hpp"
#include "cli/options.hpp"
#include "cli/render.hpp"

namespace tidegate::cli {

/// `whole`: a run; `ended_before`: its mistakes are printed by lines() and only the last event is to come.
enum class Stream { whole, ended_before };

class Views {
 public:
  /// `events_file`: of --events, not owned; null: none.
  Views(const Options& options, const base::Environment& variables, std::FILE* out, std::FILE* err, std::FILE* events_file,
        const base::Redactor* redactor, Stream stream = Stream::whole);
  void add_to(run::EventStream& events);
  /// For what is said to people outside of the stream.
  Lines& lines() { return *lines_; }

 private:
  std::vector<std::unique_ptr<run::Reader>> readers_;
  std::unique_ptr<Lines> own_lines_;
  Lines* lines_ = nullptr;
};

}  // namespace tidegate::cli
