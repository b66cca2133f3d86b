// SPDX-License-Identifier: Apache-2.0
#include "rehearsal.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "migrations/fingerprint/catalog.hpp"
#include "migrations/fingerprint/difference.hpp"
#include "migrations/headline.hpp"
#include "migrations/locate.hpp"
#include "migrations/plan.hpp"

namespace tidegate::rehearse {
namespace {

using migrations::PendingMigration;
using migrations::PendingStatement;
using migrations::inverse::Grade;
using sdk::Error;
using sdk::Result;
using sdk::Status;

constexpr std::size_t kHeadline = 80;

/// What the server says of a statement, with its place in the file.
Error placed(const sdk::DbError& failed, const PendingMigration& migration, const PendingStatement& statement) {
  Error out = failed.error;
  out.file = migration.file;
  out.line = statement.line;
  out.column = 1;
  if (failed.position > 0) {
    const auto place = migrations::locate(statement.sql, migrations::byte_of_character(statement.sql, failed.position - 1));
    out.line += place.line - 1;
    if (place.line > 1) out.column = place.column;
  }
  return out;
}

/// Of the session or the time, not of the SQL.
bool ends_the_rehearsal(const Error& error) {
  return error.code == Status::unavailable || error.code == Status::cancelled || error.code == Status::deadline;
}

std::optional<std::string> down_sql(const std::string& file) {
  const auto path = std::filesystem::path(file).parent_path() / "down.sql";
  std::ifstream in(path, std::ios::binary);
  if (file.empty() || !in) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

/// The statements of a down.sql; an error when the copy cannot go back by them and forth again.
Result<std::vector<std::string>> statements_of(const std::string& text) {
  const auto plan = migrations::plan_file(text, "down.sql");
  if (!plan) return plan.error();
  std::vector<std::string> out;
  if (plan->plain) {
    out.push_back(text);
    return out;
  }
  for (const auto& part : plan->parts) {
    if (!part.transactional || !plan->whole)
      return Error{Status::unsupported, "its down.sql has statements that run outside of one transaction, which is not rehearsed"};
    for (const auto& statement : part.statements) out.emplace_back(statement.in(text));
  }
  return out;
}

}  // namespace

Result<std::vector<Rehearsed>> Rehearsal::run(const std::vector<PendingMigration>& pending) {
  std::vector<Rehearsed> out;
  auto described = migrations::fingerprint::describe(copy_);
  if (!described) return described.error();
  now_ = std::move(*described);
  for (const auto& migration : pending) {
    host_.progress(out.size(), pending.size(), "rehearsing " + migration.name);
    auto& rehearsed = out.emplace_back();
    rehearsed.name = migration.name;
    rehearsed.file = migration.file;
    rehearsed.checksum = migration.checksum;
    if (auto done = one(migration, rehearsed); !done) return done.error();
    if (rehearsed.error) break;
  }
  return out;
}

Result<void> Rehearsal::one(const PendingMigration& migration, Rehearsed& out) {
  const auto first = now_;
  const auto began = std::chrono::steady_clock::now();
  if (auto done = forth(migration, out); !done || out.error) return done;
  out.ms = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began).count();
  return back(first, out);
}

/// Each statement by itself, in the transactions in which the migration will have it, so that it can be recorded; described
/// before whatever has to be told apart.
Result<void> Rehearsal::forth(const PendingMigration& migration, Rehearsed& out) {
  Recorder recorder(copy_);
  std::string piece;
  const auto& all = migration.statements;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& statement = all[i];
    const bool begins = i == 0 || all[i - 1].part != statement.part;
    const bool ends = i + 1 == all.size() || all[i + 1].part != statement.part;
    if (begins && statement.transactional) {
      if (auto begun = copy_.script("BEGIN"); !begun) return begun;
      if (auto known = recorder.begin(); !known) return known;
    }
    auto& recorded = out.statements.emplace_back();
    recorded.line = statement.line;
    recorded.headline = migrations::headline(statement.sql, kHeadline);
    const bool alone = !statement.transactional || migrations::inverse::stands_alone(statement.sql);
    if (alone) {
      if (auto described = describe_piece(piece, out); !described) return described;
    }
    if (auto ran = copy_.script(statement.sql); !ran) return fails(migration, statement, out);
    if (statement.transactional) {
      if (auto taken = recorder.take(recorded); !taken) return taken;
    }
    piece += (piece.empty() ? "" : ";\n") + statement.sql;
    if (alone) {
      if (auto described = describe_piece(piece, out); !described) return described;
    }
    if (ends && statement.transactional) {
      if (auto committed = copy_.script("COMMIT"); !committed) return fails(migration, statement, out);
    }
  }
  if (auto fresh = copy_.script(fresh_session_); !fresh) return fresh;  // what it SET is neither ours nor the next one's
  return describe_piece(piece, out);
}

