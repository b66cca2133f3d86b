// SPDX-License-Identifier: Apache-2.0
// rollback.render on a host that answers as Render's API does.
#include "scene.hpp"

namespace tidegate::deployment::test {
namespace {

json deploy(const std::string& id, int hour, const std::string& status) {
  return {{"id", id},
          {"status", status},
          {"commit", {{"id", "c0ffee-" + id}}},
          {"createdAt", "2026-11-20T" + std::to_string(hour) + ":00:00Z"}};
}
std::string list(const std::vector<json>& deploys) {
  auto out = json::array();
  for (const auto& one : deploys) out.push_back({{"cursor", "after " + one["id"].get<std::string>()}, {"deploy", one}});
  return out.dump();
}

constexpr const char* kList = "/deploys?";
constexpr const char* kRollback = "/rollback";
constexpr const char* kOwn = "/deploys/dep-4";

class RollbackRender : public Scene {
 protected:
  RollbackRender() : Scene("rollback.render") { host.set("service", "srv-1").set("deployment", "dep-3"); }
  static std::string one_before() {
    return list({deploy("dep-f", 14, "build_failed"), deploy("dep-3", 13, "live"), deploy("dep-c", 12, "canceled"),
                 deploy("dep-2", 11, "deactivated"), deploy("dep-1", 10, "deactivated")});
  }
};

TEST_F(RollbackRender, OwnDeployIsLive_TheOneBeforeIsDeployedAgain) {
  host.on_http(kList).answers(200, one_before()).times(2);
  host.on_http(kRollback).answers(201, deploy("dep-4", 15, "created").dump());
  host.on_http(kOwn).answers(200, deploy("dep-4", 15, "update_in_progress").dump()).once();
  host.on_http(kOwn).answers(200, deploy("dep-4", 15, "live").dump());
  const auto done = run();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(*done, Verdict::warn);
  EXPECT_EQ(asked(),
            (std::vector<std::string>{
                "GET https://api.example/v1/services/srv-1/deploys?limit=50", "GET https://api.example/v1/services/srv-1/deploys?limit=50",
                "POST https://api.example/v1/services/srv-1/rollback", "GET https://api.example/v1/services/srv-1/deploys/dep-4",
                "GET https://api.example/v1/services/srv-1/deploys/dep-4"}));
  EXPECT_EQ(host.requests()[2].body, R"({"deployId":"dep-2"})");
  EXPECT_EQ(host.published().at("deployment"), "dep-2");
  EXPECT_TRUE(says(findings, "automatic deploys are still on")) << findings;
  host.on_http(kList).answers(200, list({deploy("dep-4", 15, "live"), deploy("dep-3", 13, "deactivated")}));
  EXPECT_EQ(*run(), Verdict::skipped) << "a second time";
  EXPECT_EQ(posts(), 1U);
}

TEST_F(RollbackRender, OwnDeployByItsCommit_IsRecognised) {
  host.set("deployment", "c0ffee-dep-3");
  host.on_http(kList).answers(200, one_before());
  EXPECT_EQ(*run(true), Verdict::pass);
  EXPECT_TRUE(says(host.log_text(), "would go back from dep-3 to dep-2")) << host.log_text();
  EXPECT_EQ(posts(), 0U);
}

TEST_F(RollbackRender, OtherDeployIsLive_NothingIsAskedFor) {
  host.on_http(kList).answers(200, list({deploy("dep-3", 13, "update_failed"), deploy("dep-2", 11, "live")}));
  EXPECT_EQ(*run(), Verdict::skipped);
  EXPECT_TRUE(says(host.log_text(), "dep-3 is not what Render has in production")) << host.log_text();
}

TEST_F(RollbackRender, NothingIsLive_IsSkipped) {
  host.on_http(kList).answers(200, "[]");
  EXPECT_EQ(*run(), Verdict::skipped);
}

TEST_F(RollbackRender, AnotherDeployIsUnderWay_IsAConflict) {
  host.on_http(kList).answers(
      200, list({deploy("dep-4", 14, "build_in_progress"), deploy("dep-3", 13, "live"), deploy("dep-2", 11, "deactivated")}));
  const auto e = failure();
  EXPECT_EQ(e.code, Status::conflict);
  EXPECT_TRUE(says(e.message, "another deploy of this service, dep-4")) << e.message;
  EXPECT_EQ(posts(), 0U);
}

TEST_F(RollbackRender, NoneWasLiveBefore_IsAnError) {
  host.on_http(kList).answers(200, list({deploy("dep-3", 13, "live"), deploy("dep-2", 11, "build_failed")}));
  EXPECT_EQ(failure().code, Status::not_found);
  EXPECT_EQ(posts(), 0U);
}

TEST_F(RollbackRender, SecondPage_IsLookedAt) {
  std::vector<json> full{deploy("dep-3", 13, "live")};
  for (int i = 1; i < 50; ++i) full.push_back(deploy("dep-f" + std::to_string(i), 12, "build_failed"));
  host.on_http("cursor=after%20dep-f49").answers(200, list({deploy("dep-2", 11, "deactivated")}));
  host.on_http(kList).answers(200, list(full));
  EXPECT_EQ(*run(true), Verdict::pass);
  EXPECT_TRUE(says(host.log_text(), "to dep-2")) << host.log_text();
}

TEST_F(RollbackRender, ItsDeployFails_IsSaid) {
  host.on_http(kList).answers(200, one_before());
  host.on_http(kRollback).answers(201, deploy("dep-4", 15, "created").dump());
  host.on_http(kOwn).answers(200, deploy("dep-4", 15, "update_failed").dump());
  const auto e = failure();
  EXPECT_EQ(e.code, Status::failed);
  EXPECT_TRUE(says(e.message, "could not go back to dep-2: the deploy dep-4 of it is update_failed")) << e.message;
}

TEST_F(RollbackRender, NeverEnds_IsGivenUpAfterTheWait) {
  host.on_http(kList).answers(200, one_before());
  host.on_http(kRollback).answers(201, deploy("dep-4", 15, "created").dump());
  host.on_http(kOwn).answers(200, deploy("dep-4", 15, "queued").dump());
  const auto e = failure();
  EXPECT_EQ(e.code, Status::deadline);
  EXPECT_TRUE(says(e.message, "(queued), and whether it does is not known")) << e.message;
}

TEST_F(RollbackRender, LostAnswer_IsNotAskedForTwice) {
  host.on_http(kList).answers(200, one_before()).times(2);
  host.on_http(kRollback).fails(Status::unavailable, "timed out");
  host.on_http(kList).answers(200, list({deploy("dep-4", 15, "created"), deploy("dep-3", 13, "live")}));
  const auto e = failure();
  EXPECT_EQ(e.code, Status::conflict);
  EXPECT_TRUE(says(e.message, "dep-4, that may be the rollback")) << e.message;
  EXPECT_EQ(posts(), 1U);
}

TEST_F(RollbackRender, RefusedForNow_IsAskedAgain) {
  host.on_http(kList).answers(200, one_before());
  host.on_http(kRollback).answers(429).asks_to_wait(3000).once();
  host.on_http(kRollback).answers(201, deploy("dep-4", 15, "created").dump());
  host.on_http(kOwn).answers(200, deploy("dep-4", 15, "live").dump());
  EXPECT_EQ(*run(), Verdict::warn);
  EXPECT_EQ(host.waits(), std::vector<std::int64_t>{3000});
}

TEST_F(RollbackRender, Refusals_AreSaidWithARemedy) {
  refusals_of(kList);
}

}  // namespace
}  // namespace tidegate::deployment::test
