// SPDX-License-Identifier: Apache-2.0
//
// For the unit tests of a plugin: FakeHost (settings, context, a scripted database …) and Driver, which creates a
// stage through the plugin's real entry and calls it as the host does. Header-only; link the plugin's sources into the
// test and tell CMake tidegate_embed_manifest(test plugin.toml).
//
//   FakeHost host;
//   host.set("tables", {"Order"}).db().on("from \"Order\"").rows({"n"}, {{"1"}});
//   Driver driver(tidegate_plugin_v1, host, "health");
//   EXPECT_EQ(driver.run().verdict, Verdict::pass);
//
// One thread, but for Driver::cancel.
#pragma once
#include "plugin.hpp"
#include "testing/fake_host.hpp"

extern "C" TG_EXPORT const tg_plugin_entry tidegate_plugin_v1;

namespace tidegate::sdk::testing {

/// What one call of the stage came to.
struct Outcome {
  Status status = Status::internal;
  Verdict verdict = Verdict::unset;  ///< of run
  Error error;                       ///< the last one reported
  std::vector<Finding> findings;
  std::string answer;  ///< of call: JSON
  [[nodiscard]] bool ok() const { return status == Status::ok; }
  /// True when a finding of that rule was reported.
  [[nodiscard]] bool found(std::string_view rule) const {
    for (const auto& f : findings)
      if (f.rule == rule) return true;
    return false;
  }
};

struct RunOptions {
  bool dry = false, changed = false;
  std::uint32_t attempt = 1;
  std::string run_id = "run-1", stage_id = "stage", kind = {};
};

/// One stage instance, from create to destroy.
class Driver {
 public:
  Driver(const tg_plugin_entry& entry, FakeHost& host, std::string_view type) {
    created_ = collect([&](tg_report* report, Outcome&) { return entry.create(&host, to_abi(type), &stage_, report); });
    if (created_.ok() && stage_ == nullptr)
      created_ = {Status::internal, {}, {Status::internal, "create said ok and made no stage"}, {}, {}};
  }
  ~Driver() {
    if (stage_ != nullptr) stage_->destroy(stage_);
  }
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  /// How create went. When it failed, so does every call, with the same error.
  [[nodiscard]] const Outcome& created() const { return created_; }

  Outcome validate() {
    if (stage_ == nullptr) return created_;
    if (stage_->validate == nullptr) return Outcome{Status::ok, {}, {}, {}, {}};
    return collect([&](tg_report* report, Outcome&) { return stage_->validate(stage_, report); });
  }
  Outcome run(const RunOptions& options = {}) {
    if (stage_ == nullptr) return created_;
    const std::uint32_t flags = (options.dry ? std::uint32_t{TG_RUN_DRY} : 0U) | (options.changed ? std::uint32_t{TG_RUN_CHANGED} : 0U);
    const tg_run raw{sizeof(tg_run), flags, to_abi(options.run_id), to_abi(options.stage_id), to_abi(options.kind), options.attempt, 0};
    return collect([&](tg_report* report, Outcome& out) {
      tg_verdict verdict = TG_VERDICT_UNSET;
      const tg_status status = stage_->run(stage_, &raw, &verdict, report);
      out.verdict = static_cast<Verdict>(verdict);
      return status;
    });
  }
  Outcome call(std::string_view extension, std::string_view method, std::string_view arguments_json = "{}") {
    if (stage_ == nullptr) return created_;
    if (stage_->call == nullptr) return Outcome{Status::unsupported, {}, {}, {}, {}};
    return collect([&](tg_report* report, Outcome& out) {
      return stage_->call(stage_, to_abi(extension), to_abi(method), to_abi(arguments_json), &out.answer, &take_string, report);
    });
  }
  void cancel() {
    if (stage_ != nullptr && stage_->cancel != nullptr) stage_->cancel(stage_);
  }

 private:
  struct Collector : tg_report {
    explicit Collector(Outcome& to) : tg_report{sizeof(tg_report), 0, &on_error, &on_finding}, out(to) {}
    static void on_error(tg_report* self, const tg_error* e) {
      const auto text = [](tg_str s) { return std::string(view(s)); };
      static_cast<Collector*>(self)->out.error = Error{static_cast<Status>(e->status),
                                                       text(e->message),
                                                       text(e->hint),
                                                       text(e->file),
                                                       e->line,
                                                       e->column,
                                                       text(e->sqlstate),
                                                       text(e->detail),
                                                       text(e->relation),
                                                       text(e->constraint)};
    }
    static void on_finding(tg_report* self, const tg_finding* f) {
      const auto text = [](tg_str s) { return std::string(view(s)); };
      static_cast<Collector*>(self)->out.findings.push_back({static_cast<Verdict>(f->verdict), text(f->rule), text(f->message),
                                                             text(f->file), f->line, f->column, text(f->fix), text(f->attributes_json)});
    }
    Outcome& out;
  };
  template <class F>
  static Outcome collect(F&& body) {
    Outcome out;
    Collector report(out);
    out.status = static_cast<Status>(body(&report, out));
    return out;
  }
  tg_stage* stage_ = nullptr;
  Outcome created_;
};

}  // namespace tidegate::sdk::testing