/// The statement has failed: the migration's error, unless it is the session that is gone or the time that is over.
Result<void> Rehearsal::fails(const PendingMigration& migration, const PendingStatement& statement, Rehearsed& out) {
  auto error = placed(copy_.last_error(), migration, statement);
  if (ends_the_rehearsal(error)) return error;
  out.error = std::move(error);
  return copy_.transaction() == TG_TXN_IDLE ? Result<void>() : copy_.script("ROLLBACK");
}

/// The piece that has just run is told from what was there before it, and its way back goes before those of the others.
Result<void> Rehearsal::describe_piece(std::string& piece, Rehearsed& out) {
  if (piece.empty()) return {};
  auto after = migrations::fingerprint::describe(copy_);
  if (!after) return after.error();
  auto inverse = migrations::inverse::invert(now_, *after, piece);
  out.grade = std::max(out.grade, inverse.grade);
  out.reasons.insert(out.reasons.end(), inverse.reasons.begin(), inverse.reasons.end());
  out.inverse.insert(out.inverse.begin(), inverse.statements.begin(), inverse.statements.end());
  now_ = std::move(*after);
  piece.clear();
  return {};
}

std::optional<Error> Rehearsal::go_back(const Rehearsed& out) {
  for (const auto& statement : out.inverse) {
    if (auto ran = copy_.script(statement); !ran) return ran.error();
  }
  return std::nullopt;
}

/// In a transaction that is rolled back, so that what follows finds the migration applied.
Result<void> Rehearsal::back(const Description& first, Rehearsed& out) {
  if (const auto text = down_sql(out.file)) {
    out.by_file = true;
    out.inverse.clear();
    if (out.grade != Grade::loses_data) {  // what no SQL brings back it does not either; the rest is for the comparison to say
      out.grade = Grade::exact;
      out.reasons.clear();
    }
    auto statements = statements_of(*text);
    if (!statements) {
      out.unproven = statements.error().message;
      return {};
    }
    out.inverse = std::move(*statements);
  } else if (out.grade == Grade::irreversible) {
    out.inverse.clear();
    out.unproven = out.reasons.empty() ? "it is not known how to take it back" : out.reasons.front();
    return {};
  }
  if (auto begun = copy_.script("BEGIN"); !begun) return begun;
  auto failed = go_back(out);
  if (!failed) {
    auto described = migrations::fingerprint::describe(copy_);
    if (!described) return described.error();
    const auto found = migrations::fingerprint::difference(first, *described);
    out.proven = found.same != migrations::fingerprint::Same::different;
    if (out.proven && found.same == migrations::fingerprint::Same::but_column_order)
      out.grade = std::max(out.grade, Grade::exact_but_column_order);
    if (!out.proven) out.unproven = "the schema does not come back as it was: " + found.text();
  } else if (ends_the_rehearsal(*failed)) {
    return *failed;
  } else {
    out.unproven = "the way back fails: " + failed->message;
  }
  return copy_.script("ROLLBACK");
}

}  // namespace tidegate::rehearse
