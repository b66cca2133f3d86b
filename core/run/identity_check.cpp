// SPDX-License-Identifier: Apache-2.0
// The Runner and the mark of its target: who may change it, and when it is marked.
#include "run/identity.hpp"
#include "run/json.hpp"
#include "run/keeper.hpp"
#include "run/runner.hpp"

namespace tidegate::run {
namespace {

using base::Deadline;
using base::Error;
using base::Result;
using base::Status;

constexpr std::chrono::seconds kLimit{30};
constexpr std::string_view kRule = "production-database";

}  // namespace

std::string Runner::environment_type() const { return context_value("environment.class").value_or(environments_.front()); }

/// Before anything is written: a database that is marked as production's is changed by production alone. Unknown is not
/// production here: somebody has to say that it is. False when the run ended.
bool Runner::may_change_target() {
  if (!keeper_->has_target()) return true;
  const auto limit = Deadline::in(kLimit).sooner(run_deadline_);
  auto main = shared_.databases.main(limit);
  if (!main) return end_early(main.error()), false;
  shared_.databases.next_stage();
  auto found = read_identity(**main, limit);
  auto here = found || found.error().code == Status::denied ? identify_target(**main, limit) : Result<TargetIdentity>(found.error());
  if (!here) return end_early(here.error()), false;
  if (!found) {
    warn_of_identity("check-could-not-run", "whether this database is production's: " + found.error().message, found.error().hint);
    return true;
  }
  const auto mark = mark_of(*found, *here);
  const auto type = environment_type();
  if (mark == Mark::copied) {
    const auto what = "this database is a copy: it carries the mark of " + described(**found);
    warn_of_identity("copied-database", what, "it is marked anew by this run; `tidegate identity show` tells");
  }
  if (mark == Mark::ours && (*found)->type == "production" && type != "production") {
    const Error refusal{Status::denied,
                        "this database is marked as " + described(**found) + ", and this run is " +
                            (type == "unknown" ? "of no known environment" : "of environment " + environments_.front()),
                        type == "unknown" ? "when this is production, say so: --environment production"
                                          : "give it a database of its own; if the mark is wrong: `tidegate identity set --environment " + environments_.front() + "`"};
    report_.findings.push_back({stage::Verdict::block, std::string(kRule), refusal.message, {}, 0, 0, refusal.hint, {}});
    events_.emit("finding", "", *to_value(report_.findings.back()).as<base::Table>());
    finish({Outcome::blocked, kExitBlocked}, refusal);
    return false;
  }
  const bool same = mark == Mark::ours && (*found)->type == type && (*found)->environment == environments_.front();
  if (same || (mark == Mark::none && type == "unknown")) return true;
  if (mark == Mark::ours && type == "unknown") return true;  // what is known of it is more
  to_mark_ = std::make_unique<Identity>(Identity{environments_.front(), type, pipeline_.name, std::move(*here), {}, "run " + events_.run_id()});
  return true;
}

/// Under the lease, with the record of the run; a database without one is not marked.
void Runner::mark_target() {
  if (!to_mark_) return;
  const auto marked = keeper_->mark(*to_mark_);
  if (!marked) log("", TG_LOG_WARN, "the database could not be marked as " + to_mark_->environment + ": " + marked.error().message);
  to_mark_.reset();
}

void Runner::warn_of_identity(const char* rule, const std::string& message, const std::string& fix) {
  report_.findings.push_back({stage::Verdict::warn, rule, message, {}, 0, 0, fix, {}});
  events_.emit("finding", "", *to_value(report_.findings.back()).as<base::Table>());
}

}  // namespace tidegate::run
