// SPDX-License-Identifier: Apache-2.0
// rollback.vercel on a host that answers as Vercel's API does: when it acts, on what, and how it waits.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tidegate/testing.hpp>

#include "stage.hpp"

namespace tidegate::deployment::test {
namespace {

using nlohmann::json;
using sdk::Status;
using sdk::Verdict;
using sdk::testing::FakeHost;

json project(const std::string& live, const json& job = nullptr) {
  return {{"id", "prj_1"},
          {"name", "shop"},
          {"targets", {{"production", {{"id", live}, {"url", live + ".vercel.app"}, {"createdAt", 3000}}}}},
          {"lastAliasRequest", job}};
}
json job(const std::string& from, const std::string& to, const std::string& type, const std::string& status, int at) {
  return {{"fromDeploymentId", from}, {"toDeploymentId", to}, {"type", type}, {"jobStatus", status}, {"requestedAt", at}};
}
json deployment(const std::string& id, int created, const std::string& substate = "PROMOTED") {
  return {{"uid", id},        {"url", id + ".vercel.app"}, {"created", created},
          {"state", "READY"}, {"readySubstate", substate}, {"isRollbackCandidate", true}};
}
json list(const json& rows, const json& next = nullptr) {
  return {{"deployments", rows}, {"pagination", {{"next", next}}}};
}

constexpr const char* kProject = "/v9/projects/";
constexpr const char* kList = "/v7/deployments";
constexpr const char* kRollback = "/rollback/";
constexpr const char* kAliases = "/promote/aliases";

class RollbackVercel : public ::testing::Test {
 protected:
  RollbackVercel() {
    host.set_secret("token", "vercel-s3cret").set("project", "shop").set("team", "team_9").set("deployment", "dpl_3");
    host.set("attempts", 3).set("every", 2000).set("wait", 10'000).set("request_timeout", 1000);
  }
  /// The rest of a run in which dpl_3 is live and dpl_2 was before it.
  void one_before() {
    host.on_http(kProject).answers(200, project("dpl_3").dump()).once();
    host.on_http(kList).answers(
        200, list(json::array({deployment("dpl_3", 3000), deployment("dpl_2", 2000), deployment("dpl_1", 1000)})).dump());
  }
  sdk::Result<Verdict> run(bool dry = false) {
    auto stage = make(sdk::Host(&host), "rollback.vercel");
    if (!stage) return stage.error();
    sink = std::make_unique<Findings>();
    sdk::Report report(sink.get());
    return (*stage)->run(sdk::Run{dry, false, "run", "rollback.vercel", "rollback", 1}, report);
  }
  sdk::Error failure() {
    const auto done = run();
    return done ? sdk::Error{Status::ok, ""} : done.error();
  }
  /// "GET /v9/projects/shop?…"
  std::vector<std::string> asked() const {
    std::vector<std::string> out;
    for (const auto& r : host.requests()) out.push_back(r.method + " " + r.url);
    return out;
  }
  struct Findings : tg_report {
    Findings()
        : tg_report{sizeof(tg_report), 0, [](tg_report*, const tg_error*) {},
                    [](tg_report* self, const tg_finding* f) {
                      static_cast<Findings*>(self)->rules.emplace_back(sdk::view(f->rule));
                      static_cast<Findings*>(self)->text +=
                          std::string(sdk::view(f->message)) + "\n" + std::string(sdk::view(f->fix)) + "\n";
                    }} {}
    std::vector<std::string> rules;
    std::string text;
  };
  static bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

  FakeHost host;
  std::unique_ptr<Findings> sink;
};

TEST_F(RollbackVercel, OwnDeploymentIsLive_GoesBackToTheOneBeforeAndSaysWhatChanged) {
  one_before();
  host.on_http(kRollback).answers(201);
  host.on_http(kProject).answers(200, project("dpl_3", job("dpl_3", "dpl_2", "rollback", "in-progress", 5000)).dump()).once();
  host.on_http(kProject).answers(200, project("dpl_2", job("dpl_3", "dpl_2", "rollback", "succeeded", 5000)).dump());
  const auto done = run();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(*done, Verdict::warn);
  EXPECT_EQ(asked(), (std::vector<std::string>{
                         "GET https://api.vercel.com/v9/projects/shop?rollbackInfo=true&teamId=team_9",
                         "GET "
                         "https://api.vercel.com/v7/"
                         "deployments?projectId=prj_1&target=production&state=READY&rollbackCandidate=true&limit=20&teamId=team_9",
                         "POST "
                         "https://api.vercel.com/v1/projects/prj_1/rollback/"
                         "dpl_2?description=tidegate%3A%20checks%20failed%20after%20the%20deployment&teamId=team_9",
                         "GET https://api.vercel.com/v9/projects/shop?rollbackInfo=true&teamId=team_9",
                         "GET https://api.vercel.com/v9/projects/shop?rollbackInfo=true&teamId=team_9"}));
  EXPECT_EQ(host.requests()[2].headers[0], "Authorization: Bearer vercel-s3cret");
  EXPECT_EQ(host.requests()[2].body, "{}");
  EXPECT_EQ(host.published().at("deployment"), "dpl_2");
  EXPECT_EQ(sink->rules, std::vector<std::string>{"deployment-rolled-back"});
  EXPECT_TRUE(says(sink->text, "does not assign the production domains")) << sink->text;
  EXPECT_TRUE(says(sink->text, "vercel promote")) << sink->text;
  EXPECT_EQ(host.waits(), std::vector<std::int64_t>{2000});
}

TEST_F(RollbackVercel, OtherDeploymentIsLive_IsSkippedSinceItNeverWentLive) {
  host.on_http(kProject).answers(200, project("dpl_2").dump());
  EXPECT_EQ(*run(), Verdict::skipped);
  EXPECT_EQ(host.requests().size(), 1U);
  EXPECT_TRUE(says(host.log_text(), "never went live")) << host.log_text();
}

TEST_F(RollbackVercel, NothingIsLive_IsSkipped) {
  host.on_http(kProject).answers(200, R"({"id":"prj_1","targets":{}})");
  EXPECT_EQ(*run(), Verdict::skipped);
}

TEST_F(RollbackVercel, OwnDeploymentByItsUrl_IsRecognised) {
  host.set("deployment", "https://DPL_3.vercel.app/path?x=1");
  host.on_http(kProject).answers(200, [] {
    auto p = project("dpl_3");
    p["targets"]["production"]["url"] = "dpl_3.vercel.app";
    return p.dump();
  }());
  host.on_http(kList).answers(200, list(json::array({deployment("dpl_2", 2000)})).dump());
  ASSERT_EQ(*run(true), Verdict::pass);
  EXPECT_TRUE(says(host.log_text(), "would go back from dpl_3 (dpl_3.vercel.app) to dpl_2")) << host.log_text();
}

TEST_F(RollbackVercel, OnVercelItself_TheDeploymentComesFromTheContext) {
  host.set("deployment", "").set_context("environment.platform", "vercel").set_context("environment.deployment", "dpl_7");
  host.on_http(kProject).answers(200, project("dpl_3").dump());
  EXPECT_EQ(*run(), Verdict::skipped);
  EXPECT_TRUE(says(host.log_text(), "dpl_7")) << host.log_text();
}

TEST_F(RollbackVercel, IdOfAnotherPlatform_IsNotTakenForADeployment) {
  host.set("deployment", "").set_context("environment.platform", "github").set_context("environment.deployment", "dpl_3");
  const auto e = failure();
  EXPECT_EQ(e.code, Status::config);
  EXPECT_TRUE(says(e.hint, "`deployment`")) << e.hint;
  EXPECT_TRUE(host.requests().empty());
}

TEST_F(RollbackVercel, DryRun_AsksForNothing) {
  one_before();
  EXPECT_EQ(*run(true), Verdict::pass);
  for (const auto& r : host.requests()) EXPECT_EQ(r.method, "GET");
}

// ------------------------------------------------------------------------------------ which one

TEST_F(RollbackVercel, StagedOrNewerOnes_AreNotGoneBackTo) {
  host.on_http(kProject).answers(200, project("dpl_3").dump());
  auto unfit = deployment("dpl_c", 2600);
  unfit["isRollbackCandidate"] = false;
  host.on_http(kList).answers(
      200, list(json::array({deployment("dpl_4", 4000), deployment("dpl_s", 2900, "STAGED"), unfit, deployment("dpl_2", 2000)})).dump());
  ASSERT_EQ(*run(true), Verdict::pass);
  EXPECT_TRUE(says(host.log_text(), "to dpl_2 ")) << host.log_text();
}

TEST_F(RollbackVercel, WhatThePromotionReplaced_IsPreferredToANewerOne) {
  // dpl_2 was rolled back to dpl_1 before dpl_3 was promoted.
  host.on_http(kProject).answers(200, project("dpl_3", job("dpl_1", "dpl_3", "promote", "succeeded", 4000)).dump());
  host.on_http(kList).answers(200, list(json::array({deployment("dpl_2", 2000), deployment("dpl_1", 1000)})).dump());
  ASSERT_EQ(*run(true), Verdict::pass);
  EXPECT_TRUE(says(host.log_text(), "to dpl_1 ")) << host.log_text();
}

TEST_F(RollbackVercel, SecondPage_IsLookedAt) {
  host.on_http(kProject).answers(200, project("dpl_3").dump());
  host.on_http("until=2500").answers(200, list(json::array({deployment("dpl_2", 2000)})).dump());
  host.on_http(kList).answers(200, list(json::array({deployment("dpl_3", 3000)}), 2500).dump());
  ASSERT_EQ(*run(true), Verdict::pass);
  EXPECT_TRUE(says(host.log_text(), "to dpl_2 ")) << host.log_text();
}

TEST_F(RollbackVercel, NoPredecessor_IsAnErrorAndNothingIsAskedFor) {
  host.on_http(kProject).answers(200, project("dpl_3").dump());
  host.on_http(kList).answers(200, list(json::array({deployment("dpl_3", 3000)})).dump());
  const auto e = failure();
  EXPECT_EQ(e.code, Status::not_found);
  EXPECT_TRUE(says(e.message, "no deployment to go back to")) << e.message;
}

// -------------------------------------------------------------------------------------- waiting

TEST_F(RollbackVercel, OlderJobOfTheSameTarget_IsNotTakenForOurs) {
  const auto old = job("dpl_x", "dpl_2", "rollback", "succeeded", 100);
  host.on_http(kProject).answers(200, project("dpl_3", old).dump()).once();
  host.on_http(kList).answers(200, list(json::array({deployment("dpl_2", 2000)})).dump());
  host.on_http(kRollback).answers(201);
  host.on_http(kProject).answers(200, project("dpl_3", old).dump()).once();
  host.on_http(kProject).answers(200, project("dpl_2", job("dpl_3", "dpl_2", "rollback", "succeeded", 5000)).dump());
  EXPECT_TRUE(run());
  EXPECT_EQ(host.waits().size(), 1U);
}

TEST_F(RollbackVercel, JobFails_NamesTheDomains) {
  one_before();
  host.on_http(kRollback).answers(201);
  host.on_http(kAliases).answers(200, R"({"aliases":[{"alias":"shop.example","status":"failed"},{"alias":"www.shop.example"}]})");
  host.on_http(kProject).answers(200, project("dpl_3", job("dpl_3", "dpl_2", "rollback", "failed", 5000)).dump());
  const auto e = failure();
  EXPECT_EQ(e.code, Status::failed);
  EXPECT_TRUE(says(e.message, "could not go back to dpl_2: it does not serve these domains: shop.example, www.shop.example")) << e.message;
}

TEST_F(RollbackVercel, JobNeverEnds_IsGivenUpAfterTheWait) {
  one_before();
  host.on_http(kRollback).answers(201);
  host.on_http(kProject).answers(200, project("dpl_3", job("dpl_3", "dpl_2", "rollback", "pending", 5000)).dump());
  const auto e = failure();
  EXPECT_EQ(e.code, Status::deadline);
  EXPECT_TRUE(says(e.message, "(pending)")) << e.message;
  EXPECT_TRUE(says(e.hint, "vercel rollback status")) << e.hint;
  EXPECT_LE(host.waits().size(), 5U);
  EXPECT_GE(host.waits().size(), 3U);
}

TEST_F(RollbackVercel, SomebodyElsePromotesMeanwhile_IsSaid) {
  one_before();
  host.on_http(kRollback).answers(201);
  host.on_http(kProject).answers(200, project("dpl_9", job("dpl_3", "dpl_9", "promote", "succeeded", 6000)).dump());
  const auto e = failure();
  EXPECT_EQ(e.code, Status::conflict);
  EXPECT_TRUE(says(e.message, "dpl_9")) << e.message;
}

TEST_F(RollbackVercel, PollingThatFailsForNow_GoesOn) {
  one_before();
  host.on_http(kRollback).answers(201);
  host.on_http(kProject).answers(503).once();
  host.on_http(kProject).fails(Status::unavailable, "no answer").once();
  host.on_http(kProject).answers(200, project("dpl_2", job("dpl_3", "dpl_2", "rollback", "succeeded", 5000)).dump());
  EXPECT_TRUE(run());
  EXPECT_EQ(host.waits().size(), 2U);
}

TEST_F(RollbackVercel, Skipped_IsDoneOnlyWhenItIsThere) {
  one_before();
  host.on_http(kRollback).answers(201);
  host.on_http(kProject).answers(200, project("dpl_2", job("dpl_3", "dpl_2", "rollback", "skipped", 5000)).dump()).once();
  EXPECT_TRUE(run());
  FakeHost& again = host;
  again.on_http(kProject).answers(200, project("dpl_3").dump()).once();
  again.on_http(kProject).answers(200, project("dpl_3", job("dpl_3", "dpl_2", "rollback", "skipped", 7000)).dump());
  EXPECT_TRUE(says(failure().message, "skipped the rollback"));
}

TEST_F(RollbackVercel, Interrupted_SaysThatItWasAskedFor) {
  one_before();
  host.on_http(kRollback).answers(201);
  host.on_http(kProject).answers(200, project("dpl_3", job("dpl_3", "dpl_2", "rollback", "pending", 5000)).dump());
  host.cancel_at_wait(1);
  const auto e = failure();
  EXPECT_EQ(e.code, Status::cancelled);
  EXPECT_TRUE(says(e.message, "was asked to go back to dpl_2")) << e.message;
}

// ------------------------------------------------------------------------------------- refusals

struct Refusal {
  int code;
  Status status;
  const char* message;
  const char* hint;
  unsigned tries;
};

class VercelRefuses : public RollbackVercel, public ::testing::WithParamInterface<Refusal> {};

TEST_P(VercelRefuses, TheRollback_IsSaidWithARemedy) {
  one_before();
  const auto& p = GetParam();
  host.on_http(kRollback).answers(p.code, R"({"error":{"code":"some_code","message":"words of Vercel"}})");
  host.on_http(kProject).answers(200, project("dpl_3").dump());
  const auto e = failure();
  EXPECT_EQ(e.code, p.status) << e.message;
  EXPECT_TRUE(says(e.message, p.message)) << e.message;
  EXPECT_TRUE(says(e.message, "(HTTP status " + std::to_string(p.code) + ", some_code): words of Vercel")) << e.message;
  EXPECT_TRUE(says(e.hint, p.hint)) << e.hint;
  unsigned posts = 0;
  for (const auto& r : host.requests()) posts += r.method == "POST" ? 1U : 0U;
  EXPECT_EQ(posts, p.tries);
}

INSTANTIATE_TEST_SUITE_P(Codes, VercelRefuses,
                         ::testing::Values(Refusal{400, Status::failed, "does not understand", "`project`", 1},
                                           Refusal{401, Status::denied, "does not accept the token", "Tokens", 1},
                                           Refusal{402, Status::denied, "the plan", "Hobby", 1},
                                           Refusal{403, Status::denied, "may not do this", "`team`", 1},
                                           Refusal{404, Status::not_found, "no such project", "`team`", 1},
                                           Refusal{409, Status::conflict, "another promotion or rollback", "wait for its end", 1},
                                           Refusal{410, Status::not_found, "gone", "deploy its commit", 1},
                                           Refusal{422, Status::failed, "cannot go back", "promote another", 1},
                                           Refusal{429, Status::unavailable, "too often", "wait", 3},
                                           Refusal{500, Status::unavailable, "failed at it", "vercel-status", 3},
                                           Refusal{503, Status::unavailable, "failed at it", "vercel-status", 3}),
                         [](const auto& one) { return "Http" + std::to_string(one.param.code); });

TEST_F(RollbackVercel, TooManyRequests_WaitsAsLongAsItIsAsked) {
  host.on_http(kProject).answers(429, R"({"error":{"code":"rate_limited"}})").asks_to_wait(7000).once();
  host.on_http(kProject).answers(200, project("dpl_2").dump());
  EXPECT_EQ(*run(), Verdict::skipped);
  EXPECT_EQ(host.waits(), std::vector<std::int64_t>{7000});
}

TEST_F(RollbackVercel, OtherDeploymentGoesLiveBetweenTwoTries_IsNotTakenDown) {
  one_before();
  host.on_http(kRollback).answers(503);
  host.on_http(kProject).answers(200, project("dpl_4").dump());
  const auto e = failure();
  EXPECT_EQ(e.code, Status::conflict);
  EXPECT_TRUE(says(e.message, "dpl_4 went live meanwhile")) << e.message;
  const auto all = asked();
  EXPECT_EQ(std::count_if(all.begin(), all.end(), [](const auto& line) { return line.starts_with("POST"); }), 1);
}

TEST_F(RollbackVercel, AnswerToTheRequestIsLost_ItIsSeenInTheProject) {
  one_before();
  host.on_http(kRollback).fails(Status::unavailable, "timed out");
  host.on_http(kProject).answers(200, project("dpl_2", job("dpl_3", "dpl_2", "rollback", "succeeded", 5000)).dump());
  EXPECT_TRUE(run());
}

TEST_F(RollbackVercel, ConflictWithOurOwnRequest_IsNoFailure) {
  one_before();
  host.on_http(kRollback).answers(502).once();
  host.on_http(kRollback).answers(409, R"({"error":{"code":"conflict"}})");
  host.on_http(kProject).answers(200, project("dpl_2", job("dpl_3", "dpl_2", "rollback", "succeeded", 5000)).dump());
  EXPECT_TRUE(run());
}

TEST_F(RollbackVercel, Garbage_IsNotTakenForVercel) {
  for (const char* body : {"<html>sign in</html>", "[]", "{}", "", "{\"id\":7}"}) {
    FakeHost other;
    other.set_secret("token", "t").set("project", "shop").set("deployment", "dpl_3");
    other.on_http(kProject).answers(200, body);
    auto stage = make(sdk::Host(&other), "rollback.vercel");
    sdk::ErrorCollector collector;
    sdk::Report report(&collector);
    const auto done = (*stage)->run(sdk::Run{false, false, "run", "s", "rollback", 1}, report);
    ASSERT_FALSE(done) << body;
    EXPECT_TRUE(says(done.error().message, "what answered instead of Vercel's API is not it")) << done.error().message;
  }
}

TEST_F(RollbackVercel, WordsOfTheServer_AreCutAndKeptOnOneLine) {
  host.on_http(kProject).answers(403, json{{"error", {{"code", "forbidden"}, {"message", std::string(5000, 'x') + "\n\x1b[31m"}}}}.dump());
  const auto e = failure();
  EXPECT_LT(e.message.size(), 400U);
  EXPECT_FALSE(says(e.message, "\n"));
}

TEST_F(RollbackVercel, TeamBySlug_AndNamesWithOddCharacters_AreEncoded) {
  host.set("team", "my team").set("project", "a/b");
  host.on_http(kProject).answers(200, project("dpl_2").dump());
  EXPECT_EQ(*run(), Verdict::skipped);
  EXPECT_EQ(asked().front(), "GET https://api.vercel.com/v9/projects/a%2Fb?rollbackInfo=true&slug=my%20team");
}

TEST_F(RollbackVercel, NoProject_IsRefusedBeforeTheRun) {
  host.set("project", "");
  auto stage = make(sdk::Host(&host), "rollback.vercel");
  sdk::ErrorCollector collector;
  sdk::Report report(&collector);
  const auto valid = (*stage)->validate(report);
  ASSERT_FALSE(valid);
  EXPECT_EQ(valid.error().code, Status::config);
  EXPECT_TRUE(host.requests().empty());
}

}  // namespace
}  // namespace tidegate::deployment::test
