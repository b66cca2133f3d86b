// SPDX-License-Identifier: Apache-2.0
// rollback.kubernetes on a host whose kubectl answers as the real one does.
#include "scene.hpp"

namespace tidegate::deployment::test {
namespace {

json object(int revision, const std::string& image) {
  return {{"metadata", {{"uid", "uid-shop"}, {"annotations", {{"deployment.kubernetes.io/revision", std::to_string(revision)}}}}},
          {"spec", {{"template", {{"spec", {{"containers", json::array({{{"name", "web"}, {"image", image}}})}}}}}}}};
}
json replica_set(int revision, const std::string& image, const std::string& owner = "uid-shop") {
  auto out = object(revision, image);
  out["metadata"]["uid"] = "uid-rs-" + std::to_string(revision);
  out["metadata"]["ownerReferences"] = json::array({{{"kind", "Deployment"}, {"uid", owner}}});
  return out;
}
std::string sets(const std::vector<json>& items) {
  return json{{"items", items}}.dump(2);
}

class RollbackKubernetes : public Scene {
 protected:
  RollbackKubernetes() : Scene("rollback.kubernetes") {
    host.set("name", "shop").set("deployment", "reg.example/shop:3").set("namespace", "prod").set("wait", 60'000);
  }
  void at(int revision, const std::string& image) { host.on_program("get deployment shop").prints(object(revision, image).dump(2)).once(); }
  void history() {
    host.on_program("get replicasets")
        .prints(sets({replica_set(9, "reg.example/other:1", "uid-other"), replica_set(2, "reg.example/shop:2"),
                      replica_set(1, "reg.example/shop:1"), replica_set(5, "reg.example/shop:3"), replica_set(4, "reg.example/shop:3")}));
  }
  std::vector<std::string> commands() const {
    std::vector<std::string> out;
    for (const auto& one : host.programs()) {
      std::string line;
      for (const auto& word : one.argv) line += (line.empty() ? "" : " ") + word;
      out.push_back(line);
    }
    return out;
  }
};

TEST_F(RollbackKubernetes, OwnImageIsRolledOut_GoesBackToTheOtherImageBefore) {
  at(5, "reg.example/shop:3");
  history();
  host.on_program("rollout undo").prints("deployment.apps/shop rolled back\n");
  host.on_program("rollout status").prints("deployment \"shop\" successfully rolled out\n");
  at(6, "reg.example/shop:2");
  const auto done = run();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(*done, Verdict::warn);
  EXPECT_EQ(commands(), (std::vector<std::string>{"kubectl --namespace=prod get deployment shop --output=json",
                                                  "kubectl --namespace=prod get replicasets --output=json",
                                                  "kubectl --namespace=prod rollout undo deployment/shop --to-revision=2",
                                                  "kubectl --namespace=prod rollout status deployment/shop --timeout=60s",
                                                  "kubectl --namespace=prod get deployment shop --output=json"}));
  EXPECT_EQ(host.published().at("deployment"), "2");
  EXPECT_TRUE(says(findings, "Kubernetes serves 2 (reg.example/shop:2) again instead of 5 (reg.example/shop:3)")) << findings;
  EXPECT_TRUE(says(findings, "ConfigMaps")) << findings;
  at(6, "reg.example/shop:2");
  EXPECT_EQ(*run(), Verdict::skipped) << "a second time";
}

TEST_F(RollbackKubernetes, OwnRevision_GoesBackToTheOneBeforeWhateverItsImage) {
  host.set("deployment", "5");
  at(5, "reg.example/shop:3");
  history();
  host.on_program("rollout undo").complains("error: refused\n").exits(1);
  EXPECT_TRUE(says(failure().message, "--to-revision=4` ended with 1: error: refused"));
  EXPECT_TRUE(says(host.log_text(), "to 4 (reg.example/shop:3)")) << host.log_text();
  EXPECT_EQ(host.programs().size(), 3U);
}

TEST_F(RollbackKubernetes, OtherImageIsRolledOut_NothingIsDone) {
  at(6, "reg.example/shop:4");
  EXPECT_EQ(*run(), Verdict::skipped);
  EXPECT_EQ(host.programs().size(), 1U);
}

TEST_F(RollbackKubernetes, NoRevisionBefore_IsAnError) {
  at(5, "reg.example/shop:3");
  host.on_program("get replicasets").prints(sets({replica_set(5, "reg.example/shop:3")}));
  EXPECT_EQ(failure().code, Status::not_found);
  EXPECT_EQ(host.programs().size(), 2U);
}

TEST_F(RollbackKubernetes, KubectlRefuses_ItsLastWordsAreSaid) {
  host.on_program("get deployment").complains("Error from server (Forbidden): deployments.apps \"shop\" is forbidden\n").exits(1);
  const auto e = failure();
  EXPECT_EQ(e.code, Status::failed);
  EXPECT_TRUE(says(e.message, "--output=json` ended with 1: Error from server (Forbidden)")) << e.message;
  EXPECT_TRUE(says(e.hint, "kubectl rollout history deployment/shop")) << e.hint;
}

TEST_F(RollbackKubernetes, Garbage_IsNoDeployment) {
  for (const char* text : {"<html>", "[]", "{}", ""}) {
    host.on_program("get deployment").prints(text).once();
    EXPECT_EQ(failure().code, Status::failed) << text;
  }
}

TEST_F(RollbackKubernetes, RolloutDoesNotEnd_SaysThatItWasTold) {
  at(5, "reg.example/shop:3");
  history();
  host.on_program("rollout undo");
  host.on_program("rollout status").complains("error: timed out waiting for the condition\n").exits(1);
  const auto e = failure();
  EXPECT_TRUE(says(e.message, "was told to go back to revision 2, and has not finished: ")) << e.message;
  EXPECT_TRUE(says(e.message, "timed out waiting")) << e.message;
}

TEST_F(RollbackKubernetes, SomebodyElseChangesItMeanwhile_IsSaid) {
  at(5, "reg.example/shop:3");
  history();
  host.on_program("rollout undo");
  host.on_program("rollout status");
  at(7, "reg.example/shop:4");
  const auto e = failure();
  EXPECT_EQ(e.code, Status::conflict);
  EXPECT_TRUE(says(e.message, "reg.example/shop:4")) << e.message;
}

TEST_F(RollbackKubernetes, ProgramThatHangs_IsTheErrorOfTheHost) {
  host.on_program("get deployment").fails(Status::deadline, "kubectl did not end in time");
  EXPECT_EQ(failure().code, Status::deadline);
}

TEST_F(RollbackKubernetes, NameThatIsAnOption_IsRefused) {
  host.set("name", "--all");
  EXPECT_EQ(failure().code, Status::config);
  EXPECT_TRUE(host.programs().empty());
}

}  // namespace
}  // namespace tidegate::deployment::test
