// SPDX-License-Identifier: Apache-2.0
//
// The C++20 face of the plugin contract: derive from Stage, write a factory, and say TIDEGATE_PLUGIN(factory) once.
// The adapters here own each Stage and turn results, reports and exceptions into the C ABI; nothing escapes them.
#pragma once
#include <exception>
#include <memory>

#include "services.hpp"

namespace tidegate::sdk {

enum class Verdict : std::int32_t { unset = TG_VERDICT_UNSET, pass = TG_PASS, warn = TG_WARN, block = TG_BLOCK, skipped = TG_SKIPPED };

/// One thing that a stage noticed (tg_finding).
struct Finding {
  Verdict verdict = Verdict::warn;
  std::string rule;     ///< lower-case words with hyphens, stable: users refer to it
  std::string message;
  std::string file = {};
  std::uint32_t line = 0, column = 0;
  std::string fix = {};
  std::string attributes_json = {};
};

/// Where findings go during one call.
class Report {
 public:
  explicit Report(tg_report* raw) : raw_(raw) {}
  void finding(const Finding& f) {
    const tg_finding raw{sizeof(tg_finding), static_cast<std::int32_t>(f.verdict), to_abi(f.rule), to_abi(f.message), to_abi(f.file),
                         f.line, f.column, to_abi(f.fix), to_abi(f.attributes_json)};
    raw_->finding(raw_, &raw);
  }
  void error(const Error& e) {
    const tg_error raw{sizeof(tg_error), static_cast<std::int32_t>(e.code), to_abi(e.message), to_abi(e.hint), to_abi(e.file), e.line,
                       e.column, to_abi(e.sqlstate), to_abi(e.detail), to_abi(e.relation), to_abi(e.constraint)};
    raw_->error(raw_, &raw);
  }

 private:
  tg_report* raw_;
};

/// What the host says about this call of run().
struct Run {
  bool dry = false;      ///< change nothing, say what would be done
  bool changed = false;  ///< an apply stage of this run has begun to change the target
  std::string_view run_id, stage_id, kind;
  std::uint32_t attempt = 1;
};

/// One configured stage. Never entered twice at once; cancel may overlap any other call.
class Stage {
 public:
  virtual ~Stage() = default;
  /// Looks at settings and files; opens no connection and changes nothing.
  virtual Result<void> validate(Report&) { return {}; }
  virtual Result<Verdict> run(const Run&, Report&) = 0;
  virtual void cancel() noexcept {}
  /// A method of an extension that the manifest names; arguments and answer are JSON.
  virtual Result<std::string> call(std::string_view extension, std::string_view method, std::string_view /*arguments_json*/, Report&) {
    return Error{Status::unsupported, "no method " + std::string(method) + " of " + std::string(extension)};
  }
};

using Factory = Result<std::unique_ptr<Stage>> (*)(Host, std::string_view type);

namespace detail {

/// Runs a call of the plugin and turns an exception into TG_E_INTERNAL.
template <class F>
tg_status guarded(tg_report* raw, F&& body) noexcept {
  Report report(raw);
  try {
    return body(report);
  } catch (const std::exception& e) {
    try {
      report.error(Error{Status::internal, std::string("the plugin threw an exception: ") + e.what(), "report this to the plugin's author"});
    } catch (...) {  // out of memory while saying so: the status still says it
    }
  } catch (...) {
    report.error(Error{Status::internal, "the plugin threw an exception", "report this to the plugin's author"});
  }
  return TG_E_INTERNAL;
}

inline tg_status failed(Report& report, const Error& error) {
  report.error(error);
  return error.code == Status::ok ? TG_E_INTERNAL : static_cast<tg_status>(error.code);
}

/// Owns a Stage behind the C struct.
struct Adapter : tg_stage {
  explicit Adapter(std::unique_ptr<Stage> owned)
      : tg_stage{sizeof(tg_stage), 0, this, &on_validate, &on_run, &on_cancel, &on_call, &on_destroy}, stage(std::move(owned)) {}
  std::unique_ptr<Stage> stage;

  static Stage& of(tg_stage* raw) { return *static_cast<Adapter*>(raw->self)->stage; }
  static tg_status on_validate(tg_stage* raw, tg_report* r) noexcept {
    return guarded(r, [&](Report& report) {
      const auto result = of(raw).validate(report);
      return result ? TG_OK : failed(report, result.error());
    });
  }
  static tg_status on_run(tg_stage* raw, const tg_run* in, tg_verdict* verdict, tg_report* r) noexcept {
    return guarded(r, [&](Report& report) {
      const Run run{(in->flags & TG_RUN_DRY) != 0, (in->flags & TG_RUN_CHANGED) != 0, view(in->run_id), view(in->stage_id), view(in->kind), in->attempt};
      const auto result = of(raw).run(run, report);
      if (!result) return failed(report, result.error());
      *verdict = static_cast<tg_verdict>(*result);
      return tg_status{TG_OK};
    });
  }
  static void on_cancel(tg_stage* raw) noexcept { of(raw).cancel(); }
  static tg_status on_call(tg_stage* raw, tg_str extension, tg_str method, tg_str arguments, void* user, tg_take take, tg_report* r) noexcept {
    return guarded(r, [&](Report& report) {
      const auto result = of(raw).call(view(extension), view(method), view(arguments), report);
      if (!result) return failed(report, result.error());
      take(user, to_abi(*result));
      return tg_status{TG_OK};
    });
  }
  static void on_destroy(tg_stage* raw) noexcept { delete static_cast<Adapter*>(raw->self); }
};

template <Factory make>
tg_status create(const tg_host* host, tg_str type, tg_stage** out, tg_report* r) noexcept {
  return guarded(r, [&](Report& report) {
    auto stage = make(Host(host), view(type));
    if (!stage) return failed(report, stage.error());
    *out = new Adapter(std::move(*stage));
    return tg_status{TG_OK};
  });
}

}  // namespace detail
}  // namespace tidegate::sdk

/// Exports the plugin. FACTORY makes a Stage for a stage type of the manifest. Needs the header that
/// tidegate_add_plugin() generates from plugin.toml on the include path.
#define TIDEGATE_PLUGIN(FACTORY)                                                                                      \
  extern "C" TG_EXPORT const tg_plugin_entry tidegate_plugin_v1 = {sizeof(tg_plugin_entry), TG_ABI_MAJOR, TG_ABI_MINOR, 0, \
                                                                   {tidegate_manifest, sizeof(tidegate_manifest)},     \
                                                                   &::tidegate::sdk::detail::create<FACTORY>}
