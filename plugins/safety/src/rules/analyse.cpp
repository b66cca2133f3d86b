// SPDX-License-Identifier: Apache-2.0
#include "rules/analyse.hpp"

#include <algorithm>
#include <map>

#include "migrations/catalog/replay.hpp"
#include "migrations/lex.hpp"
#include "migrations/statements.hpp"

namespace tidegate::safety::rules {
namespace {

using effects::Mode;
using migrations::Trouble;
using syntax::Alter;

constexpr std::string_view kNotUnderstood = "unanalysable-code";
constexpr std::string_view kTooLong = "max-duration";

std::string what_is(Trouble trouble) {
  switch (trouble) {
    case Trouble::nul_byte:
      return "the file holds a NUL byte";
    case Trouble::invalid_utf8:
      return "the file is not valid UTF-8";
    case Trouble::byte_order_mark:
      return "the file begins with a byte order mark, which PostgreSQL takes for a syntax error";
    case Trouble::open_string:
      return "a string literal that begins here is never closed";
    case Trouble::open_identifier:
      return "a quoted identifier that begins here is never closed";
    case Trouble::open_dollar_quote:
      return "a dollar-quoted text that begins here is never closed";
    case Trouble::open_comment:
      return "a comment that begins here is never closed";
    case Trouble::psql_command:
      return "a psql command is not SQL: what it does is not known";
    case Trouble::copy_data:
      return "COPY from the client: the data that follows is not SQL, and is not read";
    case Trouble::none:
      break;
  }
  return {};
}

/// One migration's walk.
class Walk {
 public:
  Walk(catalog::Catalog& catalog, const Options& options, std::string_view text, const std::string& path, const Policy& policy)
      : catalog_(catalog), options_(options), text_(text), path_(path), policy_(policy) {}

  Report run() {
    std::string_view readable = text_;
    if (const auto lexed = migrations::lex(text_); lexed.trouble != Trouble::none) {
      not_understood(what_is(lexed.trouble), lexed.at, 1, {});
      if (lexed.trouble == Trouble::byte_order_mark) {
        shift_ = 3;
        readable.remove_prefix(3);
      } else {
        readable = before_the_line_of(lexed.at);
      }
    }
    const auto parts = migrations::statements(readable);
    if (!parts) {
      if (report_.findings.empty()) not_understood("the file could not be split into statements", 0, 1, {});
      return finish({});
    }
    std::vector<Extent> extents;
    for (const auto& part : *parts) extents.push_back({part.offset + shift_, part.offset + shift_ + part.length});
    for (std::size_t i = 0; i < parts->size(); ++i) statement(i, extents[i], (*parts)[i]);
    if (progress_.block) hit(*find("transaction-left-open"), {"BEGIN without a COMMIT after it", "COMMIT;", 0, {}}, block_begun_, nullptr);
    return finish(extents);
  }

 private:
  /// The statements that end before the line of this byte can be judged all the same.
  [[nodiscard]] std::string_view before_the_line_of(std::size_t at) const {
    const auto head = text_.substr(0, at);
    const auto end = head.rfind(';');
    return end == std::string_view::npos ? std::string_view{} : head.substr(0, end + 1);
  }

  void not_understood(const std::string& why, std::size_t at, std::size_t length, std::string_view sql) {
    const auto* rule = find(kNotUnderstood);
    Finding f;
    f.rule = rule->id;
    f.severity = policy_.severity(*rule, path_, nullptr);
    f.message = why;
    f.fix = "-- what cannot be read cannot be judged: a rehearsal on a copy of the schema shows what it does";
    f.at = at;
    f.length = length;
    f.statement = sql;
    if (f.severity == Severity::allow) return;
    report_.findings.push_back(std::move(f));
    owners_.push_back(current_);
  }

