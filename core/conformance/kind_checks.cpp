// SPDX-License-Identifier: Apache-2.0
//
// Group run: what follows from the stage's kind.
#include "conformance/suite.hpp"

namespace tidegate::conformance {
namespace {

using manifest::Kind;

bool writes(Kind kind) {
  return kind == Kind::apply || kind == Kind::rollback;
}

Finding dry(const Subject& subject) {
  if (!subject.type->dry_run) return skip("the type is left out of dry runs");
  if (subject.kind == Kind::notify) return skip("nobody is notified of a dry run");
  return with_settings(subject, [&](const base::Value& settings) {
    CheckHost host(*subject.type, settings);
    if (auto wrong = first_breach(*subject.entry, host, *subject.type, subject.kind, TG_RUN_DRY); !wrong.empty())
      return fail("in a dry run: " + wrong);
    if (!host.database_writes.empty()) return fail("in a dry run it calls " + host.database_writes.front());
    if (writes(subject.kind) && !host.outside_writes.empty()) return fail("in a dry run it uses " + host.outside_writes.front());
    return pass();
  });
}

Finding read_only(const Subject& subject) {
  if (writes(subject.kind)) return skip("the kind may write");
  return with_settings(subject, [&](const base::Value& settings) {
    CheckHost host(*subject.type, settings);
    (void)first_breach(*subject.entry, host, *subject.type, subject.kind);
    if (!host.database_writes.empty()) return fail("the kind only reads, and it calls " + host.database_writes.front());
    if (subject.kind == Kind::notify)
      for (const auto& use : host.touched)
        if (use == "opens a database session") return fail("a stage of kind notify has no database, and it opens a session");
    return pass();
  });
}

Finding announced(const Subject& subject) {
  if (!writes(subject.kind)) return skip("the kind only reads");
  return with_settings(subject, [&](const base::Value& settings) {
    CheckHost host(*subject.type, settings);
    (void)first_breach(*subject.entry, host, *subject.type, subject.kind);
    if (!host.too_early.empty()) return fail("changing() was not called before " + host.too_early.front());
    return pass();
  });
}

Finding rollback_twice(const Subject& subject) {
  if (subject.kind != Kind::rollback) return skip("the kind is not rollback");
  return with_settings(subject, [&](const base::Value& settings) {
    CheckHost host(*subject.type, settings);
    tg_status first = TG_OK;
    for (int time = 1; time <= 2; ++time) {
      Instance instance(*subject.entry, host, subject.type->type);
      if (instance.stage() == nullptr) return skip("there is no stage, see create.type");
      if (instance.validate().status != TG_OK) return skip("validate refuses the settings of the check");
      const auto call = instance.run(subject.kind, TG_RUN_CHANGED);
      if (auto wrong = breach(call, subject.kind); !wrong.empty()) return fail("time " + std::to_string(time) + ": " + wrong);
      if (time == 2 && first == TG_OK && call.status != TG_OK)
        return fail("it worked, and asked to do the same again it fails: " + call.error);
      first = call.status;
    }
    return pass();
  });
}

}  // namespace

std::vector<Check> kind_checks() {
  return {{"run.dry", "a dry run sends nothing that changes something", Scope::kind, &dry},
          {"run.read_only", "detect, precheck and verify only read; notify uses no database", Scope::kind, &read_only},
          {"run.changing", "apply and rollback call changing() before the first statement that may write", Scope::kind, &announced},
          {"run.rollback_twice", "a rollback that worked works again", Scope::kind, &rollback_twice}};
}

}  // namespace tidegate::conformance
