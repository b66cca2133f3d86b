// SPDX-License-Identifier: Apache-2.0
#include "stage/local_stage.hpp"

#include <algorithm>

#include "services/db/hub.hpp"
#include "stage/collector.hpp"
#include "stage/contract.hpp"
#include "stage/output_capture.hpp"

namespace tidegate::stage {
namespace {

using base::Deadline;
using base::Error;
using base::Result;
using base::Status;
using services::Access;

class LocalStage final : public Stage {
 public:
  LocalStage(services::Shared& shared, LocalStageOptions options)
      : kind_(options.kind),
        shared_(shared),
        host_(shared, std::move(options.id), *options.type, std::move(options.config), options.granted) {}
  ~LocalStage() override {
    if (raw_ != nullptr) raw_->destroy(raw_);
  }
  LocalStage(const LocalStage&) = delete;
  LocalStage& operator=(const LocalStage&) = delete;

  Result<void> create(const tg_plugin_entry& entry) {
    Collector report;
    const tg_status status = entry.create(&host_, sdk::to_abi(host_.type.type), &raw_, &report);
    if (status != TG_OK) {
      raw_ = nullptr;
      return report.error_for(status, host_.stage_id, "create");
    }
    const bool complete = raw_ != nullptr && TG_HAS(raw_, tg_stage, destroy) && raw_->run != nullptr && raw_->destroy != nullptr;
    if (!complete) {
      raw_ = nullptr;  // nothing safe to call, so it is left behind
      return Error{Status::internal, "stage '" + host_.stage_id + "': create answered ok without a complete stage",
                   "this is a bug in the plugin: report it to its author"};
    }
    return {};
  }

  const std::string& id() const override { return host_.stage_id; }
  manifest::Kind kind() const override { return kind_; }
  bool offers(std::string_view extension) const override {
    const auto& offered = host_.type.extensions;
    return std::find(offered.begin(), offered.end(), extension) != offered.end();
  }

  Outcome validate(Deadline deadline) override {
    Outcome out;
    if (raw_->validate == nullptr) return out;
    const Entered entered(*this, Access::none, deadline);
    Collector report;
    const tg_status status = raw_->validate(raw_, &report);
    if (status != TG_OK) out.error = report.error_for(status, host_.stage_id, "validate");
    out.findings = std::move(report.findings);
    return out;
  }

  Outcome run(const Request& request) override {
    const Entered entered(*this, access_of(kind_, request.dry), request.deadline);
    const tg_run in{sizeof(tg_run), flags_of(request), sdk::to_abi(request.run_id), sdk::to_abi(host_.stage_id),
                    sdk::to_abi(manifest::name_of(kind_)), request.attempt, 0};
    tg_verdict verdict = TG_VERDICT_UNSET;
    Collector report;
    const tg_status status = raw_->run(raw_, &in, &verdict, &report);
    Outcome out;
    if (status != TG_OK) out.error = report.error_for(status, host_.stage_id, "run");
    out.verdict = static_cast<Verdict>(verdict);
    out.findings = std::move(report.findings);
    return enforce(kind_, host_.stage_id, std::move(out));
  }

  Result<std::string> call(std::string_view extension, std::string_view method, std::string_view arguments_json, Access access,
                           Deadline deadline) override {
    if (auto refused = refuse_call(host_.stage_id, raw_->call != nullptr && offers(extension), busy_, extension)) return *std::move(refused);
    const Entered entered(*this, access, deadline);
    std::string answer;
    Collector report;
    const tg_status status = raw_->call(raw_, sdk::to_abi(extension), sdk::to_abi(method), sdk::to_abi(arguments_json), &answer,
                                        &sdk::take_string, &report);
    if (status != TG_OK) return report.error_for(status, host_.stage_id, std::string(extension) + " " + std::string(method));
    return answer;
  }

  void cancel() noexcept override {
    if (raw_->cancel != nullptr) raw_->cancel(raw_);
  }

 private:
  /// Marks the one call that may be under way, with what it may do and until when.
  class Entered {
   public:
    Entered(LocalStage& stage, Access access, Deadline deadline) : stage_(stage) {
      stage_.busy_ = true;
      stage_.shared_.databases.begin_call();
      stage_.host_.call = services::Call{access, deadline};
    }
    ~Entered() {
      if (auto* capture = OutputCapture::active())
        capture->drain([&](std::string_view line) { stage_.shared_.sink.log(stage_.host_.stage_id, TG_LOG_INFO, line); });
      stage_.host_.call = services::Call{};
      stage_.shared_.databases.end_call();
      stage_.busy_ = false;
    }
    Entered(const Entered&) = delete;
    Entered& operator=(const Entered&) = delete;

   private:
    LocalStage& stage_;
  };

  const manifest::Kind kind_;
  services::Shared& shared_;
  services::Host host_;
  tg_stage* raw_ = nullptr;
  bool busy_ = false;
};

}  // namespace

Result<std::unique_ptr<Stage>> make_local_stage(const tg_plugin_entry& entry, services::Shared& shared, LocalStageOptions options) {
  auto stage = std::make_unique<LocalStage>(shared, std::move(options));
  if (auto created = stage->create(entry); !created) return created.error();
  return std::unique_ptr<Stage>(std::move(stage));
}

}  // namespace tidegate::stage
