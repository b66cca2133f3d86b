// SPDX-License-Identifier: Apache-2.0
#include "worker/worker_stage.hpp"

#include <algorithm>

#include "services/db/hub.hpp"
#include "stage/collector.hpp"
#include "stage/contract.hpp"
#include "worker/session.hpp"

namespace tidegate::worker {
namespace {

using base::Deadline;
using base::Error;
using base::Result;
using base::Status;
using services::Access;
using stage::Collector;
using stage::Outcome;

/// create has no deadline of its own, and does nothing that takes long.
constexpr std::chrono::seconds kCreateLimit{30};
constexpr std::chrono::seconds kDestroyLimit{2};

/// What the plugin answered, as it would have been reported in process.
struct Answer {
  tg_status status = TG_E_INTERNAL;
  Collector report;
  tg_verdict verdict = TG_VERDICT_UNSET;
  std::optional<std::string> text;
};

bool read(std::string_view payload, Answer& out) {
  Reader in(payload);
  out.status = in.i32();
  if (in.u8() != 0) out.report.error = in.error();
  for (auto left = in.u32(); left > 0 && in.ok(); --left) {
    sdk::Finding finding;
    finding.verdict = static_cast<sdk::Verdict>(in.i32());
    finding.rule = in.text();
    finding.message = in.text();
    finding.file = in.text();
    finding.line = in.u32();
    finding.column = in.u32();
    finding.fix = in.text();
    finding.attributes_json = in.text();
    out.report.findings.push_back(std::move(finding));
  }
  out.verdict = in.i32();
  if (in.u8() != 0) out.text = in.text();
  return in.done();
}

class WorkerStage final : public stage::Stage {
 public:
  WorkerStage(std::string program, const loader::Registry& registry, const loader::Plugin& plugin, services::Shared& shared,
              stage::LocalStageOptions options)
      : program_(std::move(program)),
        registry_(registry),
        plugin_(plugin),
        kind_(options.kind),
        shared_(shared),
        host_(shared, std::move(options.id), *options.type, std::move(options.config), options.granted) {}

  ~WorkerStage() override {
    if (session_)
      static_cast<void>(session_->request(What::destroy, "the end", {}, Deadline::in(kDestroyLimit), std::chrono::milliseconds(500)));
  }
  WorkerStage(const WorkerStage&) = delete;
  WorkerStage& operator=(const WorkerStage&) = delete;

  /// The instance in its process, made again when the last one was lost.
  Result<void> create() {
    if (session_) return {};
    if (auto same = registry_.look_again(plugin_); !same) return same;
    auto child = Child::start(program_);
    if (!child) return child.error();
    {
      const std::lock_guard lock(session_mutex_);
      session_ = std::make_unique<Session>(host_, plugin_.manifest.id, std::move(*child));
    }
    Writer arguments;
    arguments.text(plugin_.path).text(plugin_.manifest_text).u32(plugin_.manifest.abi).text(host_.type.type);
    arguments.u32(static_cast<std::uint32_t>(host_.services.size()));
    for (const auto& [service, table] : host_.services) arguments.text(service);
    Answer answer;
    auto talked = talk(What::create, "create", arguments, Deadline::in(kCreateLimit), answer);
    if (talked && answer.status != TG_OK) talked = error_of(answer, "create");
    if (!talked) drop();
    return talked;
  }

  const std::string& id() const override { return host_.stage_id; }
  manifest::Kind kind() const override { return kind_; }
  bool offers(std::string_view extension) const override {
    const auto& offered = host_.type.extensions;
    return std::find(offered.begin(), offered.end(), extension) != offered.end();
  }

  Outcome validate(Deadline deadline) override {
    const Entered entered(*this, Access::none, deadline);
    return outcome(What::validate, "validate", {}, deadline);
  }

  Outcome run(const stage::Request& request) override {
    const Entered entered(*this, stage::access_of(kind_, request.dry), request.deadline);
    Writer arguments;
    arguments.u32(stage::flags_of(request)).text(request.run_id).text(host_.stage_id).text(manifest::name_of(kind_)).u32(request.attempt);
    return enforce(kind_, host_.stage_id, outcome(What::run, "run", arguments, request.deadline));
  }

