// SPDX-License-Identifier: Apache-2.0
// rollback.kubernetes in real runs: an application that does not answer, and a kubectl that keeps its Deployment in a file.
#include <cstdlib>
#include <filesystem>

#include "project.hpp"
#include "support/http_server.hpp"

namespace tidegate::test {
namespace {

namespace fs = std::filesystem;

Json object(const char* revision, const char* image) {
  return {{"metadata",
           {{"uid", "uid-shop"},
            {"annotations", {{"deployment.kubernetes.io/revision", revision}}},
            {"ownerReferences", Json::array({{{"uid", "uid-shop"}}})}}},
          {"spec", {{"template", {{"spec", {{"containers", Json::array({{{"image", image}}})}}}}}}}};
}

class KubernetesPostdeploy : public ProjectTest {
 protected:
  KubernetesPostdeploy() {
    application.answer_with({{500, "oops"}});
    project.file(
        "tidegate.toml",
        "version = 1\nname = \"kubernetes\"\n[[stage]]\nuse = \"health\"\n[stage.with]\nfor = \"0s\"\n[[stage.with.http]]\nurl = \"" +
            application.url() +
            "\"\n[[rollback]]\nuse = \"rollback.kubernetes\"\ntimeout = \"3s\"\n[rollback.with]\nname = \"shop\"\n"
            "namespace = \"prod\"\ndeployment = \"reg.example/shop:3\"\n");
    project.file("now", object("3", "reg.example/shop:3").dump(2));
    project.file("before", object("4", "reg.example/shop:2").dump(2));
    project.file("sets", Json{{"items", {object("3", "reg.example/shop:3"), object("2", "reg.example/shop:2")}}}.dump(2));
    kubectl(
        "case \"$*\" in\n"
        "  *'get deployment shop '*) cat now ;;\n"
        "  *'get replicasets '*) cat sets ;;\n"
        "  *'rollout undo deployment/shop --to-revision=2') cp before now ;;\n"
        "  *'rollout status '*) echo 'successfully rolled out' ;;\n"
        "  *) echo \"unknown: $*\" >&2; exit 1 ;;\n"
        "esac\n");
  }
  void kubectl(const std::string& text) {
    project.file("bin/kubectl", "#!/bin/sh\necho \"$*|${KUBECONFIG:-none}|${API_SECRET:-none}\" >> calls\n" + text);
    fs::permissions(project.dir / "bin/kubectl", fs::perms::owner_all);
  }
  Json end_of_run() {
    last = project.tidegate({"run", "--json"}, {{"PATH", (project.dir / "bin") + ":" + std::getenv("PATH")},
                                                {"KUBECONFIG", "/somewhere/config"},
                                                {"API_SECRET", "kubernetes-s3cret"}});
    EXPECT_DOES_NOT_SAY(last, "kubernetes-s3cret");
    return last_event(parse_events(last.out));
  }
  std::string calls() { return file_text(project.dir / "calls"); }

  HttpServer application;
  Finished last;
};

TEST_F(KubernetesPostdeploy, ApplicationIsSick_ItGoesBackOnce) {
  const auto end = end_of_run();
  EXPECT_EQ(end["outcome"], "rolled_back") << end;
  EXPECT_SAYS(last, "Kubernetes serves 2 (reg.example/shop:2) again instead of 3 (reg.example/shop:3)");
  EXPECT_EQ(calls(),
            "--namespace=prod get deployment shop --output=json|/somewhere/config|none\n"
            "--namespace=prod get replicasets --output=json|/somewhere/config|none\n"
            "--namespace=prod rollout undo deployment/shop --to-revision=2|/somewhere/config|none\n"
            "--namespace=prod rollout status deployment/shop --timeout=300s|/somewhere/config|none\n"
            "--namespace=prod get deployment shop --output=json|/somewhere/config|none\n");
  application.answer_with({{500, ""}});
  EXPECT_EQ(end_of_run()["outcome"], "failed");
  EXPECT_SAYS(last, "never went live");
  EXPECT_EQ(calls().find("rollout undo"), calls().rfind("rollout undo"));
}

TEST_F(KubernetesPostdeploy, NoRevisionBefore_IsAFailedRollback) {
  project.file("sets", R"({"items":[]})");
  EXPECT_EQ(end_of_run()["outcome"], "rollback_failed");
  EXPECT_SAYS(last, "there is no deployment to go back to");
}

TEST_F(KubernetesPostdeploy, KubectlRefusesOrIsNoKubectl_IsAFailedRollback) {
  kubectl("echo 'Error from server (Forbidden): no' >&2; exit 1\n");
  EXPECT_EQ(end_of_run()["outcome"], "rollback_failed");
  EXPECT_SAYS(last, "ended with 1: Error from server (Forbidden): no");
  application.answer_with({{500, ""}});
  kubectl("echo hello\n");
  EXPECT_EQ(end_of_run()["outcome"], "rollback_failed");
  EXPECT_SAYS(last, "not the JSON of an object");
}

TEST_F(KubernetesPostdeploy, KubectlHangs_IsEndedAtTheStagesTimeout) {
  kubectl("exec sleep 600\n");
  EXPECT_EQ(end_of_run()["outcome"], "rollback_failed");
}

}  // namespace
}  // namespace tidegate::test