  void hit(const Rule& rule, const Hit& h, const Extent& extent, const effects::Effects* effects) {
    if (rule.once && !progress_.said.insert(std::string(rule.id)).second) return;
    const auto* relation = h.relation.empty() ? nullptr : catalog_.at(h.relation);
    Finding f;
    f.severity = policy_.severity(rule, path_, relation);
    if (f.severity == Severity::allow) return;
    f.rule = rule.id;
    f.message = h.message;
    f.fix = h.fix.substr(0, h.fix.find_last_not_of('\n') + 1);
    f.old_code = rule.old_code;
    f.at = std::min(extent.begin + h.at, extent.end);
    f.length = extent.end - f.at;
    f.statement = text_.substr(extent.begin, extent.end - extent.begin);
    if (relation != nullptr && (rule.weighed || h.builds || h.rewrites)) f.estimate = estimate(*relation, h);
    if (effects != nullptr) {
      std::copy_if(effects->locks.begin(), effects->locks.end(), std::back_inserter(f.locks), [](const auto& l) { return !l.harmless; });
      f.rewrite = !effects->rewritten.empty();
      f.scan = !effects->scanned.empty();
    }
    report_.findings.push_back(std::move(f));
    owners_.push_back(current_);
  }

  void statement(std::size_t number, const Extent& extent, const migrations::Statement& part) {
    current_ = number;
    const auto sql = text_.substr(extent.begin, extent.end - extent.begin);
    const auto parsed = syntax::parse(sql);
    if (!parsed.understood) {
      not_understood("not understood by the grammar of PostgreSQL 15 (" + parsed.why + "): what it locks and changes is not known", extent.begin + std::min(parsed.at, sql.size()),
                     1, sql);
      report_.statements.push_back({extent.begin, std::string(sql), false, {}, std::nullopt, {}});
      return;
    }
    if (!part.transactional) next_transaction();
    effects::Effects all;
    cost_ = Cost{};
    tables_.clear();
    for (const auto& action : parsed.actions) one(sql, extent, parsed, action, true, all);
    if (std::any_of(parsed.actions.begin(), parsed.actions.end(), [](const auto& a) { return std::holds_alternative<syntax::Code>(a); })) body(parsed.body, extent, all);
    called(parsed, extent, all);
    if (part.transactional && cost_) duration(*cost_, extent, all);
    report_.statements.push_back({extent.begin, std::string(sql), true, std::move(all), cost_, std::move(tables_)});
    if (!part.transactional) next_transaction();
  }

  /// Outside of transactions (CONCURRENTLY) nobody waits for the statement's end.
  void duration(const Cost& cost, const Extent& extent, const effects::Effects& all) {
    if (cost.slow <= options_.max_duration) return;
    const auto before = report_.findings.size();
    hit(*find(kTooLong), {"it takes longer than max_duration (" + span_text(options_.max_duration) + ")", "-- do it in steps that each end soon: NOT VALID and VALIDATE, CONCURRENTLY, batches of rows; or allow it more time: max_duration", 0, {}},
        extent, &all);
    if (report_.findings.size() == before) return;
    auto& f = report_.findings.back();
    f.estimate = text_of(cost);
    if (cost.fast <= options_.max_duration) f.severity = std::min(f.severity, Severity::warn);  // perhaps
  }

  /// Functions that this migration has made are judged where it calls them; of others that may write and are called for
  /// what they do (SELECT f()), nobody knows what that is.
  void called(const syntax::Parsed& parsed, const Extent& extent, effects::Effects& all) {
    for (const auto& action : parsed.actions) {
      if (const auto* made = std::get_if<syntax::CreateFunction>(&action)) bodies_[made->function.name] = parsed.body;
      const auto* dml = std::get_if<syntax::Dml>(&action);
      if (dml == nullptr) continue;
      for (const auto& function : dml->functions) {
        const auto made = bodies_.find(function.name);
        const auto known = catalog_.functions.find(function.name);
        const bool for_its_effect = dml->verb == syntax::Verb::select && dml->table.empty() && dml->reads.empty();
        const bool may_write = function.schema != "pg_catalog" && known != catalog_.functions.end() && known->second == 'v' && for_its_effect;
        if (made != bodies_.end() && made->second.understood && !made->second.dynamic) {
          const auto judged = std::move(made->second);  // once, and not within itself
          bodies_.erase(made);
          body(judged, extent, all);
        } else if (made != bodies_.end() || may_write) {
          not_understood("the function " + function.name + " is called, which may do anything: what it locks and changes is not known", extent.begin,
                         extent.end - extent.begin, text_.substr(extent.begin, extent.end - extent.begin));
        }
      }
    }
  }

