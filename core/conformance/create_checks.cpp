// SPDX-License-Identifier: Apache-2.0
//
// Group create: instances of the stage types.
#include "conformance/suite.hpp"

namespace tidegate::conformance {
namespace {

Finding every_type(const Subject& subject) {
  return with_settings(subject, [&](const base::Value& settings) {
    CheckHost host(*subject.type, settings);
    const Instance instance(*subject.entry, host, subject.type->type);
    const auto& created = instance.created();
    if (created.status == TG_OK && instance.stage() != nullptr) return pass();
    if (created.status == TG_OK) return fail("create gave ok and no stage");
    if (instance.stage() != nullptr) return fail("create failed and gave a stage");
    if (created.error.empty()) return fail("create failed and reported no error with a message");
    if (created.status == TG_E_UNSUPPORTED || created.status == TG_E_NOT_FOUND)
      return fail("create does not know the type: " + created.error);
    return warn("create refuses the settings of the check: " + created.error + "; others can be given by --set");
  });
}

Finding whole_stage(const Subject& subject) {
  return with_settings(subject, [&](const base::Value& settings) {
    CheckHost host(*subject.type, settings);
    const Instance instance(*subject.entry, host, subject.type->type);
    const auto* stage = instance.stage();
    if (stage == nullptr) return skip("there is no stage, see create.type");
    if (stage->struct_size < sizeof(tg_stage))
      return fail("the stage's struct_size is " + std::to_string(stage->struct_size) + ", less than any released one's");
    if (stage->run == nullptr) return fail("the stage has no run");
    if (stage->destroy == nullptr) return fail("the stage has no destroy");
    return pass();
  });
}

Finding unknown_type(const Subject& subject) {
  CheckHost host(*subject.type, base::Value(base::Table{}));
  for (const auto* type : {"no-such-type.of-this-plugin", ""}) {
    const Instance instance(*subject.entry, host, type);
    if (instance.created().status == TG_OK || instance.stage() != nullptr)
      return fail("create made a stage of the type '" + std::string(type) + "', which is not in the manifest");
    if (instance.created().error.empty()) return fail("create refused an unknown type and reported no error with a message");
  }
  return pass();
}

Finding two_at_once(const Subject& subject) {
  return with_settings(subject, [&](const base::Value& settings) {
    CheckHost first_host(*subject.type, settings);
    CheckHost second_host(*subject.type, settings);
    Instance first(*subject.entry, first_host, subject.type->type);
    Instance second(*subject.entry, second_host, subject.type->type);
    if (first.stage() == nullptr || second.stage() == nullptr) return skip("there is no stage, see create.type");
    if (first.stage() == second.stage()) return fail("two instances are the same object");
    const bool right_before = breach(first.validate(), subject.kind).empty();
    first.destroy();  // the older one first, while the other is alive
    const auto call = second.validate();
    if (auto wrong = breach(call, subject.kind); right_before && !wrong.empty()) return fail("with another instance gone: " + wrong);
    return pass();
  });
}

Finding quiet(const Subject& subject) {
  return with_settings(subject, [&](const base::Value& settings) {
    CheckHost host(*subject.type, settings);
    const Instance instance(*subject.entry, host, subject.type->type);
    return host.touched.empty() ? pass() : fail("create " + host.touched.front());
  });
}

}  // namespace

std::vector<Check> create_checks() {
  return {{"create.type", "every stage type of the manifest can be made", Scope::type, &every_type},
          {"create.stage", "a stage has its size, run and destroy", Scope::type, &whole_stage},
          {"create.unknown_type", "a type that is not in the manifest is refused, with a message", Scope::type, &unknown_type},
          {"create.two", "two instances live side by side", Scope::type, &two_at_once},
          {"create.quiet", "making a stage uses no database, network, program or other stage", Scope::type, &quiet}};
}

}  // namespace tidegate::conformance
