// SPDX-License-Identifier: Apache-2.0
//
// A Runner with stages of the test's own and a database that is a list of names. One thread.
#pragma once
#include <gtest/gtest.h>

#include "run/json.hpp"
#include "run/runner.hpp"

namespace tidegate::run {

using base::Error;
using base::Result;
using base::Status;
using manifest::Kind;
using services::Access;
using stage::Verdict;

/// A database that is a list of names.
struct FakeDatabase {
  std::vector<std::string> applied, pending, failed, begun;
  [[nodiscard]] std::string json() const {
    base::Array rows;
    for (const auto& name : applied) rows.emplace_back(base::Table{{"name", name}, {"applied_at", ""}});
    base::Array parts;
    for (const auto& name : begun) parts.emplace_back(base::Table{{"name", name}, {"done", 1}});
    return to_json(base::Table{{"begun", parts}, {"applied", rows}, {"pending", to_array(pending)}, {"failed", to_array(failed)}, {"edited", base::Array{}},
                               {"missing", base::Array{}}, {"newest", ""}});
  }
};

struct FakeStage : stage::Stage {
  FakeStage(std::string name, Kind k, std::function<stage::Outcome()> body) : name_(std::move(name)), kind_(k), body_(std::move(body)) {}
  const std::string& id() const override { return name_; }
  Kind kind() const override { return kind_; }
  bool offers(std::string_view extension) const override { return extension == extension_; }
  stage::Outcome validate(base::Deadline) override { return {}; }
  stage::Outcome run(const stage::Request& request) override {
    if (last_ != nullptr) *last_ = request;
    return body_();
  }
  Result<std::string> call(std::string_view, std::string_view method, std::string_view arguments, Access, base::Deadline) override {
    return answer_(method, arguments);
  }
  void cancel() noexcept override {}

  std::string name_;
  Kind kind_;
  std::function<stage::Outcome()> body_;
  std::string extension_;
  stage::Request* last_ = nullptr;
  std::function<Result<std::string>(std::string_view, std::string_view)> answer_;
};

inline stage::Outcome says(Verdict verdict) {
  stage::Outcome out;
  out.verdict = verdict;
  return out;
}
inline stage::Outcome fails(Status status, std::string message = "it broke") {
  stage::Outcome out;
  out.error = Error{status, std::move(message)};
  return out;
}

class RunnerTest : public ::testing::Test, public Reader {
 protected:
  RunnerTest() {
    pipeline_.name = "test";
    events_.add(*this);
  }
  void on_event(const Event& event) override {
    seen_.push_back(event);
    if (on_event_) on_event_(event);
  }

  pipeline::Stage& stage(const std::string& id, Kind kind, std::function<stage::Outcome()> body) {
    bodies_[id] = std::move(body);
    auto& list = kind == Kind::notify ? pipeline_.notify : kind == Kind::rollback ? pipeline_.rollback : pipeline_.stages;
    pipeline::Stage spec;
    spec.id = spec.use = id;
    spec.kind = kind;
    list.push_back(spec);
    return list.back();
  }
  /// An apply stage with a history of the fake database.
  pipeline::Stage& apply(std::function<stage::Outcome()> body) { return stage("apply", Kind::apply, std::move(body)); }