  /// What a DO block or a function runs, at the place of what runs it. Whether it runs is not known, so it is judged as if.
  void body(const syntax::Body& outer, const Extent& extent, effects::Effects& all) {
    for (const auto& text : outer.statements) {
      const auto parts = migrations::statements(text);  // EXECUTE takes several
      if (!parts || parts->empty()) continue;
      for (const auto& part : *parts) {
        const auto sql = part.in(text);
        const auto inner = syntax::parse(sql);
        if (!inner.understood) {
          not_understood("a statement of the block is not understood by the grammar of PostgreSQL 15 (" + inner.why + ")", extent.begin,
                         extent.end - extent.begin, text_.substr(extent.begin, extent.end - extent.begin));
          continue;
        }
        for (const auto& action : inner.actions) one(sql, extent, inner, action, false, all);
      }
    }
  }

  void one(std::string_view sql, const Extent& extent, const syntax::Parsed& parsed, const syntax::Action& action, bool placed, effects::Effects& all) {
    const auto effects = effects::of(action, catalog_);
    const auto rest = text_.substr(std::min(extent.end, text_.size()));
    const Statement s{sql, parsed, action, effects, catalog_, progress_, options_, rest};
    for (const auto& rule : rules::all()) {
      if (rule.check == nullptr) continue;
      rule.check(s, [&](Hit h) {
        if (!placed) h.at = 0;
        hit(rule, h, extent, &effects);
      });
    }
    transaction_control(action, extent);
    application_name(s, extent);
    remember(s);
    const auto cost = cost_of(action, effects, catalog_);
    if (cost_ && cost) cost_->add(*cost);
    if (!cost) cost_.reset();
    locked(effects);
    migrations::catalog::replay(catalog_, action);
    for (const auto& lock : effects.locks) all.locks.push_back(lock);
    all.rewritten.insert(all.rewritten.end(), effects.rewritten.begin(), effects.rewritten.end());
    all.scanned.insert(all.scanned.end(), effects.scanned.begin(), effects.scanned.end());
  }

  void locked(const effects::Effects& effects) {
    for (const auto& lock : effects.locks) {
      const auto* relation = lock.harmless || lock.key.empty() ? nullptr : catalog_.at(lock.key);
      const bool said = std::any_of(tables_.begin(), tables_.end(), [&](const Locked& other) { return other.relation == lock.relation; });
      if (relation != nullptr && relation->size && !said) tables_.push_back({lock.relation, *relation->size});
    }
  }

  void transaction_control(const syntax::Action& action, const Extent& extent) {
    const auto* t = std::get_if<syntax::Transaction>(&action);
    if (t == nullptr) return;
    using What = syntax::Transaction::What;
    if (t->what == What::begin) {
      if (progress_.block) hit(*find("transaction-nesting"), {"BEGIN inside a transaction that is already open does nothing but warn", "-- remove it", 0, {}}, extent, nullptr);
      progress_.block = true;
      block_begun_ = extent;
    }
    if (t->what == What::commit || t->what == What::rollback) progress_.block = false;
    if (t->what != What::savepoint) next_transaction();
  }

  void application_name(const Statement& s, const Extent& extent) {
    if (const auto* v = std::get_if<syntax::SetVariable>(&s.action); v != nullptr && v->name == "application_name") progress_.said.insert("app-name-missing");
    if (!options_.runner_sets_timeouts && s.effects.strongest() != nullptr)
      hit(*find("app-name-missing"), {"no application_name is set: who looks at pg_stat_activity cannot tell that this is a migration", "SET LOCAL application_name = 'migration';", 0, {}}, extent, nullptr);
  }

  void next_transaction() {
    ++progress_.transaction;
    progress_.held.clear();
    progress_.not_valid.clear();
    progress_.new_enum_values.clear();
    progress_.bulk_write = progress_.strong_ddl = false;
  }

