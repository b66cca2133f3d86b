// SPDX-License-Identifier: Apache-2.0
//
// Group run: what is left behind in the host's process.
#include <malloc.h>

#include "conformance/process_state.hpp"
#include "conformance/suite.hpp"

namespace tidegate::conformance {
namespace {

/// A whole life of an instance, then the look.
template <class Look>
Finding after_a_life(const Subject& subject, Look&& look) {
  return with_settings(subject, [&](const base::Value& settings) {
    const ProcessState before;
    CheckHost host(*subject.type, settings);
    (void)first_breach(*subject.entry, host, *subject.type, subject.kind);
    return look(before);
  });
}

Finding threads(const Subject& subject) {
  return with_settings(subject, [&](const base::Value& settings) {
    const ProcessState before;
    CheckHost host(*subject.type, settings);
    Instance instance(*subject.entry, host, subject.type->type);
    if (instance.stage() == nullptr || instance.validate().status != TG_OK) return skip("there is no stage that runs");
    (void)work(instance, *subject.type, subject.kind);
    const auto more = before.threads_more();  // before destroy: they end before run returns
    return more == 0 ? pass() : fail("run returned and left " + std::to_string(more) + " threads");
  });
}

Finding descriptors(const Subject& subject) {
  return after_a_life(subject, [](const ProcessState& before) { return passes_unless(before.descriptors_changed()); });
}

Finding surroundings(const Subject& subject) {
  return after_a_life(subject, [](const ProcessState& before) { return passes_unless(before.surroundings_changed()); });
}

Finding children(const Subject& subject) {
  return after_a_life(subject, [](const ProcessState&) {
    return ProcessState::has_children() ? fail("a child process was started; programs are for the service tidegate.process/1") : pass();
  });
}

Finding silent(const Subject& subject) {
  const auto printed = bytes_printed();
  return after_a_life(subject, [&](const ProcessState&) {
    const auto more = bytes_printed() - printed;
    return more == 0 ? pass() : warn("it printed " + std::to_string(more) + " bytes; messages are for the service tidegate.log/1");
  });
}

Finding memory(const Subject& subject) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  (void)subject;
  return skip("a sanitizer keeps the memory");
#else
  constexpr int lives = 40;
  constexpr std::size_t least = 16 * lives;  // bytes: something small in every life
  return with_settings(subject, [&](const base::Value& settings) {
    const auto live = [&] {
      for (int i = 0; i < lives; ++i) {
        CheckHost host(*subject.type, settings);
        (void)first_breach(*subject.entry, host, *subject.type, subject.kind);
      }
      return static_cast<std::size_t>(::mallinfo2().uordblks);
    };
    live();  // what is kept once, is kept now
    const auto first = live();
    const auto second = live();
    const auto third = live();
    if (second < first + least || third < second + least) return pass();
    return fail("each life of an instance leaves about " + std::to_string((third - first) / (2 * lives)) + " bytes that nobody frees");
  });
#endif
}

Finding at_exit(const Subject& subject) {
  return after_a_life(subject, [](const ProcessState&) { return pass(); });
}

}  // namespace

std::vector<Check> tidy_checks() {
  return {{"run.threads", "threads end before run returns", Scope::kind, &threads},
          {"run.descriptors", "no descriptor is left open, none of the host's is closed", Scope::kind, &descriptors},
          {"run.surroundings", "working folder, environment, locale, umask and signal handlers stay", Scope::kind, &surroundings},
          {"run.children", "no child process is left", Scope::kind, &children},
          {"run.silent", "nothing is printed", Scope::kind, &silent},
          {"run.memory", "an instance frees what it took", Scope::kind, &memory},
          {"run.exit", "a process in which it ran ends well", Scope::kind, &at_exit, true}};
}

}  // namespace tidegate::conformance
