// SPDX-License-Identifier: Apache-2.0
#include "conformance/instance.hpp"

#include <algorithm>
#include <cstring>

#include "base/text.hpp"

namespace tidegate::conformance {
namespace {

using manifest::Kind;
using sdk::to_abi;
using sdk::view;

constexpr const char* kNotify = "tidegate.notify/1";
constexpr const char* kEvent =
    R"({"event":{"name":"failed","run":"run-1","pipeline":"check","environment":"production","outcome":"failed","exit":4,)"
    R"("applied":[],"pending":["20260101_a"],"undone":[],"kept":[],"findings":[],"ms":12,"error":{"status":"failed","message":"it went wrong"}}})";

/// As long as a newer host's, what is behind the known fields being anything.
template <class T>
struct Grown {
  T known{};
  unsigned char tail[64];
  explicit Grown(Age age) {
    std::memset(tail, 0xA5, sizeof tail);
    known.struct_size = age == Age::newer ? sizeof(Grown) : sizeof(T);
  }
};

struct Collector {
  Grown<tg_report> raw;
  Call& out;
  Collector(Call& to, Age age) : raw(age), out(to) {
    raw.known.error = &on_error;
    raw.known.finding = &on_finding;
  }
  tg_report* report() { return &raw.known; }
  static Collector& of(tg_report* raw) { return *reinterpret_cast<Collector*>(raw); }
  static void on_error(tg_report* raw, const tg_error* e) {
    auto& out = of(raw).out;
    ++out.errors;
    out.error = view(e->message);
    out.error_status = e->status;
  }
  static void on_finding(tg_report* raw, const tg_finding* f) {
    of(raw).out.findings.push_back({static_cast<sdk::Verdict>(f->verdict), std::string(view(f->rule)), std::string(view(f->message)),
                                    std::string(view(f->file)), f->line, f->column, std::string(view(f->fix)),
                                    std::string(view(f->attributes_json))});
  }
};

void take_answer(void* user, tg_str value) {
  auto& out = *static_cast<Call*>(user);
  ++out.answers;
  out.answer = view(value);
}

bool may_block(Kind kind) {
  return kind == Kind::precheck || kind == Kind::verify;
}

std::string wrong_finding(const sdk::Finding& finding) {
  const auto verdict = static_cast<tg_verdict>(finding.verdict);
  if (verdict != TG_PASS && verdict != TG_WARN && verdict != TG_BLOCK) return "a finding's verdict is " + std::to_string(verdict);
  if (finding.rule.empty() || finding.message.empty()) return "a finding has no rule or no message";
  for (const auto& text : {finding.rule, finding.message, finding.file, finding.fix, finding.attributes_json})
    if (base::find_invalid_utf8(text)) return "a finding's text is not UTF-8";
  return {};
}

}  // namespace

Instance::Instance(const tg_plugin_entry& entry, const CheckHost& host, std::string_view type, Age age) : age_(age) {
  created_.what = "create";
  Collector collector(created_, age_);
  created_.status = entry.create(host.raw(), to_abi(type), &stage_, collector.report());
  whole_ = stage_ != nullptr && stage_->struct_size >= sizeof(tg_stage) && stage_->run != nullptr && stage_->destroy != nullptr;
  if (stage_ != nullptr && !whole_) created_.error = "the stage is not whole, see create.stage";
}

Call Instance::validate() {
  if (!whole_) return unusable();
  Call out;
  out.what = "validate";
  if (stage_->validate == nullptr) return out;
  Collector collector(out, age_);
  out.status = stage_->validate(stage_, collector.report());
  return out;
}

Call Instance::run(Kind kind, std::uint32_t flags, std::uint32_t attempt) {
  if (!whole_) return unusable();
  Call out;
  out.what = "run";
  Grown<tg_run> info(age_);
  info.known.flags = flags;
  info.known.run_id = to_abi("run-1");
  info.known.stage_id = to_abi("stage");
  info.known.kind = to_abi(manifest::name_of(kind));
  info.known.attempt = attempt;
  Collector collector(out, age_);
  out.status = stage_->run(stage_, &info.known, &out.verdict, collector.report());
  return out;
}

Call Instance::call(std::string_view extension, std::string_view method, std::string_view arguments_json) {
  if (!whole_) return unusable();
  Call out;
  out.what = "call";
  out.status = TG_E_UNSUPPORTED;
  if (stage_->call == nullptr) return out;
  Collector collector(out, age_);
  out.status = stage_->call(stage_, to_abi(extension), to_abi(method), to_abi(arguments_json), &out, &take_answer, collector.report());
  return out;
}

Call Instance::unusable() const {
  Call out = created_;
  if (out.status == TG_OK) out.status = TG_E_INTERNAL;
  if (out.errors == 0) out.errors = 1;
  return out;
}

void Instance::cancel() {
  if (whole_ && stage_->cancel != nullptr) stage_->cancel(stage_);
}

void Instance::destroy() {
  if (whole_) stage_->destroy(stage_);
  whole_ = false;
  stage_ = nullptr;
}

Call work(Instance& instance, const manifest::StageType& type, Kind kind, std::uint32_t flags) {
  const auto& offered = type.extensions;
  if (kind == Kind::notify && std::find(offered.begin(), offered.end(), kNotify) != offered.end())
    return instance.call(kNotify, "event", kEvent);
  return instance.run(kind, flags);
}

std::string breach(const Call& call, Kind kind) {
  if (call.status < TG_OK || call.status > TG_E_INTERNAL)
    return call.what + " gave " + std::to_string(call.status) + ", which is no status";
  for (const auto& finding : call.findings)
    if (auto wrong = wrong_finding(finding); !wrong.empty()) return wrong + " (in " + call.what + ")";
  if (call.status != TG_OK && !(call.what == "call" && call.status == TG_E_UNSUPPORTED)) {
    if (call.errors == 0 || call.error.empty()) return call.what + " failed and reported no error with a message";
    if (base::find_invalid_utf8(call.error)) return "the error of " + call.what + " is not UTF-8";
  }
  if (call.status == TG_OK && call.what == "run") {
    if (call.verdict == TG_VERDICT_UNSET) return "run gave ok and set no verdict";
    if (call.verdict < TG_PASS || call.verdict > TG_SKIPPED) return "run gave " + std::to_string(call.verdict) + ", which is no verdict";
    if (call.verdict == TG_BLOCK && !may_block(kind))
      return "run gave block, which a stage of kind " + std::string(manifest::name_of(kind)) + " may not";
  }
  if (call.status == TG_OK && call.what == "call" && call.answers != 1)
    return "call gave ok and answered " + std::to_string(call.answers) + " times";
  return {};
}

std::string first_breach(const tg_plugin_entry& entry, CheckHost& host, const manifest::StageType& type, Kind kind, std::uint32_t flags,
                         std::vector<Call>* calls) {
  Instance instance(entry, host, type.type);
  const auto add = [&](const Call& call) {
    if (calls != nullptr) calls->push_back(call);
    return breach(call, kind);
  };
  if (auto wrong = add(instance.created()); !wrong.empty() || instance.created().status != TG_OK) return wrong;
  const auto validated = instance.validate();
  if (auto wrong = add(validated); !wrong.empty() || validated.status != TG_OK) return wrong;
  return add(work(instance, type, kind, flags));
}

}  // namespace tidegate::conformance