  void remember(const Statement& s) {
    for (const auto& lock : s.effects.locks) {
      if (lock.harmless || lock.index || !effects::writes_wait(lock.mode)) continue;
      auto& held = progress_.held[lock.relation];
      held = std::max(held, lock.mode);
      if (lock.mode == Mode::access_exclusive) progress_.strong_ddl = true;
    }
    if (const auto* a = std::get_if<syntax::AlterTable>(&s.action)) remember_alter(s, *a);
    if (const auto* d = std::get_if<syntax::Dml>(&s.action)) {
      const bool writes = d->verb == syntax::Verb::update || d->verb == syntax::Verb::delete_;
      if (writes && (d->where != syntax::Where::some || !d->reads.empty()) && s.in_use(d->table)) progress_.bulk_write = true;
      for (const auto& [name, value] : d->set_config) remember_setting(name);
    }
    if (const auto* v = std::get_if<syntax::SetVariable>(&s.action); v != nullptr && !v->reset) remember_setting(v->name);
    if (const auto* e = std::get_if<syntax::AlterEnum>(&s.action); e != nullptr && e->renamed_from.empty()) {
      const auto type = catalog_.types.find(catalog_.key_of(e->type));
      const bool fresh = type != catalog_.types.end() && type->second.birth == catalog::Birth::here;  // then it may be used at once
      if (!fresh) progress_.new_enum_values.insert(e->value);
    }
  }
  void remember_setting(const std::string& name) {
    progress_.lock_timeout |= name == "lock_timeout";
    progress_.statement_timeout |= name == "statement_timeout";
    progress_.idle_timeout |= name == "idle_in_transaction_session_timeout";
  }
  void remember_alter(const Statement& s, const syntax::AlterTable& a) {
    const auto table = s.shown(a.table);
    for (const auto& c : a.commands) {
      if (c.what == Alter::add_constraint && c.constraint && c.constraint->not_valid) progress_.not_valid.insert(table + " " + c.name);
      if (c.what == Alter::add_column) progress_.said.insert("column " + table + "." + c.name);
    }
    if (std::find(s.effects.scanned.begin(), s.effects.scanned.end(), table) != s.effects.scanned.end()) progress_.scanned_by_alter.insert(table);
  }

  /// Comments that allow, and the order of the text.
  Report finish(const std::vector<Extent>& extents) {
    auto allowed = allowances(text_, extents);
    for (std::size_t i = 0; i < report_.findings.size(); ++i) {
      auto& f = report_.findings[i];
      for (auto& a : allowed) {
        if (a.statement != owners_[i] || std::find(a.rules.begin(), a.rules.end(), f.rule) == a.rules.end()) continue;
        a.used = true;
        f.allowed = a.reason.empty() ? "no reason given" : a.reason;
        f.severity = Severity::info;
      }
    }
    for (const auto& a : allowed) {
      if (a.used) continue;
      std::string rules;
      for (const auto& id : a.rules) rules += (rules.empty() ? "" : ", ") + id + (find(id) == nullptr ? " (there is no such rule)" : "");
      hit(*find("unused-suppression"), {"this allows nothing: " + rules, "-- remove it", 0, {}}, {a.at, a.end}, nullptr);
    }
    std::stable_sort(report_.findings.begin(), report_.findings.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
    return std::move(report_);
  }

  catalog::Catalog& catalog_;
  const Options& options_;
  std::string_view text_;
  const std::string& path_;
  const Policy& policy_;
  Progress progress_;
  std::map<std::string, syntax::Body> bodies_;  ///< of the functions that this migration has made
  Report report_;
  std::vector<std::size_t> owners_;  ///< of each finding: the number of its statement
  std::optional<Cost> cost_;     ///< of the statement so far
  std::vector<Locked> tables_;   ///< likewise
  std::size_t current_ = 0, shift_ = 0;
  Extent block_begun_;
};

}  // namespace

Report Analysis::migration(std::string_view text, const std::string& path, const Policy& policy) {
  auto report = Walk(catalog_, options_, text, path, policy).run();
  if (!policy.judges(path)) report.findings.clear();
  return report;
}

void Analysis::replay(std::string_view text) {
  const auto parts = migrations::statements(text);
  if (!parts) return;
  for (const auto& part : *parts) {
    for (const auto& action : syntax::parse(part.in(text)).actions) migrations::catalog::replay(catalog_, action);
  }
}

}  // namespace tidegate::safety::rules
