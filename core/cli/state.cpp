// SPDX-License-Identifier: Apache-2.0
#include "cli/state.hpp"

#include <tidegate/extensions.hpp>

#include "run/format_lock.hpp"
#include "run/journal/file.hpp"
#include "run/json.hpp"

namespace tidegate::cli {
namespace {

using base::Array;
using base::Deadline;
using base::Result;
using base::Table;
using base::Value;
using services::db::Session;

Result<Session*> main_of(Job& job, Deadline deadline) {
  auto main = job.databases().main(deadline);
  if (main) job.databases().next_stage();
  return main;
}

/// nil: the format has none.
Result<Value> format_lock_key(Job& job, Deadline deadline) {
  auto* stage = job.runner().offering(TG_HISTORY);
  if (stage == nullptr) return Value{};
  const auto answer = stage->call(TG_HISTORY, TG_HISTORY_LOCK_KEY, "{}", services::Access::none, deadline);
  if (!answer) return answer.error();
  const auto object = run::from_json(*answer);
  const auto* key = object ? object->find("key") : nullptr;
  return key != nullptr ? *key : Value{};
}

Value as_value(const run::RunRecord& record) {
  Table out{{"id", record.id},
            {"outcome", record.outcome},
            {"started_at", record.started_at},
            {"ms", record.finished_at.empty() ? Value() : Value(record.ms)},
            {"pipeline", record.pipeline},
            {"environment", record.environment},
            {"holder", record.holder},
            {"applied", run::to_array(record.applied)},
            {"undone", run::to_array(record.undone)},
            {"kept", run::to_array(record.kept)},
            {"backups", run::to_array(record.backups)}};
  if (!record.error.is_nil()) out.emplace_back("error", record.error);
  if (!record.reason.is_nil()) out.emplace_back("reason", record.reason);
  return out;
}

}  // namespace

Result<Value> lock_of(Job& job, Deadline deadline) {
  auto main = main_of(job, deadline);
  if (!main) return main.error();
  auto lease = run::current_lease(**main, deadline);
  if (!lease) return lease.error();
  if (*lease) return Value(Table{{"holder", (*lease)->holder}, {"since", (*lease)->since}});
  const auto key = format_lock_key(job, deadline);
  if (!key || key->is_nil()) return key;
  auto holder = run::format_lock_holder(**main, key->integer(), deadline);
  if (!holder) return holder.error();
  if (holder->description.empty()) return Value{};
  return Value(Table{{"holder", holder->description}, {"since", holder->since}});
}

Result<std::vector<run::RunRecord>> records_of(Job& job, std::size_t most, Deadline deadline) {
  using pipeline::JournalKind;
  auto main = main_of(job, deadline);
  if (!main) return main.error();
  const auto kind = job.pipeline().journal;
  auto runs = kind == JournalKind::database ? run::recent_runs(**main, most, deadline)
                                            : Result<std::vector<run::RunRecord>>(std::vector<run::RunRecord>());
  const auto folder = run::journal_folder(job.pipeline());
  if (kind != JournalKind::none && (!runs || runs->empty())) {
    const auto target = run::identify_target(**main, deadline);
    if (!target) return target.error();
    auto in_file = run::recent_runs_in(folder, *target, most);
    if (!in_file || !in_file->empty()) runs = std::move(in_file);
  }
  return runs;
}

Result<Array> runs_of(Job& job, std::size_t most, Deadline deadline) {
  const auto runs = records_of(job, most, deadline);
  if (!runs) return runs.error();
  Array out;
  for (const auto& record : *runs) out.push_back(as_value(record));
  return out;
}

}  // namespace tidegate::cli
