// SPDX-License-Identifier: Apache-2.0
#include "vercel/api.hpp"

namespace tidegate::deployment::vercel {

using sdk::Error;
using sdk::Result;
using sdk::Status;

namespace {

std::optional<Meaning> meaning_of(int code) {
  switch (code) {
    case 400:
      return Meaning{Status::failed, "Vercel does not understand the request", "check `project`, `team` and `deployment`"};
    case 401:
      return Meaning{Status::denied, "Vercel does not accept the token",
                     "make a new one in the account's settings under Tokens, for the team that owns the project, and set its variable"};
    case 402:
      return Meaning{Status::denied, "the plan of this Vercel account does not allow it",
                     "the Hobby plan goes back one deployment only: promote the one you want in the dashboard, or deploy its commit again"};
    case 403:
      return Meaning{Status::denied, "the token may not do this in Vercel",
                     "its scope must include the team that owns the project, and `team` must name that team"};
    case 404:
      return Meaning{Status::not_found, "Vercel knows no such project or deployment",
                     "check `project`; a team's project is found only with `team`"};
    case 409:
      return Meaning{Status::conflict, "Vercel is at another promotion or rollback of this project",
                     "wait for its end (`vercel rollback status`), look at what is live, then `vercel rollback`"};
    case 410:
      return Meaning{Status::not_found, "the deployment to go back to is gone from Vercel", "deploy its commit again"};
    case 422:
      return Meaning{Status::failed, "Vercel cannot go back to this deployment",
                     "promote another one in the dashboard, or deploy its commit again"};
    case 429:
      return Meaning{Status::unavailable, "Vercel is asked too often", "wait, then `vercel rollback`"};
    default:
      break;
  }
  if (code >= 500) return Meaning{Status::unavailable, "Vercel failed at it", "look at vercel-status.com, then `vercel rollback`"};
  return Meaning{Status::failed, "Vercel did not do it", "look at what is live in the dashboard, then `vercel rollback`"};
}

Service service_of(const Account& account) {
  Service out;
  out.name = "Vercel";
  out.base_url = account.base_url;
  out.token = account.token;
  out.meaning = &meaning_of;
  out.request_timeout_ms = account.request_timeout_ms;
  out.attempts = account.attempts;
  return out;
}

}  // namespace

VercelApi::VercelApi(sdk::Host host, Account account) : account_(std::move(account)), api_(host, service_of(account_)) {}

std::string VercelApi::with(const std::string& path, Query query) const {
  if (!account_.team.empty()) query.emplace_back(account_.team.starts_with("team_") ? "teamId" : "slug", account_.team);
  std::string out = path;
  for (std::size_t i = 0; i < query.size(); ++i) out += (i == 0 ? "?" : "&") + query[i].first + "=" + percent_encoded(query[i].second);
  return out;
}

Result<Json> VercelApi::get(const std::string& path, Query query, std::uint32_t attempts) {
  auto json = api_.get(with(path, std::move(query)), attempts);
  if (json && !json->is_object()) return api_.not_it("its answer has another form");
  return json;
}

Result<void> VercelApi::post(const std::string& path, Query query, const std::function<Result<void>()>& before_again) {
  auto answer = api_.post(with(path, std::move(query)), "{}", before_again);
  if (!answer) return answer.error();
  return {};
}

}  // namespace tidegate::deployment::vercel
