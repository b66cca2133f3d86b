// SPDX-License-Identifier: Apache-2.0
//
// Each row holds the variables that the platform documents for its builds.
#include "platforms.hpp"

#include <algorithm>

namespace tidegate::environment {
namespace {

template <std::size_t n>
struct Name {
  char text[n];
  constexpr Name(const char (&from)[n]) { std::copy_n(from, n, text); }
};

/// All of these are set.
template <Name... variables>
bool set(const Lookup& lookup) {
  return (!lookup(variables.text).empty() && ...);
}

/// It has this value.
template <Name variable, Name value>
bool is(const Lookup& lookup) {
  return lookup(variable.text) == value.text;
}

/// Set, and not to 0 or false.
template <Name variable>
bool on(const Lookup& lookup) {
  const std::string value = lookup(variable.text);
  return !value.empty() && value != "0" && value != "false";
}

std::string without_prefix(std::string text, std::string_view prefix) {
  if (text.rfind(prefix, 0) == 0) text.erase(0, prefix.size());
  return text;
}

/// The N of `prefix`N or `prefix`N/…; empty when it is not a number.
std::string number_after(const std::string& text, std::string_view prefix) {
  if (text.rfind(prefix, 0) != 0) return {};
  const std::string rest = text.substr(prefix.size(), text.find('/', prefix.size()) - prefix.size());
  return rest.find_first_not_of("0123456789") == std::string::npos ? rest : std::string();
}

/// A full ref as a branch: empty for tags and pull requests.
std::string branch_of_ref(const std::string& ref) {
  if (ref.rfind("refs/heads/", 0) == 0) return ref.substr(11);
  return ref.rfind("refs/", 0) == 0 ? std::string() : ref;
}

std::string last_part(const std::string& path) {
  const auto slash = path.find_last_of('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

Named same(std::string name) {
  return {name, name};
}

/// A free name: its class as far as the name says.
template <Name variable>
Named free_name(const Lookup& lookup) {
  const std::string name = lookup(variable.text);
  return name.empty() ? Named{} : Named{name, class_of(name)};
}

/// Custom environments have their name in VERCEL_TARGET_ENV and their class in VERCEL_ENV.
Named vercel(const Lookup& lookup) {
  const std::string env = lookup("VERCEL_ENV");
  if (env != "production" && env != "preview" && env != "development") return {};
  const std::string target = lookup("VERCEL_TARGET_ENV");
  return {target.empty() ? env : target, env};
}

Named netlify(const Lookup& lookup) {
  const std::string context = lookup("CONTEXT");
  if (context.empty()) return {};
  if (context == "production") return same(context);
  if (context == "dev") return same("development");
  if (context == "deploy-preview" || context == "branch-deploy" || context == "preview-server") return same("preview");
  return {context, "preview"};  // a branch that has a context of its own
}

Named render(const Lookup& lookup) {
  const std::string pull_request = lookup("IS_PULL_REQUEST");
  return pull_request == "true" ? same("preview") : pull_request == "false" ? same("production") : Named{};
}

/// Preview when one of these is set.
template <Name... variables>
Named preview_if(const Lookup& lookup) {
  return (!lookup(variables.text).empty() || ...) ? same("preview") : Named{};
}

Named app_service(const Lookup& lookup) {
  const std::string slot = lookup("WEBSITE_SLOT_NAME");
  if (slot.empty()) return {};
  return slot == "Production" || slot == "production" ? same("production") : Named{slot, "preview"};
}

Named gitlab(const Lookup& lookup) {
  const std::string name = lookup("CI_ENVIRONMENT_NAME");
  const std::string tier = lookup("CI_ENVIRONMENT_TIER");
  if (name.empty()) return {};
  return {name, tier.empty() ? class_of(name) : class_of(tier)};
}

// GitHub gives a tag in GITHUB_REF_NAME too, and "12/merge" for a pull request.
std::string github_branch(const Lookup& lookup) {
  const std::string head = lookup("GITHUB_HEAD_REF");
  if (!head.empty()) return head;
  const std::string ref = lookup("GITHUB_REF");
  if (!ref.empty()) return branch_of_ref(ref);
  return lookup("GITHUB_REF_TYPE") == "tag" ? std::string() : lookup("GITHUB_REF_NAME");
}

std::string github_run(const Lookup& lookup) {
  const std::string server = lookup("GITHUB_SERVER_URL");
  const std::string repository = lookup("GITHUB_REPOSITORY");
  const std::string id = lookup("GITHUB_RUN_ID");
  return server.empty() || repository.empty() || id.empty() ? std::string() : server + "/" + repository + "/actions/runs/" + id;
}

std::string jenkins_branch(const Lookup& lookup) {
  for (const std::string_view name : {"CHANGE_BRANCH", "BRANCH_NAME", "GIT_LOCAL_BRANCH"})
    if (auto value = lookup(name); !value.empty()) return value;
  return without_prefix(lookup("GIT_BRANCH"), "origin/");
}

std::string gitlab_branch(const Lookup& lookup) {
  for (const std::string_view name : {"CI_COMMIT_BRANCH", "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME"})
    if (auto value = lookup(name); !value.empty()) return value;
  return lookup("CI_COMMIT_TAG").empty() ? lookup("CI_COMMIT_REF_NAME") : std::string();
}

std::string azure_branch(const Lookup& lookup) {
  const std::string source = lookup("SYSTEM_PULLREQUEST_SOURCEBRANCH");
  return branch_of_ref(source.empty() ? lookup("BUILD_SOURCEBRANCH") : source);
}

std::string codebuild_pull_request(const Lookup& lookup) {
  const std::string number = number_after(lookup("CODEBUILD_WEBHOOK_TRIGGER"), "pr/");
  return number.empty() ? number_after(lookup("CODEBUILD_SOURCE_VERSION"), "pr/") : number;
}

std::string netlify_deployment(const Lookup& lookup) {
  const std::string id = lookup("DEPLOY_ID");
  return id == "0" ? std::string() : id;  // a build on somebody's own machine
}

std::vector<Platform> make_table() {
  const Source github_pull_request{{}, [](const Lookup& v) { return number_after(v("GITHUB_REF"), "refs/pull/"); }};
  return {
      {"vercel",
       "Vercel",
       Tier::hosted,
       [](const Lookup& v) { return on<"VERCEL">(v) || on<"NOW_BUILDER">(v); },
       vercel,
       {{"VERCEL_GIT_COMMIT_SHA"}},
       {{"VERCEL_GIT_COMMIT_REF"}},
       {{"VERCEL_DEPLOYMENT_ID"}},
       {{"VERCEL_URL"}},
       {{"VERCEL_GIT_PULL_REQUEST_ID"}}},
      {"netlify",
       "Netlify",
       Tier::hosted,
       [](const Lookup& v) { return on<"NETLIFY">(v) || on<"NETLIFY_LOCAL">(v); },
       netlify,
       {{"COMMIT_REF"}},
       {{"BRANCH"}, [](const Lookup& v) { return is<"PULL_REQUEST", "true">(v) ? v("HEAD") : std::string(); }},
       {{}, netlify_deployment},
       {{"DEPLOY_URL", "DEPLOY_PRIME_URL"}},
       {{}, [](const Lookup& v) { return is<"PULL_REQUEST", "true">(v) ? v("REVIEW_ID") : std::string(); }}},
      {"cloudflare-pages",
       "Cloudflare Pages",
       Tier::hosted,
       on<"CF_PAGES">,
       nullptr,
       {{"CF_PAGES_COMMIT_SHA"}},
       {{"CF_PAGES_BRANCH"}},
       {},
       {{"CF_PAGES_URL"}}},
      {"cloudflare-workers",
       "Cloudflare Workers",
       Tier::hosted,
       on<"WORKERS_CI">,
       nullptr,
       {{"WORKERS_CI_COMMIT_SHA"}},
       {{"WORKERS_CI_BRANCH"}},
       {{"WORKERS_CI_BUILD_UUID"}}},
      {"render",
       "Render",
       Tier::hosted,
       on<"RENDER">,
       render,
       {{"RENDER_GIT_COMMIT"}},
       {{"RENDER_GIT_BRANCH"}},
       {},
       {{"RENDER_EXTERNAL_URL"}}},
      {"railway",
       "Railway",
       Tier::hosted,
       set<"RAILWAY_PROJECT_ID">,
       free_name<"RAILWAY_ENVIRONMENT_NAME">,
       {{"RAILWAY_GIT_COMMIT_SHA"}},
       {{"RAILWAY_GIT_BRANCH"}},
       {{"RAILWAY_DEPLOYMENT_ID"}},
       {{"RAILWAY_PUBLIC_DOMAIN"}}},
      {"aws-amplify",
       "AWS Amplify",
       Tier::hosted,
       set<"AWS_APP_ID", "AWS_BRANCH">,
       preview_if<"AWS_PULL_REQUEST_ID">,
       {{"AWS_COMMIT_ID"}},
       {{"AWS_PULL_REQUEST_SOURCE_BRANCH", "AWS_BRANCH"}},
       {{"AWS_JOB_ID"}},
       {},
       {{"AWS_PULL_REQUEST_ID"}}},
      {"zeabur",
       "Zeabur",
       Tier::hosted,
       on<"ZEABUR">,
       nullptr,
       {{"ZEABUR_GIT_COMMIT_SHA"}},
       {{"ZEABUR_GIT_BRANCH"}},
       {},
       {{"ZEABUR_WEB_URL", "ZEABUR_WEB_DOMAIN"}}},
      {"northflank",
       "Northflank",
       Tier::hosted,
       set<"NF_PROJECT_ID", "NF_OBJECT_ID">,
       nullptr,
       {{"NF_DEPLOYMENT_SHA"}},
       {{"NF_DEPLOYMENT_BRANCH"}},
       {{"NF_OBJECT_ID"}}},
      {"fly", "Fly.io", Tier::hosted, set<"FLY_APP_NAME", "FLY_MACHINE_ID">, nullptr, {}, {}, {{"FLY_IMAGE_REF"}}},
      {"heroku",
       "Heroku",
       Tier::hosted,
       set<"DYNO">,
       preview_if<"HEROKU_PR_NUMBER", "HEROKU_PARENT_APP_NAME">,
       {{"HEROKU_BUILD_COMMIT", "HEROKU_SLUG_COMMIT"}},
       {{"HEROKU_BRANCH"}},
       {{"HEROKU_RELEASE_VERSION"}},
       {},
       {{"HEROKU_PR_NUMBER"}}},
      {"coolify",
       "Coolify",
       Tier::hosted,
       set<"COOLIFY_RESOURCE_UUID">,
       nullptr,
       {{"SOURCE_COMMIT"}},
       {{"COOLIFY_BRANCH"}},
       {},
       {{"COOLIFY_URL", "COOLIFY_FQDN"}}},

      // Gitea sets GitHub's variables too, so it stands before it.
      {"gitea",
       "Gitea Actions",
       Tier::runner,
       on<"GITEA_ACTIONS">,
       nullptr,
       {{"GITHUB_SHA"}},
       {{}, github_branch},
       {{"GITHUB_RUN_ID"}},
       {{}, github_run},
       github_pull_request},
      {"github",
       "GitHub Actions",
       Tier::runner,
       on<"GITHUB_ACTIONS">,
       nullptr,
       {{"GITHUB_SHA"}},
       {{}, github_branch},
       {{"GITHUB_RUN_ID"}},
       {{}, github_run},
       github_pull_request},
      // The visible number of a merge request is the IID; CI_MERGE_REQUEST_ID counts over the whole instance.
      {"gitlab",
       "GitLab CI",
       Tier::runner,
       on<"GITLAB_CI">,
       gitlab,
       {{"CI_COMMIT_SHA"}},
       {{}, gitlab_branch},
       {{"CI_PIPELINE_ID"}},
       {{"CI_ENVIRONMENT_URL", "CI_JOB_URL"}},
       {{"CI_MERGE_REQUEST_IID"}}},
      {"bitbucket",
       "Bitbucket Pipelines",
       Tier::runner,
       set<"BITBUCKET_BUILD_NUMBER">,
       free_name<"BITBUCKET_DEPLOYMENT_ENVIRONMENT">,
       {{"BITBUCKET_COMMIT"}},
       {{"BITBUCKET_BRANCH"}},
       {{"BITBUCKET_BUILD_NUMBER"}},
       {},
       {{"BITBUCKET_PR_ID"}}},
      {"circleci",
       "CircleCI",
       Tier::runner,
       on<"CIRCLECI">,
       nullptr,
       {{"CIRCLE_SHA1"}},
       {{"CIRCLE_BRANCH"}},
       {{"CIRCLE_WORKFLOW_ID", "CIRCLE_BUILD_NUM"}},
       {{"CIRCLE_BUILD_URL"}},
       {{"CIRCLE_PR_NUMBER"},
        [](const Lookup& v) { return v("CIRCLE_PR_NUMBER").empty() ? last_part(v("CIRCLE_PULL_REQUEST")) : std::string(); }}},
      {"buildkite",
       "Buildkite",
       Tier::runner,
       on<"BUILDKITE">,
       nullptr,
       {{"BUILDKITE_COMMIT"}},
       {{"BUILDKITE_BRANCH"}},
       {{"BUILDKITE_BUILD_ID"}},
       {{"BUILDKITE_BUILD_URL"}},
       {{"BUILDKITE_PULL_REQUEST"}}},
      {"azure-pipelines",
       "Azure Pipelines",
       Tier::runner,
       on<"TF_BUILD">,
       free_name<"ENVIRONMENT_NAME">,
       {{"BUILD_SOURCEVERSION"}},
       {{}, azure_branch},
       {{"BUILD_BUILDID"}},
       {},
       {{"SYSTEM_PULLREQUEST_PULLREQUESTNUMBER", "SYSTEM_PULLREQUEST_PULLREQUESTID"}}},
      {"codebuild",
       "AWS CodeBuild",
       Tier::runner,
       [](const Lookup& v) { return set<"CODEBUILD_BUILD_ID">(v) || set<"CODEBUILD_BUILD_ARN">(v); },
       nullptr,
       {{"CODEBUILD_RESOLVED_SOURCE_VERSION"}},
       {{}, [](const Lookup& v) { return branch_of_ref(v("CODEBUILD_WEBHOOK_HEAD_REF")); }},
       {{"CODEBUILD_BUILD_ID"}},
       {{"CODEBUILD_PUBLIC_BUILD_URL"}},
       {{}, codebuild_pull_request}},
      {"jenkins",
       "Jenkins",
       Tier::runner,
       set<"JENKINS_URL", "BUILD_ID">,
       nullptr,
       {{"ghprbActualCommit", "GIT_COMMIT"}},
       {{}, jenkins_branch},
       {{"BUILD_NUMBER"}},
       {{"BUILD_URL"}},
       {{"CHANGE_ID", "ghprbPullId", "gitlabMergeRequestId"}}},
      // CF_ is Codefresh's prefix as well as Cloudflare's.
      {"codefresh",
       "Codefresh",
       Tier::runner,
       set<"CF_BUILD_ID">,
       nullptr,
       {{"CF_REVISION"}},
       {{"CF_BRANCH"}},
       {{"CF_BUILD_ID"}},
       {{"CF_BUILD_URL"}},
       {{"CF_PULL_REQUEST_NUMBER"}}},
      {"travis",
       "Travis CI",
       Tier::runner,
       on<"TRAVIS">,
       nullptr,
       {{"TRAVIS_PULL_REQUEST_SHA", "TRAVIS_COMMIT"}},
       {{"TRAVIS_PULL_REQUEST_BRANCH", "TRAVIS_BRANCH"}},
       {{"TRAVIS_BUILD_ID"}},
       {{"TRAVIS_BUILD_WEB_URL"}},
       {{"TRAVIS_PULL_REQUEST"}}},
      {"drone",
       "Drone",
       Tier::runner,
       on<"DRONE">,
       nullptr,
       {{"DRONE_COMMIT_SHA"}},
       {{"DRONE_SOURCE_BRANCH", "DRONE_BRANCH"}},
       {{"DRONE_BUILD_NUMBER"}},
       {{"DRONE_BUILD_LINK"}},
       {{"DRONE_PULL_REQUEST"}}},
      {"woodpecker",
       "Woodpecker",
       Tier::runner,
       is<"CI", "woodpecker">,
       nullptr,
       {{"CI_COMMIT_SHA"}},
       {{"CI_COMMIT_SOURCE_BRANCH", "CI_COMMIT_BRANCH"}},
       {{"CI_PIPELINE_NUMBER"}},
       {},
       {{"CI_COMMIT_PULL_REQUEST"}}},
      {"teamcity", "TeamCity", Tier::runner, set<"TEAMCITY_VERSION">, nullptr, {{"BUILD_VCS_NUMBER"}}, {}, {{"BUILD_NUMBER"}}},
      // Substitutions of Cloud Build are no environment variables: these are there when the build maps them.
      {"cloud-build",
       "Google Cloud Build",
       Tier::runner,
       set<"BUILDER_OUTPUT">,
       nullptr,
       {{"COMMIT_SHA"}},
       {{"BRANCH_NAME"}},
       {{"BUILD_ID"}},
       {},
       {{"_PR_NUMBER"}}},

      {"cloud-run",
       "Google Cloud Run",
       Tier::runtime,
       [](const Lookup& v) { return set<"K_SERVICE", "K_REVISION">(v) || set<"CLOUD_RUN_JOB">(v); },
       nullptr,
       {},
       {},
       {{"K_REVISION", "CLOUD_RUN_EXECUTION"}}},
      {"azure-app-service",
       "Azure App Service",
       Tier::runtime,
       set<"WEBSITE_SITE_NAME", "WEBSITE_INSTANCE_ID">,
       app_service,
       {},
       {},
       {},
       {{"WEBSITE_HOSTNAME"}}},
      {"kubernetes", "Kubernetes", Tier::runtime, set<"KUBERNETES_SERVICE_HOST">},
  };
}

}  // namespace

const std::vector<Platform>& platforms() {
  static const std::vector<Platform> table = make_table();
  return table;
}

}  // namespace tidegate::environment
