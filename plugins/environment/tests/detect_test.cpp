// SPDX-License-Identifier: Apache-2.0
//
// One case a platform, as its build sets the variables, and one for each way to be misled.
#include "detect.hpp"

#include <gtest/gtest.h>

#include <map>

#include "platforms.hpp"

namespace tidegate::environment {
namespace {

using Variables = std::map<std::string, std::string, std::less<>>;

Detected detect_in(const Variables& variables, const Options& options = {}) {
  return detect(
      [&](std::string_view name) {
        const auto found = variables.find(name);
        return found == variables.end() ? std::string() : found->second;
      },
      options);
}

struct Expected {
  std::string name, env_class, platform, runner, commit, branch, deployment, url, pull_request;
};

struct Case {
  std::string title;
  Variables variables;
  Expected expected;
  Options options = {};
};

std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << c.title;
}

class Detect : public testing::TestWithParam<Case> {};

TEST_P(Detect, Variables_GiveEveryAnswer) {
  const auto& [title, variables, expected, options] = GetParam();
  const Detected found = detect_in(variables, options);
  EXPECT_EQ(found.name, expected.name);
  EXPECT_EQ(found.env_class, expected.env_class);
  EXPECT_EQ(found.platform, expected.platform);
  EXPECT_EQ(found.runner, expected.runner);
  EXPECT_EQ(found.commit, expected.commit);
  EXPECT_EQ(found.branch, expected.branch);
  EXPECT_EQ(found.deployment, expected.deployment);
  EXPECT_EQ(found.url, expected.url);
  EXPECT_EQ(found.pull_request, expected.pull_request);
}

const std::string kProd = "production";
const std::string kPreview = "preview";
const std::string kDev = "development";
const std::string kUnknown = "unknown";

const std::vector<Case> kHosted{
    {"Vercel_Production",
     {{"VERCEL", "1"},
      {"CI", "1"},
      {"VERCEL_ENV", "production"},
      {"VERCEL_TARGET_ENV", "production"},
      {"VERCEL_GIT_COMMIT_SHA", "c1"},
      {"VERCEL_GIT_COMMIT_REF", "main"},
      {"VERCEL_DEPLOYMENT_ID", "dpl_1"},
      {"VERCEL_URL", "shop-1.vercel.app"},
      {"VERCEL_PROJECT_PRODUCTION_URL", "shop.example"}},
     {kProd, kProd, "vercel", "vercel", "c1", "main", "dpl_1", "https://shop-1.vercel.app", ""}},
    {"Vercel_PreviewOfPullRequest",
     {{"VERCEL", "1"}, {"VERCEL_ENV", "preview"}, {"VERCEL_GIT_PULL_REQUEST_ID", "17"}, {"VERCEL_GIT_COMMIT_REF", "feat"}},
     {kPreview, kPreview, "vercel", "vercel", "", "feat", "", "", "17"}},
    {"Vercel_PulledDevelopmentFile",
     {{"VERCEL", "1"}, {"VERCEL_ENV", "development"}, {"VERCEL_GIT_COMMIT_SHA", ""}, {"VERCEL_GIT_COMMIT_REF", ""}},
     {kDev, kDev, "vercel", "vercel", "", "", "", "", ""}},
    {"Vercel_CustomEnvironment",
     {{"VERCEL", "1"}, {"VERCEL_ENV", "preview"}, {"VERCEL_TARGET_ENV", "staging-eu"}},
     {"staging-eu", kPreview, "vercel", "vercel", "", "", "", "", ""}},
    {"Netlify_Production",
     {{"NETLIFY", "true"},
      {"CONTEXT", "production"},
      {"COMMIT_REF", "c2"},
      {"BRANCH", "main"},
      {"HEAD", "main"},
      {"DEPLOY_ID", "65f"},
      {"DEPLOY_URL", "https://65f--s.netlify.app"},
      {"PULL_REQUEST", "false"},
      {"URL", "https://shop.example"}},
     {kProd, kProd, "netlify", "netlify", "c2", "main", "65f", "https://65f--s.netlify.app", ""}},
    {"Netlify_DeployPreview",
     {{"NETLIFY", "true"},
      {"CONTEXT", "deploy-preview"},
      {"BRANCH", "pull/5/head"},
      {"HEAD", "feat"},
      {"PULL_REQUEST", "true"},
      {"REVIEW_ID", "5"}},
     {kPreview, kPreview, "netlify", "netlify", "", "feat", "", "", "5"}},
    {"Netlify_BranchDeploy",
     {{"NETLIFY", "true"}, {"CONTEXT", "branch-deploy"}},
     {kPreview, kPreview, "netlify", "netlify", "", "", "", "", ""}},
    {"Netlify_ContextOfOneBranch", {{"NETLIFY", "true"}, {"CONTEXT", "qa"}}, {"qa", kPreview, "netlify", "netlify", "", "", "", "", ""}},
    {"Netlify_LocalDev",
     {{"NETLIFY_LOCAL", "true"}, {"CONTEXT", "dev"}, {"DEPLOY_ID", "0"}},
     {kDev, kDev, "netlify", "netlify", "", "", "", "", ""}},
    {"CloudflarePages_WithoutAProductionBranch",
     {{"CF_PAGES", "1"}, {"CF_PAGES_BRANCH", "main"}, {"CF_PAGES_COMMIT_SHA", "c3"}, {"CF_PAGES_URL", "https://a.pages.dev"}},
     {kUnknown, kUnknown, "cloudflare-pages", "cloudflare-pages", "c3", "main", "", "https://a.pages.dev", ""}},
    {"CloudflarePages_OnTheProductionBranch",
     {{"CF_PAGES", "1"}, {"CF_PAGES_BRANCH", "main"}},
     {kProd, kProd, "cloudflare-pages", "cloudflare-pages", "", "main", "", "", ""},
     {"", "main"}},
    {"CloudflareWorkers_OnAnotherBranch",
     {{"WORKERS_CI", "1"}, {"WORKERS_CI_BRANCH", "feat"}, {"WORKERS_CI_COMMIT_SHA", "c4"}, {"WORKERS_CI_BUILD_UUID", "u-1"}},
     {kPreview, kPreview, "cloudflare-workers", "cloudflare-workers", "c4", "feat", "u-1", "", ""},
     {"", "main"}},
    {"Render_Service",
     {{"RENDER", "true"},
      {"IS_PULL_REQUEST", "false"},
      {"RENDER_GIT_COMMIT", "c5"},
      {"RENDER_GIT_BRANCH", "main"},
      {"RENDER_EXTERNAL_URL", "https://s.onrender.com"}},
     {kProd, kProd, "render", "render", "c5", "main", "", "https://s.onrender.com", ""}},
    {"Render_Preview", {{"RENDER", "true"}, {"IS_PULL_REQUEST", "true"}}, {kPreview, kPreview, "render", "render", "", "", "", "", ""}},
    {"Railway_Production",
     {{"RAILWAY_PROJECT_ID", "p"},
      {"RAILWAY_ENVIRONMENT_NAME", "production"},
      {"RAILWAY_GIT_COMMIT_SHA", "c6"},
      {"RAILWAY_GIT_BRANCH", "main"},
      {"RAILWAY_DEPLOYMENT_ID", "d"},
      {"RAILWAY_PUBLIC_DOMAIN", "s.up.railway.app"}},
     {kProd, kProd, "railway", "railway", "c6", "main", "d", "https://s.up.railway.app", ""}},
    {"Railway_PullRequestEnvironment",
     {{"RAILWAY_PROJECT_ID", "p"}, {"RAILWAY_ENVIRONMENT_NAME", "shop-pr-12"}},
     {"shop-pr-12", kPreview, "railway", "railway", "", "", "", "", ""}},
    {"Railway_FreeName",
     {{"RAILWAY_PROJECT_ID", "p"}, {"RAILWAY_ENVIRONMENT_NAME", "acme"}},
     {"acme", kUnknown, "railway", "railway", "", "", "", "", ""}},
    {"Amplify_PullRequest",
     {{"AWS_APP_ID", "a"},
      {"AWS_BRANCH", "pr-9"},
      {"AWS_PULL_REQUEST_ID", "9"},
      {"AWS_PULL_REQUEST_SOURCE_BRANCH", "feat"},
      {"AWS_COMMIT_ID", "c7"},
      {"AWS_JOB_ID", "0000000004"}},
     {kPreview, kPreview, "aws-amplify", "aws-amplify", "c7", "feat", "0000000004", "", "9"}},
    {"Amplify_RebuildHasNoCommit",
     {{"AWS_APP_ID", "a"}, {"AWS_BRANCH", "main"}, {"AWS_COMMIT_ID", "HEAD"}},
     {kUnknown, kUnknown, "aws-amplify", "aws-amplify", "", "main", "", "", ""}},
    {"Zeabur",
     {{"ZEABUR", "1"}, {"ZEABUR_GIT_COMMIT_SHA", "c8"}, {"ZEABUR_GIT_BRANCH", "main"}, {"ZEABUR_WEB_URL", "https://z.zeabur.app"}},
     {kUnknown, kUnknown, "zeabur", "zeabur", "c8", "main", "", "https://z.zeabur.app", ""}},
    {"Northflank",
     {{"NF_PROJECT_ID", "p"}, {"NF_OBJECT_ID", "o"}, {"NF_DEPLOYMENT_SHA", "c9"}, {"NF_DEPLOYMENT_BRANCH", "main"}},
     {kUnknown, kUnknown, "northflank", "northflank", "c9", "main", "o", "", ""}},
    {"Fly_ReleaseMachine",
     {{"FLY_APP_NAME", "shop"}, {"FLY_MACHINE_ID", "m"}, {"RELEASE_COMMAND", "1"}, {"FLY_IMAGE_REF", "registry.fly.io/shop:1"}},
     {kUnknown, kUnknown, "fly", "fly", "", "", "registry.fly.io/shop:1", "", ""}},
    {"Heroku_ReleasePhase",
     {{"DYNO", "release.1"}, {"HEROKU_BUILD_COMMIT", "new"}, {"HEROKU_SLUG_COMMIT", "stale"}, {"HEROKU_RELEASE_VERSION", "v42"}},
     {kUnknown, kUnknown, "heroku", "heroku", "new", "", "v42", "", ""}},
    {"Heroku_ReviewApp",
     {{"DYNO", "web.1"}, {"HEROKU_PR_NUMBER", "3"}, {"HEROKU_BRANCH", "feat"}},
     {kPreview, kPreview, "heroku", "heroku", "", "feat", "", "", "3"}},
    {"Coolify",
     {{"COOLIFY_RESOURCE_UUID", "r"}, {"SOURCE_COMMIT", "c10"}, {"COOLIFY_BRANCH", "main"}, {"COOLIFY_FQDN", "shop.example"}},
     {kUnknown, kUnknown, "coolify", "coolify", "c10", "main", "", "https://shop.example", ""}},
};

const std::vector<Case> kRunners{
    {"GitHub_Push",
     {{"CI", "true"},
      {"GITHUB_ACTIONS", "true"},
      {"GITHUB_SHA", "c1"},
      {"GITHUB_REF", "refs/heads/main"},
      {"GITHUB_REF_NAME", "main"},
      {"GITHUB_RUN_ID", "99"},
      {"GITHUB_SERVER_URL", "https://github.com"},
      {"GITHUB_REPOSITORY", "acme/shop"}},
     {kUnknown, kUnknown, kUnknown, "github", "c1", "main", "99", "https://github.com/acme/shop/actions/runs/99", ""}},
    {"GitHub_PullRequest",
     {{"GITHUB_ACTIONS", "true"}, {"GITHUB_REF", "refs/pull/12/merge"}, {"GITHUB_REF_NAME", "12/merge"}, {"GITHUB_HEAD_REF", "feat"}},
     {kUnknown, kUnknown, kUnknown, "github", "", "feat", "", "", "12"}},
    {"GitHub_Tag",
     {{"GITHUB_ACTIONS", "true"}, {"GITHUB_REF", "refs/tags/v1"}, {"GITHUB_REF_NAME", "v1"}, {"GITHUB_REF_TYPE", "tag"}},
     {kUnknown, kUnknown, kUnknown, "github", "", "", "", "", ""}},
    {"Gitea_IsNotGitHub",
     {{"GITEA_ACTIONS", "true"}, {"GITHUB_ACTIONS", "true"}, {"GITHUB_SHA", "c2"}, {"GITHUB_REF", "refs/heads/main"}},
     {kUnknown, kUnknown, kUnknown, "gitea", "c2", "main", "", "", ""}},
    {"GitLab_EnvironmentWithTier",
     {{"GITLAB_CI", "true"},
      {"CI_ENVIRONMENT_NAME", "live-eu"},
      {"CI_ENVIRONMENT_TIER", "production"},
      {"CI_COMMIT_SHA", "c3"},
      {"CI_COMMIT_BRANCH", "main"},
      {"CI_PIPELINE_ID", "7"},
      {"CI_ENVIRONMENT_URL", "https://shop.example"}},
     {"live-eu", kProd, kUnknown, "gitlab", "c3", "main", "7", "https://shop.example", ""}},
    {"GitLab_MergeRequestByItsVisibleNumber",
     {{"GITLAB_CI", "true"},
      {"CI_MERGE_REQUEST_IID", "4"},
      {"CI_MERGE_REQUEST_ID", "123456"},
      {"CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "feat"},
      {"CI_COMMIT_REF_NAME", "feat"},
      {"CI_JOB_URL", "https://gl/1"}},
     {kUnknown, kUnknown, kUnknown, "gitlab", "", "feat", "", "https://gl/1", "4"}},
    {"GitLab_ReviewApp",
     {{"GITLAB_CI", "true"}, {"CI_ENVIRONMENT_NAME", "review/feat"}},
     {"review/feat", kPreview, kUnknown, "gitlab", "", "", "", "", ""}},
    {"GitLab_Tag",
     {{"GITLAB_CI", "true"}, {"CI_COMMIT_TAG", "v1"}, {"CI_COMMIT_REF_NAME", "v1"}},
     {kUnknown, kUnknown, kUnknown, "gitlab", "", "", "", "", ""}},
    {"Bitbucket_Deployment",
     {{"BITBUCKET_BUILD_NUMBER", "8"},
      {"BITBUCKET_DEPLOYMENT_ENVIRONMENT", "production"},
      {"BITBUCKET_COMMIT", "c4"},
      {"BITBUCKET_BRANCH", "main"}},
     {kProd, kProd, kUnknown, "bitbucket", "c4", "main", "8", "", ""}},
    {"CircleCI_PullRequestByItsAddress",
     {{"CIRCLECI", "true"},
      {"CIRCLE_SHA1", "c5"},
      {"CIRCLE_BRANCH", "feat"},
      {"CIRCLE_WORKFLOW_ID", "w"},
      {"CIRCLE_BUILD_URL", "https://c/1"},
      {"CIRCLE_PULL_REQUEST", "https://github.com/a/b/pull/21"}},
     {kUnknown, kUnknown, kUnknown, "circleci", "c5", "feat", "w", "https://c/1", "21"}},
    {"Buildkite_FalseIsNoPullRequest",
     {{"BUILDKITE", "true"},
      {"BUILDKITE_COMMIT", "HEAD"},
      {"BUILDKITE_BRANCH", "main"},
      {"BUILDKITE_BUILD_ID", "b"},
      {"BUILDKITE_PULL_REQUEST", "false"}},
     {kUnknown, kUnknown, kUnknown, "buildkite", "", "main", "b", "", ""}},
    {"AzurePipelines_PullRequest",
     {{"TF_BUILD", "True"},
      {"BUILD_SOURCEVERSION", "c6"},
      {"BUILD_SOURCEBRANCH", "refs/pull/3/merge"},
      {"SYSTEM_PULLREQUEST_SOURCEBRANCH", "refs/heads/team/feat"},
      {"BUILD_BUILDID", "5"},
      {"SYSTEM_PULLREQUEST_PULLREQUESTID", "3"}},
     {kUnknown, kUnknown, kUnknown, "azure-pipelines", "c6", "team/feat", "5", "", "3"}},
    {"CodeBuild_PullRequest",
     {{"CODEBUILD_BUILD_ID", "p:1"},
      {"CODEBUILD_RESOLVED_SOURCE_VERSION", "c7"},
      {"CODEBUILD_WEBHOOK_HEAD_REF", "refs/heads/feat"},
      {"CODEBUILD_WEBHOOK_TRIGGER", "pr/6"}},
     {kUnknown, kUnknown, kUnknown, "codebuild", "c7", "feat", "p:1", "", "6"}},
    {"Jenkins_PlainJob",
     {{"JENKINS_URL", "http://j/"},
      {"BUILD_ID", "4"},
      {"BUILD_NUMBER", "4"},
      {"GIT_COMMIT", "c8"},
      {"GIT_BRANCH", "origin/main"},
      {"BUILD_URL", "http://j/4/"}},
     {kUnknown, kUnknown, kUnknown, "jenkins", "c8", "main", "4", "http://j/4/", ""}},
    {"Codefresh_IsNotCloudflare",
     {{"CF_BUILD_ID", "b"}, {"CF_BRANCH", "main"}, {"CF_REVISION", "c9"}},
     {kUnknown, kUnknown, kUnknown, "codefresh", "c9", "main", "b", "", ""}},
    {"Travis",
     {{"TRAVIS", "true"}, {"TRAVIS_PULL_REQUEST", "false"}, {"TRAVIS_COMMIT", "c10"}, {"TRAVIS_BRANCH", "main"}, {"TRAVIS_BUILD_ID", "1"}},
     {kUnknown, kUnknown, kUnknown, "travis", "c10", "main", "1", "", ""}},
    {"Drone",
     {{"DRONE", "true"}, {"DRONE_COMMIT_SHA", "c11"}, {"DRONE_BRANCH", "main"}, {"DRONE_BUILD_NUMBER", "2"}},
     {kUnknown, kUnknown, kUnknown, "drone", "c11", "main", "2", "", ""}},
    {"Woodpecker",
     {{"CI", "woodpecker"}, {"CI_COMMIT_SHA", "c12"}, {"CI_COMMIT_BRANCH", "main"}, {"CI_PIPELINE_NUMBER", "3"}},
     {kUnknown, kUnknown, kUnknown, "woodpecker", "c12", "main", "3", "", ""}},
    {"TeamCity",
     {{"TEAMCITY_VERSION", "2024.1"}, {"BUILD_VCS_NUMBER", "c13"}, {"BUILD_NUMBER", "9"}},
     {kUnknown, kUnknown, kUnknown, "teamcity", "c13", "", "9", "", ""}},
    {"CloudBuild_Mapped",
     {{"BUILDER_OUTPUT", "/builder/outputs"}, {"COMMIT_SHA", "c14"}, {"BRANCH_NAME", "main"}},
     {kUnknown, kUnknown, kUnknown, "cloud-build", "c14", "main", "", "", ""}},
    {"UnknownCiService", {{"CI", "true"}}, {kUnknown, kUnknown, kUnknown, "ci", "", "", "", "", ""}},
    {"CiSwitchedOff", {{"CI", "false"}}, {kUnknown, kUnknown, kUnknown, kUnknown, "", "", "", "", ""}},
};

const std::vector<Case> kRuntimes{
    {"CloudRun_Job",
     {{"CLOUD_RUN_JOB", "migrate"}, {"CLOUD_RUN_EXECUTION", "migrate-1"}},
     {kUnknown, kUnknown, "cloud-run", "cloud-run", "", "", "migrate-1", "", ""}},
    {"AppService_Slot",
     {{"WEBSITE_SITE_NAME", "s"}, {"WEBSITE_INSTANCE_ID", "i"}, {"WEBSITE_SLOT_NAME", "blue"}, {"WEBSITE_HOSTNAME", "s.azurewebsites.net"}},
     {"blue", kPreview, "azure-app-service", "azure-app-service", "", "", "", "https://s.azurewebsites.net", ""}},
    {"Kubernetes_Job", {{"KUBERNETES_SERVICE_HOST", "10.0.0.1"}}, {kUnknown, kUnknown, "kubernetes", "kubernetes", "", "", "", "", ""}},
    {"Kubernetes_UnderARunnerIsOnlyItsMachine",
     {{"KUBERNETES_SERVICE_HOST", "10.0.0.1"}, {"GITLAB_CI", "true"}},
     {kUnknown, kUnknown, kUnknown, "gitlab", "", "", "", "", ""}},
};

const std::vector<Case> kTraps{
    {"Nothing_IsUnknown", {}, {kUnknown, kUnknown, kUnknown, kUnknown, "", "", "", "", ""}},
    {"NodeEnv_SaysNothing", {{"NODE_ENV", "development"}}, {kUnknown, kUnknown, kUnknown, kUnknown, "", "", "", "", ""}},
    {"EmptyMarker_IsUnset", {{"VERCEL", ""}, {"NETLIFY", ""}, {"CI", ""}}, {kUnknown, kUnknown, kUnknown, kUnknown, "", "", "", "", ""}},
    {"EmptyPullRequest_IsNone",
     {{"VERCEL", "1"}, {"VERCEL_ENV", "preview"}, {"VERCEL_GIT_PULL_REQUEST_ID", ""}},
     {kPreview, kPreview, "vercel", "vercel", "", "", "", "", ""}},
    {"MarkerWithoutEnvironmentName_IsNeverProduction",
     {{"VERCEL", "1"}, {"VERCEL_PROJECT_PRODUCTION_URL", "shop.example"}},
     {kUnknown, kUnknown, "vercel", "vercel", "", "", "", "", ""}},
    {"TargetWithoutEnvironment_IsUnknown",
     {{"VERCEL", "1"}, {"VERCEL_TARGET_ENV", "qa"}},
     {kUnknown, kUnknown, "vercel", "vercel", "", "", "", "", ""}},
    {"VercelBuildInsideGitHub_HasTwoAnswers",
     {{"GITHUB_ACTIONS", "true"}, {"VERCEL", "1"}, {"NOW_BUILDER", "1"}, {"GITHUB_SHA", "c"}, {"GITHUB_REF", "refs/heads/main"}},
     {kUnknown, kUnknown, "vercel", "github", "c", "main", "", "", ""}},
    {"PlatformsOwnCommit_WinsOverTheRunners",
     {{"GITHUB_ACTIONS", "true"}, {"VERCEL", "1"}, {"VERCEL_GIT_COMMIT_SHA", "v"}, {"GITHUB_SHA", "merge"}},
     {kUnknown, kUnknown, "vercel", "github", "v", "", "", "", ""}},
    {"GivenName_Wins",
     {{"VERCEL", "1"}, {"VERCEL_ENV", "production"}},
     {"staging", kPreview, "vercel", "vercel", "", "", "", "", ""},
     {"staging", "main"}},
    {"GivenOwnName_HasNoClass",
     {{"VERCEL", "1"}, {"VERCEL_ENV", "preview"}},
     {"acme-eu", kUnknown, "vercel", "vercel", "", "", "", "", ""},
     {"acme-eu", ""}},
    {"ProductionBranch_DoesNotOverruleThePlatform",
     {{"VERCEL", "1"}, {"VERCEL_ENV", "preview"}, {"VERCEL_GIT_COMMIT_REF", "main"}},
     {kPreview, kPreview, "vercel", "vercel", "", "main", "", "", ""},
     {"", "main"}},
    {"PullRequestFromABranchOfThatName_IsNotProduction",
     {{"GITHUB_ACTIONS", "true"}, {"GITHUB_REF", "refs/pull/2/merge"}, {"GITHUB_HEAD_REF", "main"}},
     {kPreview, kPreview, kUnknown, "github", "", "main", "", "", "2"},
     {"", "main"}},
    {"TokensForAPlatform_AreNoSignOfIt",
     {{"VERCEL_TOKEN", "t"}, {"VERCEL_PROJECT_ID", "p"}, {"VERCEL_ORG_ID", "o"}},
     {kUnknown, kUnknown, kUnknown, kUnknown, "", "", "", "", ""}},
};

const auto title = [](const testing::TestParamInfo<Case>& info) { return info.param.title; };
INSTANTIATE_TEST_SUITE_P(Hosted, Detect, testing::ValuesIn(kHosted), title);
INSTANTIATE_TEST_SUITE_P(Runner, Detect, testing::ValuesIn(kRunners), title);
INSTANTIATE_TEST_SUITE_P(Runtime, Detect, testing::ValuesIn(kRuntimes), title);
INSTANTIATE_TEST_SUITE_P(Trap, Detect, testing::ValuesIn(kTraps), title);

TEST(Platforms, EveryRow_IsCoveredByACase) {
  for (const auto& platform : platforms()) {
    bool covered = false;
    for (const auto* cases : {&kHosted, &kRunners, &kRuntimes})
      for (const auto& one : *cases) covered = covered || one.expected.platform == platform.id || one.expected.runner == platform.id;
    EXPECT_TRUE(covered) << platform.id;
  }
}

TEST(ClassOf, SharedServerCalledDev_IsNotDevelopment) {
  EXPECT_EQ(class_of("development"), "development");
  EXPECT_EQ(class_of("dev"), "unknown");
  EXPECT_EQ(class_of("Production"), "production");
  EXPECT_EQ(class_of("pr-4"), "preview");
  EXPECT_EQ(class_of("4"), "unknown");
  EXPECT_EQ(class_of("-pr-"), "unknown");
}

}  // namespace
}  // namespace tidegate::environment
