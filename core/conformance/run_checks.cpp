// SPDX-License-Identifier: Apache-2.0
//
// Group run: what a stage answers, whatever its kind.
#include <algorithm>
#include <thread>

#include "conformance/suite.hpp"

namespace tidegate::conformance {
namespace {

using manifest::Kind;

struct Scene {
  CheckHost host;
  std::vector<Call> calls;
  std::string breach;
  Scene(const Subject& subject, const base::Value& settings, Behaviour behaviour = {}, std::uint32_t flags = 0)
      : host(*subject.type, settings, std::move(behaviour)) {
    breach = first_breach(*subject.entry, host, *subject.type, subject.kind, flags, &calls);
  }
  [[nodiscard]] const Call& last() const { return calls.back(); }
  [[nodiscard]] bool passed() const {
    return last().what == "run" && last().status == TG_OK && (last().verdict == TG_PASS || last().verdict == TG_WARN);
  }
};

Finding answers(const Subject& subject) {
  return with_settings(subject, [&](const base::Value& settings) {
    CheckHost host(*subject.type, settings);
    std::vector<Call> calls;
    return passes_unless(first_breach(*subject.entry, host, *subject.type, subject.kind, 0, &calls));
  });
}

/// A verify or precheck that blocks says what it found: without a finding nobody knows what to do.
Finding block_says_why(const Subject& subject) {
  return with_settings(subject, [&](const base::Value& settings) {
    for (const auto* call : {"", "db.query", "scratch.create", "http.send", "stages.ask", "process.run"}) {
      const Scene scene(subject, settings, {{call}, TG_E_FAILED, Age::same});
      if (scene.last().what != "run" || scene.last().status != TG_OK || scene.last().verdict != TG_BLOCK) continue;
      bool says = false;
      for (const auto& finding : scene.last().findings) says = says || finding.verdict == sdk::Verdict::block;
      if (!says) return fail("run gave block and no finding that blocks");
    }
    return pass();
  });
}

Finding declared_services(const Subject& subject) {
  return with_settings(subject, [&](const base::Value& settings) {
    CheckHost host(*subject.type, settings);
    std::vector<Call> calls;
    (void)first_breach(*subject.entry, host, *subject.type, subject.kind, 0, &calls);
    if (host.undeclared_services.empty()) return pass();
    return warn("it asks for the service '" + *host.undeclared_services.begin() +
                "', which the manifest neither requires nor wants, and never gets it");
  });
}

Finding declared_settings(const Subject& subject) {
  return with_settings(subject, [&](const base::Value& settings) {
    CheckHost host(*subject.type, settings);
    (void)first_breach(*subject.entry, host, *subject.type, subject.kind);
    for (const auto& path : host.read_settings)
      if (!path.empty() && subject.type->setting(path.substr(0, path.find('.'))) == nullptr)
        return fail("it reads the setting '" + path + "', which the manifest does not have");
    return pass();
  });
}

Finding without_each_service(const Subject& subject) {
  return with_settings(subject, [&](const base::Value& settings) {
    for (const auto& id : subject.type->wanted_services) {
      CheckHost host(*subject.type, settings);
      host.deny(id);
      if (auto wrong = first_breach(*subject.entry, host, *subject.type, subject.kind); !wrong.empty())
        return fail("without " + id + ": " + wrong);
    }
    if (subject.type->wanted_services.empty()) return skip("no service is wanted");
    return pass();
  });
}

Finding each_call_failing(const Subject& subject) {
  return with_settings(subject, [&](const base::Value& settings) {
    for (const auto* call : {"db.open", "db.query", "scratch.create", "http.send", "process.run", "stages.ask", "context.get",
                             "context.put", "secrets.get", "config.get"})
      for (const tg_status with : {TG_E_FAILED, TG_E_UNAVAILABLE, TG_E_LOCKED, TG_E_CONFLICT, TG_E_DENIED}) {
        const Scene scene(subject, settings, {{call}, with, Age::same});
        if (!scene.breach.empty())
          return fail(std::string("while ") + call + " fails with " + std::string(sdk::name_of(static_cast<sdk::Status>(with))) + ": " +
                      scene.breach);
      }
    return pass();
  });
}

/// Not for what is only wanted: that a stage may do without.
Finding failure_is_no_pass(const Subject& subject) {
  return with_settings(subject, [&](const base::Value& settings) {
    bool met = false;
    for (const auto& [id, call] : {std::pair{TG_DB, "db.open"}, std::pair{TG_DB, "db.query"}, std::pair{TG_HTTP, "http.send"},
                                   std::pair{TG_PROCESS, "process.run"}}) {
      const auto& required = subject.type->required_services;
      if (std::find(required.begin(), required.end(), id) == required.end()) continue;
      const Scene scene(subject, settings, {{call}, TG_E_UNAVAILABLE, Age::same});
      if (scene.host.refused == 0) continue;
      met = true;
      const bool accepted = scene.last().what == "call" && scene.last().status == TG_OK;
      if (scene.passed() || accepted) return fail(std::string(call) + " failed, and it says that all went well");
    }
    return met ? pass() : skip("with these settings it uses no service that it requires");
  });
}

Finding interrupted(const Subject& subject, tg_status with) {
  return with_settings(subject, [&](const base::Value& settings) {
    CheckHost host(*subject.type, settings,
                   {{"db.open", "db.query", "scratch.create", "http.send", "process.run", "stages.ask"}, with, Age::same});
    Instance instance(*subject.entry, host, subject.type->type);
    if (instance.stage() == nullptr) return skip("there is no stage, see create.type");
    if (const auto validated = instance.validate(); validated.status != TG_OK)
      return skip("validate refuses the settings of the check: " + validated.error);
    if (with == TG_E_CANCELLED)
      host.cancel();
    else
      host.set_remaining_ms(0);
    instance.cancel();
    const auto call = work(instance, *subject.type, subject.kind);
    if (auto wrong = breach(call, subject.kind); !wrong.empty()) return fail(wrong);
    const auto& required = subject.type->required_services;
    const bool needs_nothing = std::find(required.begin(), required.end(), TG_DB) == required.end();
    if (call.what == "run" && call.status == TG_OK && call.verdict == TG_PASS && host.refused != 0 && !needs_nothing)
      return fail("every service said " + std::string(sdk::name_of(static_cast<sdk::Status>(with))) + ", and it passes");
    return pass();
  });
}

Finding cancelled(const Subject& subject) {
  return interrupted(subject, TG_E_CANCELLED);
}
Finding deadline(const Subject& subject) {
  return interrupted(subject, TG_E_DEADLINE);
}

Finding cancel_from_a_thread(const Subject& subject) {
  return with_settings(subject, [&](const base::Value& settings) {
    CheckHost host(*subject.type, settings);
    Instance instance(*subject.entry, host, subject.type->type);
    if (instance.stage() == nullptr) return skip("there is no stage, see create.type");
    if (instance.stage()->cancel == nullptr) return skip("the stage has no cancel");
    instance.cancel();  // before run, too
    std::thread other([&] {
      for (int i = 0; i < 50; ++i) instance.cancel();
    });
    const auto call = work(instance, *subject.type, subject.kind);
    other.join();
    instance.cancel();
    return passes_unless(breach(call, subject.kind));
  });
}

Finding again(const Subject& subject) {
  return with_settings(subject, [&](const base::Value& settings) {
    CheckHost host(*subject.type, settings);
    Instance instance(*subject.entry, host, subject.type->type);
    if (instance.stage() == nullptr) return skip("there is no stage, see create.type");
    if (instance.validate().status != TG_OK) return skip("validate refuses the settings of the check");
    for (std::uint32_t attempt = 1; attempt <= 3; ++attempt)
      if (auto wrong = breach(instance.run(subject.kind, 0, attempt), subject.kind); !wrong.empty())
        return fail("in attempt " + std::to_string(attempt) + ": " + wrong);
    return pass();
  });
}

Finding secrets(const Subject& subject) {
  const auto& settings_list = subject.type->settings;
  const bool any =
      std::any_of(settings_list.begin(), settings_list.end(), [](const auto& s) { return s.type == manifest::SettingType::secret; });
  if (!any) return skip("there is no secret setting");
  return with_settings(subject, [&](base::Value settings) {
    for (const auto& setting : settings_list)
      if (setting.type == manifest::SettingType::secret) settings.set(setting.name, base::Value("${SECRET}"));
    for (const auto* call : {"", "http.send", "db.query"}) {
      Scene scene(subject, settings, {{call}, TG_E_FAILED, Age::same});
      std::string said = scene.host.log_text();
      for (const auto& event : scene.host.events()) said += event.fields_json;
      for (const auto& [key, value] : scene.host.published()) said += value;
      for (const auto& done : scene.calls) {
        said += done.error + done.answer;
        for (const auto& finding : done.findings) said += finding.message + finding.fix + finding.attributes_json;
      }
      for (const auto& started : scene.host.programs())
        for (const auto& argument : started.argv) said += argument;
      if (said.find(kCanary) != std::string::npos)
        return fail("the value of a secret is in the log, an event, an answer, a published value or on a command line");
    }
    return pass();
  });
}

Finding declared_outputs(const Subject& subject) {
  return with_settings(subject, [&](const base::Value& settings) {
    const Scene scene(subject, settings);
    for (const auto& [key, value] : scene.host.published()) {
      bool known = false;
      for (const auto& provided : subject.type->provides) known = known || provided.key == key;
      if (!known) return fail("it publishes '" + key + "', which the manifest does not provide");
    }
    for (const auto& event : scene.host.events())
      if (std::find(subject.type->events.begin(), subject.type->events.end(), event.type) == subject.type->events.end())
        return fail("it emits '" + event.type + "', which is none of the manifest's events");
    return pass();
  });
}

Finding unknown_method(const Subject& subject) {
  return with_settings(subject, [&](const base::Value& settings) {
    CheckHost host(*subject.type, settings);
    Instance instance(*subject.entry, host, subject.type->type);
    if (instance.stage() == nullptr) return skip("there is no stage, see create.type");
    auto extensions = subject.type->extensions;
    extensions.emplace_back("org.example.unknown/1");
    for (const auto& extension : extensions) {
      const auto call = instance.call(extension, "no_such_method", "{}");
      if (call.status == TG_OK) return fail("it answers the method no_such_method of " + extension);
      if (call.answers != 0) return fail("it answers and fails in one call, of " + extension);
    }
    return pass();
  });
}

Finding damaged_arguments(const Subject& subject) {
  if (subject.type->extensions.empty()) return skip("no extension is offered");
  return with_settings(subject, [&](const base::Value& settings) {
    for (const auto& extension : subject.type->extensions)
      for (const auto* method : {"event", "list", "pending", "plan", "state", "can", "undo", "files"})
        for (const auto* arguments :
             {"", "{", "[]", "null", "\xff\xfe", R"({"event":3})", R"({"event":{"name":7,"findings":{},"ms":"x"}})"}) {
          CheckHost host(*subject.type, settings);
          Instance instance(*subject.entry, host, subject.type->type);
          if (auto wrong = breach(instance.call(extension, method, arguments), subject.kind); !wrong.empty())
            return fail(extension + " " + method + " with damaged arguments: " + wrong);
        }
    return pass();
  });
}

}  // namespace

std::vector<Check> run_checks() {
  return {{"run.answer", "every call gives a status; ok has a verdict that the kind may give, a failure an error with a message",
           Scope::kind, &answers},
          {"run.block", "who blocks says why in a finding", Scope::kind, &block_says_why},
          {"run.services", "only services of the manifest are asked for", Scope::kind, &declared_services},
          {"run.settings", "only settings of the manifest are read", Scope::kind, &declared_settings},
          {"run.without_service", "each wanted service may be absent", Scope::kind, &without_each_service},
          {"run.call_fails", "each call of a service may fail in each way", Scope::kind, &each_call_failing},
          {"run.failure", "what it requires failing is no pass", Scope::kind, &failure_is_no_pass},
          {"run.cancelled", "an interrupted run ends, and is no pass", Scope::kind, &cancelled},
          {"run.deadline", "a run out of time ends, and is no pass", Scope::kind, &deadline},
          {"run.cancel", "cancel may come at any time, from another thread", Scope::kind, &cancel_from_a_thread},
          {"run.again", "the same instance can be run again", Scope::kind, &again},
          {"run.secrets", "the value of a secret is in no log, event, answer, published value or command line", Scope::kind, &secrets},
          {"run.declared", "only events and keys of the manifest are emitted and published", Scope::kind, &declared_outputs},
          {"run.method", "an unknown extension or method is refused", Scope::kind, &unknown_method},
          {"run.arguments", "damaged JSON for an extension is no crash", Scope::type, &damaged_arguments}};
}

}  // namespace tidegate::conformance