  Result<std::string> call(std::string_view extension, std::string_view method, std::string_view arguments_json, Access access,
                           Deadline deadline) override {
    if (auto refused = stage::refuse_call(host_.stage_id, offers(extension), busy_, extension)) return *std::move(refused);
    const Entered entered(*this, access, deadline);
    if (auto created = create(); !created) return created.error();
    const std::string doing = std::string(extension) + " " + std::string(method);
    Answer answer;
    if (auto talked = talk(What::call, doing, Writer().text(extension).text(method).text(arguments_json), deadline, answer); !talked)
      return talked.error();
    if (answer.status != TG_OK) return error_of(answer, doing);
    return answer.text.value_or("");
  }

  void cancel() noexcept override {
    const std::lock_guard lock(session_mutex_);
    if (session_) session_->cancel();
  }

 private:
  /// Marks the one call that may be under way, with what it may do and until when.
  class Entered {
   public:
    Entered(WorkerStage& stage, Access access, Deadline deadline) : stage_(stage) {
      stage_.busy_ = true;
      stage_.shared_.databases.begin_call();
      stage_.host_.call = services::Call{access, deadline};
    }
    ~Entered() {
      if (stage_.session_) stage_.log_output();
      stage_.host_.call = services::Call{};
      stage_.shared_.databases.end_call();
      stage_.busy_ = false;
    }
    Entered(const Entered&) = delete;
    Entered& operator=(const Entered&) = delete;

   private:
    WorkerStage& stage_;
  };

  Outcome outcome(What what, const std::string& doing, const Writer& arguments, Deadline deadline) {
    Outcome out;
    if (auto created = create(); !created) {
      out.error = created.error();
      return out;
    }
    Answer answer;
    if (auto talked = talk(what, doing, arguments, deadline, answer); !talked) {
      out.error = talked.error();
      return out;
    }
    if (answer.status != TG_OK) out.error = error_of(answer, doing);
    out.verdict = static_cast<sdk::Verdict>(answer.verdict);
    out.findings = std::move(answer.report.findings);
    return out;
  }

  /// One request. On an error the worker is gone.
  Result<void> talk(What what, const std::string& doing, const Writer& arguments, Deadline deadline, Answer& answer) {
    const auto payload = session_->request(what, doing, arguments, deadline);
    if (!payload) {
      drop();
      return payload.error();
    }
    if (read(*payload, answer)) return {};
    drop();
    return Error{Status::failed,
                 "plugin '" + plugin_.manifest.id + "': its worker process gave an answer that cannot be read (a malformed message), in " +
                     doing + " of stage '" + host_.stage_id + "'",
                 "this is a fault of the plugin: report it to its author, or take the stage out"};
  }

  Error error_of(Answer& answer, const std::string& doing) {
    auto out = answer.report.error_for(answer.status, host_.stage_id, doing);
    if (out.message.find("std::bad_alloc") != std::string::npos) {
      out.message = "plugin '" + plugin_.manifest.id + "': " + out.message;
      out.detail = "a worker process has " + std::to_string(kMemory >> 20U) + " MiB of memory at most";
    }
    return out;
  }

  void log_output() {
    session_->drain([&](std::string_view line) { shared_.sink.log(host_.stage_id, TG_LOG_INFO, line); });
  }

  void drop() {
    log_output();
    std::unique_ptr<Session> gone;
    const std::lock_guard lock(session_mutex_);
    gone.swap(session_);
  }

  const std::string program_;
  const loader::Registry& registry_;
  const loader::Plugin& plugin_;
  const manifest::Kind kind_;
  services::Shared& shared_;
  services::Host host_;
  std::mutex session_mutex_;  // of the pointer: cancel comes from another thread
  std::unique_ptr<Session> session_;
  bool busy_ = false;
};

}  // namespace

Result<std::unique_ptr<stage::Stage>> make_worker_stage(const std::string& program, const loader::Registry& registry,
                                                        const loader::Plugin& plugin, services::Shared& shared,
                                                        stage::LocalStageOptions options) {
  auto stage = std::make_unique<WorkerStage>(program, registry, plugin, shared, std::move(options));
  if (auto created = stage->create(); !created) return created.error();
  return std::unique_ptr<stage::Stage>(std::move(stage));
}

}  // namespace tidegate::worker
