// SPDX-License-Identifier: Apache-2.0
// rollback.netlify on a host that answers as Netlify's API does.
#include "scene.hpp"

namespace tidegate::deployment::test {
namespace {

json deploy(const std::string& id, int hour, const std::string& context = "production", const std::string& state = "ready") {
  const auto time = "2026-11-20T" + std::to_string(hour) + ":00:00.000Z";
  return {{"id", id},
          {"state", state},
          {"context", context},
          {"created_at", time},
          {"published_at", time},
          {"skipped", nullptr},
          {"locked", false},
          {"deploy_ssl_url", "https://" + id + "--shop.netlify.app"}};
}
std::string site(const std::string& id, int hour) {
  return json{{"id", "site-1"}, {"published_deploy", deploy(id, hour)}}.dump();
}

constexpr const char* kSite = "/sites/shop";
constexpr const char* kList = "/deploys?";
constexpr const char* kRestore = "/restore";

class RollbackNetlify : public Scene {
 protected:
  RollbackNetlify() : Scene("rollback.netlify") { host.set("site", "shop").set("deployment", "d3"); }
  void one_before() {
    host.on_http(kList).answers(200, json::array({deploy("d4", 14), deploy("d3", 13), deploy("p", 12, "deploy-preview"),
                                                  deploy("e", 12, "production", "error"), deploy("d2", 11), deploy("d1", 10)})
                                         .dump());
  }
};

TEST_F(RollbackNetlify, OwnDeployIsPublished_TheOneBeforeIsPublishedAgain) {
  one_before();
  host.on_http(kRestore).answers(201, deploy("d2", 11).dump());
  host.on_http(kSite).answers(200, site("d3", 13)).times(2);
  host.on_http(kSite).answers(200, site("d2", 11));
  const auto done = run();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(*done, Verdict::warn);
  EXPECT_EQ(asked(), (std::vector<std::string>{"GET https://api.example/api/v1/sites/shop",
                                               "GET https://api.example/api/v1/sites/shop/deploys?page=1&per_page=50",
                                               "POST https://api.example/api/v1/sites/shop/deploys/d2/restore",
                                               "GET https://api.example/api/v1/sites/shop", "GET https://api.example/api/v1/sites/shop"}));
  EXPECT_EQ(host.published().at("deployment"), "d2");
  EXPECT_TRUE(says(findings, "deployment-rolled-back: Netlify serves d2 (d2--shop.netlify.app) again")) << findings;
  EXPECT_TRUE(says(findings, "the next push")) << findings;
  EXPECT_EQ(*run(), Verdict::skipped) << "a second time";
  EXPECT_EQ(posts(), 1U);
}

TEST_F(RollbackNetlify, OtherDeployIsPublished_NothingIsAskedFor) {
  host.on_http(kSite).answers(200, site("d2", 11));
  EXPECT_EQ(*run(), Verdict::skipped);
  EXPECT_TRUE(says(host.log_text(), "d3 is not what Netlify has in production")) << host.log_text();
  EXPECT_EQ(host.requests().size(), 1U);
}

TEST_F(RollbackNetlify, NothingIsPublished_IsSkipped) {
  host.on_http(kSite).answers(200, R"({"id":"site-1","published_deploy":null})");
  EXPECT_EQ(*run(), Verdict::skipped);
}

TEST_F(RollbackNetlify, InTheBuildOfNetlify_TheDeployComesFromTheContext) {
  host.set("deployment", "").set_context("environment.platform", "netlify").set_context("environment.deployment", "d7");
  host.on_http(kSite).answers(200, site("d3", 13));
  EXPECT_EQ(*run(), Verdict::skipped);
  EXPECT_TRUE(says(host.log_text(), "d7")) << host.log_text();
}

TEST_F(RollbackNetlify, DryRun_AsksForNothing) {
  one_before();
  host.on_http(kSite).answers(200, site("d3", 13));
  EXPECT_EQ(*run(true), Verdict::pass);
  EXPECT_TRUE(says(host.log_text(), "would go back from d3")) << host.log_text();
  EXPECT_EQ(posts(), 0U);
}

TEST_F(RollbackNetlify, NoneWasPublishedBefore_IsAnError) {
  auto never = deploy("d2", 11);
  never["published_at"] = nullptr;
  host.on_http(kList).answers(200, json::array({deploy("d3", 13), never}).dump());
  host.on_http(kSite).answers(200, site("d3", 13));
  const auto e = failure();
  EXPECT_EQ(e.code, Status::not_found);
  EXPECT_TRUE(says(e.message, "no deployment to go back to")) << e.message;
  EXPECT_EQ(posts(), 0U);
}

TEST_F(RollbackNetlify, ListOfAnotherForm_IsNotTakenForNetlify) {
  host.on_http(kList).answers(200, "{}");
  host.on_http(kSite).answers(200, site("d3", 13));
  EXPECT_TRUE(says(failure().message, "the deploys are no list"));
}

TEST_F(RollbackNetlify, OtherIsPublishedBetweenTwoTries_IsNotTakenDown) {
  one_before();
  host.on_http(kRestore).answers(503);
  host.on_http(kSite).answers(200, site("d3", 13)).once();
  host.on_http(kSite).answers(200, site("d4", 14));
  const auto e = failure();
  EXPECT_EQ(e.code, Status::conflict);
  EXPECT_TRUE(says(e.message, "d4 was published meanwhile")) << e.message;
  EXPECT_EQ(posts(), 1U);
}

TEST_F(RollbackNetlify, LostAnswer_IsSeenInTheSite) {
  one_before();
  host.on_http(kRestore).fails(Status::unavailable, "timed out");
  host.on_http(kSite).answers(200, site("d3", 13)).once();
  host.on_http(kSite).answers(200, site("d2", 11));
  EXPECT_EQ(*run(), Verdict::warn);
}

TEST_F(RollbackNetlify, NeverTaken_IsTheRefusal) {
  one_before();
  host.on_http(kRestore).answers(503);
  host.on_http(kSite).answers(200, site("d3", 13));
  EXPECT_TRUE(says(failure().message, "Netlify failed at it (HTTP status 503) (tried 3 times)"));
}

TEST_F(RollbackNetlify, NeverPublished_IsGivenUpAfterTheWait) {
  one_before();
  host.on_http(kRestore).answers(201);
  host.on_http(kSite).answers(200, site("d3", 13));
  const auto e = failure();
  EXPECT_EQ(e.code, Status::deadline);
  EXPECT_TRUE(says(e.message, "whether it does is not known")) << e.message;
}

TEST_F(RollbackNetlify, Refusals_AreSaidWithARemedy) {
  refusals_of(kSite);
}

TEST_F(RollbackNetlify, NoSite_IsRefusedBeforeTheRun) {
  host.set("site", "");
  EXPECT_EQ(failure().code, Status::config);
  EXPECT_TRUE(host.requests().empty());
}

}  // namespace
}  // namespace tidegate::deployment::test