  Report run(Settings settings = {}) { return new_runner(std::move(settings)).run(); }
  Runner& new_runner(Settings settings) {
    runner_ = std::make_unique<Runner>(
        pipeline_, std::move(settings), [this](const pipeline::Stage& spec, const auto& environments, services::Shared&) { return make(spec, environments); },
        World{redactor_, context_, interruption_, hub_, events_, guard_, [](std::string_view) { return std::optional<std::string>{}; }});
    return *runner_;
  }
  Result<std::unique_ptr<stage::Stage>> make(const pipeline::Stage& spec, const std::vector<std::string>& environments) {
    made_for_[spec.id] = environments;
    auto made = std::make_unique<FakeStage>(spec.id, spec.kind, bodies_[spec.id]);
    made->last_ = &last_request_;
    if (spec.id == "apply") {
      made->extension_ = "tidegate.history/1";
      made->answer_ = [this](std::string_view method, std::string_view) -> Result<std::string> {
        if (history_error_) return *history_error_;
        if (method == "resolve") return resolve_();
        return method == "list" ? database_.json() : std::string(R"({"key":null})");
      };
    } else if (spec.id == "undo") {
      made->extension_ = "tidegate.undo/1";
      made->answer_ = [this](std::string_view method, std::string_view arguments) -> Result<std::string> {
        if (method == "finish") return finish_(arguments != "{}");
        if (before_change_) before_change_();
        base::Array out;
        const auto asked = from_json(arguments);
        for (const auto& name : *asked->find("names")->as<base::Array>())
          out.emplace_back(base::Table{{"name", name.text()}, {"reversible", name.text() == cannot_undo_ ? "irreversible" : "exact"}, {"reason", "no down.sql"}});
        return to_json(base::Table{{"migrations", out}});
      };
    } else if (spec.kind == Kind::notify) {
      made->extension_ = "tidegate.notify/1";
      made->answer_ = [this](std::string_view, std::string_view arguments) -> Result<std::string> {
        last_told_ = arguments;
        told_.push_back(from_json(arguments)->at_path("event.name")->text());
        if (notify_error_) return *notify_error_;
        return std::string("{}");
      };
    }
    return std::unique_ptr<stage::Stage>(std::move(made));
  }
  /// The change as the apply stage does it: the first `count` pending ones are applied.
  void change(std::size_t count) {
    runner_->changing("apply");
    for (; count > 0; --count) {
      database_.applied.push_back(database_.pending.front());
      database_.pending.erase(database_.pending.begin());
    }
  }
  std::vector<std::string> states() const {
    std::vector<std::string> out;
    for (const auto& e : seen_)
      if (e.type == "run.state") out.push_back(e.fields.find("state")->text());
    return out;
  }
  std::vector<std::string> finished_stages() const {
    std::vector<std::string> out;
    for (const auto& e : seen_)
      if (e.type == "stage.finished") out.push_back(e.stage + "=" + e.fields.find("verdict")->text());
    return out;
  }
  /// A rollback stage that can undo all but `cannot_undo_` and does it.
  pipeline::Stage& undo() {
    return stage("undo", Kind::rollback, [this] {
      const auto applied = from_json(context_["run.applied"]);
      for (const auto& name : *applied->as<base::Array>()) {
        std::erase(database_.applied, name.text());
        database_.pending.insert(database_.pending.begin(), name.text());
      }
      return says(Verdict::pass);
    });
  }
  std::string decided() const {
    for (const auto& e : seen_)
      if (e.type == "rollback.decided") return e.fields.find("on_failure")->text() + " " + e.fields.find("reason")->text();
    return "";
  }
  using Names = std::vector<std::string>;

  pipeline::Pipeline pipeline_;
  std::map<std::string, std::function<stage::Outcome()>> bodies_;
  std::map<std::string, std::vector<std::string>> made_for_;
  FakeDatabase database_;
  stage::Request last_request_;
  /// Of the undo stage: `ask` or do it.
  std::function<Result<std::string>(bool ask)> finish_ = [](bool) -> Result<std::string> { return std::string(R"({"half_done":[]})"); };
  std::string cannot_undo_;
  std::function<void()> before_change_;  // when the undo stage is asked, so under the lease
  std::optional<Error> history_error_, notify_error_;
  std::function<Result<std::string>()> resolve_;
  Names told_;
  std::string last_told_;
  std::vector<Event> seen_;
  std::function<void(const Event&)> on_event_;
  base::Redactor redactor_;
  services::ContextStore context_;
  services::Interruption interruption_;
  std::string url_;  // of the target; "": there is none
  services::db::Hub hub_{redactor_, interruption_,
                         [this](std::string_view) -> Result<std::string> {
                           if (url_.empty()) return Error{Status::config, "none"};
                           return url_;
                         },
                         {}};
  EventStream events_{"r1", redactor_};
  Guard guard_{interruption_};
  std::unique_ptr<Runner> runner_;
};

}  // namespace tidegate::run
