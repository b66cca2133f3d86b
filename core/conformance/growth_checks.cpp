// SPDX-License-Identifier: Apache-2.0
//
// Group growth: the plugin with hosts of other minor versions. struct_size says which fields there are; what is behind
// them is poison.
#include "conformance/suite.hpp"

namespace tidegate::conformance {
namespace {

std::string life(const Subject& subject, const base::Value& settings, Age age, Call& last) {
  CheckHost host(*subject.type, settings, {{}, TG_OK, age});
  Instance instance(*subject.entry, host, subject.type->type, age);
  if (auto wrong = breach(instance.created(), subject.kind); !wrong.empty()) return wrong;
  const auto validated = instance.validate();
  if (auto wrong = breach(validated, subject.kind); !wrong.empty()) return wrong;
  last = validated.status != TG_OK ? validated : work(instance, *subject.type, subject.kind);
  return breach(last, subject.kind);
}

Finding as_with_this_host(const Subject& subject, Age age, const char* which) {
  return with_settings(subject, [&](const base::Value& settings) {
    Call with_this;
    if (!life(subject, settings, Age::same, with_this).empty())
      return skip("with this host it breaks the contract already, see run.answer");
    Call with_other;
    if (auto wrong = life(subject, settings, age, with_other); !wrong.empty())
      return fail(std::string("with ") + which + " host: " + wrong);
    if (with_other.status != with_this.status || with_other.verdict != with_this.verdict)
      return fail(std::string("with ") + which + " host it gives status " + std::to_string(with_other.status) + " and verdict " +
                  std::to_string(with_other.verdict) + "; with this one " + std::to_string(with_this.status) + " and " +
                  std::to_string(with_this.verdict));
    return pass();
  });
}

Finding newer(const Subject& subject) {
  return as_with_this_host(subject, Age::newer, "a newer");
}
Finding older(const Subject& subject) {
  return as_with_this_host(subject, Age::older, "an older");
}

/// A status that this header does not have, as a later one may.
Finding later_status(const Subject& subject) {
  constexpr tg_status later = 77;
  return with_settings(subject, [&](const base::Value& settings) {
    for (const auto* call :
         {"db.open", "db.query", "scratch.create", "http.send", "process.run", "stages.ask", "context.get", "secrets.get"}) {
      CheckHost host(*subject.type, settings, {{call}, later, Age::same});
      std::vector<Call> calls;
      const auto wrong = first_breach(*subject.entry, host, *subject.type, subject.kind, 0, &calls);
      const bool handed_on = !calls.empty() && calls.back().status == later && !calls.back().error.empty();
      if (!wrong.empty() && !handed_on) return fail(std::string("while ") + call + " gives a status of a later header: " + wrong);
    }
    return pass();
  });
}

}  // namespace

std::vector<Check> growth_checks() {
  return {{"growth.newer", "with a newer host, whose structs and tables are longer, it does the same", Scope::kind, &newer},
          {"growth.older", "with an older host, whose answers are shorter, it does the same", Scope::kind, &older},
          {"growth.status", "a status of a later header is a failure like any other", Scope::kind, &later_status}};
}

}  // namespace tidegate::conformance
