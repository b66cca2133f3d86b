// SPDX-License-Identifier: Apache-2.0
//
// Collector: the tg_report that a call into a plugin is given, on both sides of a process's border. Made for one call, on
// its thread.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <tidegate/plugin.hpp>
#include <vector>

#include "base/error.hpp"

namespace tidegate::stage {

/// Collects what the plugin reports during one call.
class Collector : public tg_report {
 public:
  Collector() : tg_report{sizeof(tg_report), 0, &on_error, &on_finding} {}
  std::optional<base::Error> error;
  std::vector<sdk::Finding> findings;

  /// The error of a call that answered `status`; one of the host's own words when the plugin gave none.
  [[nodiscard]] base::Error error_for(tg_status status, const std::string& stage_id, std::string_view what) {
    const bool known = status > TG_OK && status <= TG_E_INTERNAL;
    base::Error out = error.value_or(base::Error{});
    out.code = known ? static_cast<base::Status>(status) : base::Status::internal;
    if (out.message.empty()) {
      out.message = "stage '" + stage_id + "': " + std::string(what) + " failed without saying why (" +
                    (known ? std::string(base::name_of(out.code)) : "unknown status " + std::to_string(status)) + ")";
      out.hint = "this is a bug in the plugin: report it to its author";
    }
    return out;
  }

 private:
  static std::string text(tg_str s) { return std::string(sdk::view(s)); }
  static void on_error(tg_report* self, const tg_error* e) noexcept {
    static_cast<Collector*>(self)->error = base::Error{static_cast<base::Status>(e->status),
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
  static void on_finding(tg_report* self, const tg_finding* f) noexcept {
    static_cast<Collector*>(self)->findings.push_back(sdk::Finding{static_cast<sdk::Verdict>(f->verdict), text(f->rule), text(f->message),
                                                                   text(f->file), f->line, f->column, text(f->fix),
                                                                   text(f->attributes_json)});
  }
};

}  // namespace tidegate::stage
