// SPDX-License-Identifier: Apache-2.0
#include "conformance/check.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "conformance/suite.hpp"

namespace tidegate::conformance {
namespace {

const std::vector<Check>& suite() {
  static const std::vector<Check> all = [] {
    std::vector<Check> out;
    for (auto* const group :
         {&file_checks, &load_checks, &create_checks, &config_checks, &run_checks, &kind_checks, &tidy_checks, &growth_checks})
      for (const auto& check : (*group)()) out.push_back(check);
    return out;
  }();
  return all;
}

bool of_file(const Check& check) {
  return std::string_view(check.name).starts_with("file.");
}

/// What has to hold before a plugin's code is called by the other checks.
constexpr const char* kGates[] = {"load.opens", "load.entry"};
/// What has to hold before the later checks of the same stage type, or of the same kind of it, mean anything.
constexpr std::string_view kTypeGates[] = {"create.type", "create.stage", "config.plain"};
constexpr std::string_view kKindGates[] = {"run.answer"};

class Checking {
 public:
  Checking(const std::string& path, const CheckOptions& options, const std::function<void(const CheckResult&)>& take)
      : options_(options), take_(take) {
    plugin_.path = path;
    const std::unique_ptr<char, void (*)(void*)> canonical(::realpath(path.c_str(), nullptr), &std::free);
    if (canonical != nullptr) plugin_.path = canonical.get();
  }

  std::vector<CheckResult> all() {
    for (const auto& check : suite())
      if (of_file(check) && wanted(check)) in_child_of(check, {plugin_, options_});
    read_manifest();
    for (const auto* gate : kGates) pass_gate(gate);
    for (const auto& check : suite())
      if (!of_file(check) && wanted(check) && !done(check.name)) one(check);
    return std::move(results_);
  }

 private:
  [[nodiscard]] bool wanted(const Check& check) const { return fits(options_.only, check.name); }
  [[nodiscard]] bool done(std::string_view name) const {
    for (const auto& result : results_)
      if (result.check == name) return true;
    return false;
  }

  void add(CheckResult result) {
    results_.push_back(std::move(result));
    if (take_) take_(results_.back());
  }

  void in_child_of(const Check& check, const Subject& subject) {
    CheckResult out{check.name,
                    subject.type == nullptr ? "" : subject.type->type,
                    check.scope == Scope::kind ? std::string(manifest::name_of(subject.kind)) : "",
                    State::pass,
                    {},
                    0};
    const auto start = std::chrono::steady_clock::now();
    auto finding = in_child([&] { return run(check, subject); }, options_.time_limit, check.leave_by_exit);
    out.ms = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start).count();
    out.state = finding.state;
    out.message = std::move(finding.message);
    add(std::move(out));
  }

  void read_manifest() {
    auto plugin = loader::inspect(plugin_.path);
    if (plugin)
      plugin_ = std::move(*plugin);
    else
      refusal_ = "the host does not take the file: " + plugin.error().message;
  }

  /// The gate's own result counts when it is asked for; whether it is passed counts in any case.
  void pass_gate(const std::string& name) {
    for (const auto& check : suite()) {
      if (check.name != name) continue;
      const Subject subject{plugin_, options_};
      if (!refusal_.empty()) {
        if (wanted(check)) add({check.name, {}, {}, State::skip, refusal_, 0});
      } else if (wanted(check)) {
        in_child_of(check, subject);
        if (is_failure(results_.back().state)) refusal_ = "the plugin cannot be loaded, see " + name;
      } else if (is_failure(in_child([&] { return check.run(subject); }, options_.time_limit).state)) {
        refusal_ = "the plugin cannot be loaded, see " + name;
      }
    }
  }

  void one(const Check& check) {
    if (!refusal_.empty()) {
      add({check.name, {}, {}, State::skip, refusal_, 0});
      return;
    }
    if (check.scope == Scope::file) {
      in_child_of(check, {plugin_, options_});
      return;
    }
    for (const auto& type : plugin_.manifest.stages)
      for (const auto kind : type.kinds) {
        const Subject subject{plugin_, options_, &type, kind, nullptr};
        if (const auto broken = broken_before(check, subject); broken.empty())
          in_child_of(check, subject);
        else
          add({check.name, type.type, check.scope == Scope::kind ? std::string(manifest::name_of(kind)) : "", State::skip,
               "it breaks the contract already, see " + broken, 0});
        if (check.scope == Scope::type) break;
      }
  }

  /// The gate of the type or kind that failed; "" when none did, or none was asked for.
  [[nodiscard]] std::string broken_before(const Check& check, const Subject& subject) const {
    for (const auto& result : results_) {
      if (!is_failure(result.state) || result.type != subject.type->type) continue;
      if (std::find(std::begin(kTypeGates), std::end(kTypeGates), result.check) != std::end(kTypeGates)) return result.check;
      const bool of_kind = std::find(std::begin(kKindGates), std::end(kKindGates), result.check) != std::end(kKindGates);
      if (of_kind && (check.scope == Scope::type || result.kind == manifest::name_of(subject.kind))) return result.check;
    }
    return {};
  }

  /// In a child: checks of a stage type find the plugin loaded, as the host loads it.
  [[nodiscard]] Finding run(const Check& check, Subject subject) const {
    if (check.scope == Scope::file) return check.run(subject);
    loader::Registry registry;
    const auto entry = registry.load(plugin_);
    if (!entry) return skip("the plugin cannot be loaded: " + entry.error().message);
    subject.entry = *entry;
    return check.run(subject);
  }

  const CheckOptions& options_;
  const std::function<void(const CheckResult&)>& take_;
  loader::Plugin plugin_;
  std::string refusal_;  ///< why no code of the plugin is called
  std::vector<CheckResult> results_;
};

}  // namespace

std::string_view name_of(State state) {
  constexpr std::string_view names[] = {"pass", "warn", "skip", "fail", "crash", "timeout"};
  return names[static_cast<std::size_t>(state)];
}

bool is_failure(State state) {
  return state == State::fail || state == State::crash || state == State::timeout;
}

std::vector<CheckInfo> checks() {
  std::vector<CheckInfo> out;
  for (const auto& check : suite()) out.push_back({check.name, check.summary});
  return out;
}

std::vector<CheckResult> check_plugin(const std::string& path, const CheckOptions& options,
                                      const std::function<void(const CheckResult&)>& as_it_comes) {
  return Checking(path, options, as_it_comes).all();
}

bool fits(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern.front() == '*') return fits(pattern.substr(1), name) || (!name.empty() && fits(pattern, name.substr(1)));
  return !name.empty() && (pattern.front() == '?' || pattern.front() == name.front()) && fits(pattern.substr(1), name.substr(1));
}

}  // namespace tidegate::conformance
