// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include "cli/commands.hpp"
#include "cli/compose.hpp"
#include "cli/print.hpp"
#include "run/format_lock.hpp"
#include "run/json.hpp"

namespace tidegate::cli {
namespace {

using base::Array;
using base::Table;
using base::Value;

/// Applied rows that stand for something to do are listed; a clean history of hundreds is counted.
constexpr std::size_t kListedApplied = 5;

bool up_to_date(const run::History& h) { return h.pending.empty() && h.failed.empty(); }

/// Who holds the format's lock; nil when nobody does or the format has none.
base::Result<Value> holder_of_lock(Job& job) {
  auto* stage = job.runner().offering("tidegate.history/1");
  const auto deadline = base::Deadline::in(std::chrono::seconds(30));
  const auto answer = stage->call("tidegate.history/1", "lock_key", "{}", services::Access::none, deadline);
  if (!answer) return answer.error();
  const auto object = run::from_json(*answer);
  const auto* key = object ? object->find("key") : nullptr;
  if (key == nullptr || key->is_nil()) return Value{};
  auto main = job.databases().main(deadline);
  if (!main) return main.error();
  job.databases().next_stage();
  auto holder = run::format_lock_holder(**main, key->integer(), deadline);
  if (!holder) return holder.error();
  if (holder->description.empty()) return Value{};
  return Value(Table{{"holder", holder->description}, {"since", holder->since}});
}

Value as_json(const run::History& h, const Value& lock) {
  Array applied;
  for (const auto& row : h.applied) applied.emplace_back(Table{{"name", row.name}, {"applied_at", row.applied_at}});
  return Table{{"up_to_date", up_to_date(h)}, {"applied", std::move(applied)}, {"pending", run::to_array(h.pending)},
               {"failed", run::to_array(h.failed)}, {"edited", run::to_array(h.edited)}, {"missing", run::to_array(h.missing)},
               {"drift", Array{}}, {"lock", lock}, {"runs", Array{}}};
}

void list(std::string& out, const char* title, const std::vector<std::string>& names, const char* meaning) {
  if (names.empty()) return;
  out += std::string(title) + " (" + std::to_string(names.size()) + ")" + (*meaning != '\0' ? std::string(": ") + meaning : "") + "\n";
  for (const auto& name : names) out += "  " + name + "\n";
}

void print_text(const run::History& h, const Value& lock, const std::string& target, const Style& style) {
  std::string out = target + ": " + (up_to_date(h) ? style.green("up to date") : style.yellow("not up to date")) + ", " +
                    std::to_string(h.applied.size()) + " applied\n";
  const std::size_t first = h.applied.size() > kListedApplied ? h.applied.size() - kListedApplied : 0;
  if (first > 0) out += "  ... " + std::to_string(first) + " older\n";
  for (std::size_t i = first; i < h.applied.size(); ++i) out += "  " + h.applied[i].name + "  " + style.dim(h.applied[i].applied_at) + "\n";
  list(out, "pending", h.pending, "");
  list(out, "failed", h.failed, "clean up by hand, then `tidegate resolve`");
  list(out, "edited", h.edited, "the file differs from what was applied");
  list(out, "missing", h.missing, "applied, but not in the folder");
  if (const auto* holder = lock.find("holder")) out += "lock held by " + holder->text() + " since " + lock.find("since")->text() + "\n";
  put(stdout, out, style);
}

}  // namespace

int status_command(const Options& options) {
  int exit_code = 0;
  const auto job = Job::make_to_ask(options, exit_code);
  if (!job) return exit_code;
  if (auto prepared = job->runner().prepare_to_ask(); !prepared) return job->fail(prepared.error());
  const auto history = job->runner().history();
  if (!history) return job->fail(history.error());
  const auto lock = holder_of_lock(*job);
  if (!lock) return job->fail(lock.error());
  if (options.json) {
    auto answer = as_json(*history, *lock);
    run::redact(answer, job->redactor());
    std::printf("%s\n", run::to_json(answer).c_str());
  } else {
    print_text(*history, *lock, job->target(), style_for(STDOUT_FILENO, options.color, &job->redactor()));
  }
  return options.check && !up_to_date(*history) ? run::kExitBlocked : run::kExitOk;
}

}  // namespace tidegate::cli
