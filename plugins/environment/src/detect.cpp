// SPDX-License-Identifier: Apache-2.0
#include "detect.hpp"

#include <algorithm>

#include "platforms.hpp"

namespace tidegate::environment {
namespace {

constexpr std::string_view kUnknown = "unknown";

std::string read(const Platform* from, Source Platform::*field, const Lookup& lookup) {
  if (from == nullptr) return {};
  const Source& source = from->*field;
  std::string value = source.special != nullptr ? source.special(lookup) : std::string();
  for (const auto variable : source.variables)
    if (value.empty()) value = lookup(variable);
  return value;
}

const Platform* find(Tier tier, const Lookup& lookup) {
  for (const auto& platform : platforms())
    if (platform.tier == tier && platform.here(lookup)) return &platform;
  return nullptr;
}

bool truthy(const std::string& value) {
  return !value.empty() && value != "0" && value != "false";
}

/// Render's, Buildkite's, Netlify's and Travis's way to say that there is none.
std::string pull_request_number(std::string value) {
  return value == "false" || value == "0" ? std::string() : value;
}

std::string with_scheme(const std::string& url) {
  return url.empty() || url.find("://") != std::string::npos ? url : "https://" + url;
}

Named name_environment(const Platform* platform, const Platform* runner, const Detected& found, const Lookup& lookup,
                       const Options& options) {
  if (!options.name.empty()) return {options.name, class_of(options.name)};
  for (const auto* from : {platform, runner}) {
    if (from == nullptr || from->environment == nullptr) continue;
    Named named = from->environment(lookup);
    if (!named.name.empty()) return named;
  }
  if (!options.production_branch.empty() && !found.branch.empty()) {
    const bool production = found.branch == options.production_branch && found.pull_request.empty();
    const std::string name = production ? "production" : "preview";
    return {name, name};
  }
  return {};
}

}  // namespace

std::string class_of(std::string_view name) {
  std::string word(name);
  std::transform(word.begin(), word.end(), word.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (word == "production" || word == "prod") return "production";
  // Only the whole word: in development the change is skipped, and a shared server called "dev" wants it.
  if (word == "development") return word;
  for (const std::string_view one : {"preview", "staging", "testing", "test", "review", "qa"})
    if (word == one) return "preview";
  for (const std::string_view beginning : {"preview-", "preview/", "review-", "review/", "pr-"})
    if (word.rfind(beginning, 0) == 0) return "preview";
  const auto digits = word.find_last_not_of("0123456789");
  if (digits != std::string::npos && digits + 1 < word.size() && digits >= 3 && word.substr(digits - 3, 4) == "-pr-") return "preview";
  return std::string(kUnknown);
}

Detected detect(const Lookup& lookup, const Options& options) {
  const Platform* runner = find(Tier::runner, lookup);
  const Platform* platform = find(Tier::hosted, lookup);
  if (platform == nullptr && runner == nullptr) platform = find(Tier::runtime, lookup);

  Detected out;
  const auto first = [&](Source Platform::*field) {
    std::string value = read(platform, field, lookup);
    return value.empty() ? read(runner, field, lookup) : value;
  };
  out.commit = first(&Platform::commit);
  if (out.commit == "HEAD") out.commit = read(runner, &Platform::commit, lookup);  // Amplify's and Buildkite's rebuilds
  if (out.commit == "HEAD") out.commit.clear();
  out.branch = first(&Platform::branch);
  out.deployment = first(&Platform::deployment);
  out.url = with_scheme(first(&Platform::url));
  out.pull_request = pull_request_number(read(platform, &Platform::pull_request, lookup));
  if (out.pull_request.empty()) out.pull_request = pull_request_number(read(runner, &Platform::pull_request, lookup));

  const auto describe = [](const Platform* one, std::string& id, std::string& title) {
    id = one != nullptr ? one->id : kUnknown;
    title = one != nullptr ? one->title : kUnknown;
  };
  describe(platform, out.platform, out.platform_title);
  describe(runner != nullptr ? runner : platform, out.runner, out.runner_title);
  if (runner == nullptr && (platform == nullptr || platform->tier != Tier::hosted) && truthy(lookup("CI"))) {
    out.runner = "ci";
    out.runner_title = "a CI service";
  }

  Named named = name_environment(platform, runner, out, lookup, options);
  out.name = named.name.empty() ? std::string(kUnknown) : std::move(named.name);
  out.env_class = named.env_class.empty() ? std::string(kUnknown) : std::move(named.env_class);
  return out;
}

}  // namespace tidegate::environment
