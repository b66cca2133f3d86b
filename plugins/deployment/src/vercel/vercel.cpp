// SPDX-License-Identifier: Apache-2.0
#include "vercel/vercel.hpp"

#include <chrono>

#include "vercel/api.hpp"

namespace tidegate::deployment::vercel {
namespace {

using sdk::Error;
using sdk::Result;
using sdk::Status;

constexpr int kPages = 5;
/// So often a request that was perhaps not taken is looked for before it counts as refused.
constexpr int kLooksInDoubt = 3;

std::int64_t number_in(const Json& object, const char* key) {
  if (!object.is_object()) return 0;
  const auto found = object.find(key);
  return found != object.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

/// A promotion or rollback of the project, as the platform last did or does one.
struct Job {
  std::string from, to, type, status;
  std::int64_t requested = 0;
};

struct Project {
  std::string id;
  std::optional<Deployment> live;
  Job last;
};

class Vercel final : public Platform {
 public:
  Vercel(sdk::Host host, Account account) : host_(host), api_(host, std::move(account)) {}

  std::string name() const override { return "Vercel"; }

  Result<std::optional<Deployment>> live() override {
    auto project = look(api_.account().attempts);
    if (!project) return project.error();
    seen_ = *project;
    return project->live;
  }

  Result<std::optional<Deployment>> previous(const Deployment& live) override {
    std::optional<Deployment> newest;
    std::string until;
    for (int page = 0; page < kPages; ++page) {
      Query query{{"projectId", seen_.id}, {"target", "production"}, {"state", "READY"}, {"rollbackCandidate", "true"}, {"limit", "20"}};
      if (!until.empty()) query.emplace_back("until", until);
      auto answer = api_.get("v7/deployments", std::move(query), api_.account().attempts);
      if (!answer) return answer.error();
      const auto rows = member(*answer, "deployments");
      if (!rows.is_array())
        return Error{Status::failed, "Vercel's list of deployments has no form that is known",
                     "look at what is live in the dashboard, then `vercel rollback`"};
      for (const auto& row : rows) {
        const Deployment one{text_in(row, "uid"), text_in(row, "url"), number_in(row, "created")};
        if (one.id.empty() || one.id == live.id || !can_be_restored(row)) continue;
        // What the promotion of the live one replaced is certain; a newer one may have been rolled back itself.
        if (promoted(live) && seen_.last.from == one.id) return std::optional(one);
        const bool older = live.created == 0 || one.created < live.created;
        if (older && (!newest || one.created > newest->created)) newest = one;
      }
      const auto next = number_in(member(*answer, "pagination"), "next");
      if (next == 0 || (newest && !promoted(live))) break;
      until = std::to_string(next);
    }
    return newest;
  }

  Result<void> go_back(const Deployment& to) override {
    const auto path = "v1/projects/" + percent_encoded(seen_.id) + "/rollback/" + percent_encoded(to.id);
    auto asked =
        api_.post(path, {{"description", "tidegate: checks failed after the deployment"}}, [&] { return nobody_else_went_live(to); });
    // Unknown or refused since one is under way: it may be this one, asked for by a try whose answer was lost.
    if (!asked && asked.error().code != Status::conflict && asked.error().code != Status::unavailable) return asked.error();
    return wait_for(to, asked ? std::optional<Error>() : asked.error());
  }

  Aftermath aftermath(const Deployment& from) const override {
    return {
        "from now on Vercel does not assign the production domains to new deployments by itself, and cron jobs are those of the older one",
        "once it is mended, deploy and promote that deployment (`vercel promote URL`), which turns the assignment on again; " + from.id +
            " stays reachable at its own URL"};
  }

 private:
  /// Between two tries there is time for another deployment to go live, which is not to be taken down.
  Result<void> nobody_else_went_live(const Deployment& to) {
    const auto now = look(1);
    if (!now || !now->live || !seen_.live || now->live->id == seen_.live->id || now->live->id == to.id) return {};
    return Error{Status::conflict, now->live->id + " went live meanwhile, so Vercel was not asked again to go back",
                 "look at what is live in the dashboard"};
  }

  /// The last thing that was done is that this one was promoted.
  [[nodiscard]] bool promoted(const Deployment& live) const { return seen_.last.type == "promote" && seen_.last.to == live.id; }

  static bool can_be_restored(const Json& row) {
    const auto candidate = member(row, "isRollbackCandidate");
    const auto state = text_in(row, "state").empty() ? text_in(row, "readyState") : text_in(row, "state");
    return text_in(row, "readySubstate") == "PROMOTED" && (state.empty() || state == "READY") &&
           (!candidate.is_boolean() || candidate.get<bool>());
  }

  Result<Project> look(std::uint32_t attempts) {
    auto answer = api_.get("v9/projects/" + percent_encoded(api_.account().project), {{"rollbackInfo", "true"}}, attempts);
    if (!answer) return answer.error();
    Project out;
    out.id = text_in(*answer, "id");
    if (out.id.empty())
      return Error{Status::failed, "what answered instead of Vercel's API is not it: the project has no id",
                   "check `base_url`, and what a proxy in between does; then look at what is live"};
    const auto production = member(member(*answer, "targets"), "production");
    if (auto id = text_in(production, "id"); !id.empty())
      out.live = Deployment{std::move(id), text_in(production, "url"), number_in(production, "createdAt")};
    const auto job = member(*answer, "lastAliasRequest");
    out.last = {text_in(job, "fromDeploymentId"), text_in(job, "toDeploymentId"), text_in(job, "type"), text_in(job, "jobStatus"),
                number_in(job, "requestedAt")};
    return out;
  }

  /// Polls until it is done. `doubt`: why it is not known whether Vercel took the request.
  Result<void> wait_for(const Deployment& to, const std::optional<Error>& doubt) {
    std::int64_t waited = 0;
    int looks = 0;
    std::string status = "not seen yet";
    for (;;) {
      const auto began = std::chrono::steady_clock::now();
      auto now = look(1);
      std::int64_t pause = api_.account().every_ms;
      if (!now && now.error().code != Status::unavailable) return undecided(to, status, now.error());
      if (now) {
        const bool ours = now->last.to == to.id && now->last.requested > seen_.last.requested;
        const bool there = now->live && now->live->id == to.id;
        if (ours) status = now->last.status;
        if (ours && status == "succeeded") return {};
        if (ours && status == "failed") return failed(to);
        if (there && (!ours || status == "skipped")) return {};
        if (ours && status == "skipped")
          return Error{Status::failed, "Vercel skipped the rollback to " + to.id,
                       "look at what is live in the dashboard, then `vercel rollback`"};
        if (!ours && now->last.requested > seen_.last.requested)
          return Error{Status::conflict, "somebody else has Vercel serve " + now->last.to + " meanwhile (" + now->last.type + ")",
                       "look at what is live in the dashboard"};
        if (!ours && doubt && ++looks >= kLooksInDoubt) return *doubt;
      }
      const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began).count();
      waited += took + pause;
      if (waited > api_.account().wait_ms || host_.remaining_ms() <= pause)
        return undecided(to, status, Error{Status::deadline, now ? "its outcome did not come in time" : now.error().message});
      host_.progress(0, 0, "waiting for Vercel to serve " + to.id + ": " + status);
      if (host_.wait_ms(pause)) return undecided(to, status, Error{Status::cancelled, "interrupted"});
    }
  }

  static Error undecided(const Deployment& to, const std::string& status, const Error& why) {
    return {why.code, "Vercel was asked to go back to " + to.id + " (" + status + "), and whether it does is not known: " + why.message,
            "look at it with `vercel rollback status`"};
  }

  /// With the domains that were not moved, as far as Vercel tells.
  Error failed(const Deployment& to) {
    Error out{Status::failed, "Vercel could not go back to " + to.id, "look at what is live in the dashboard, then `vercel rollback`"};
    auto answer = api_.get("v1/projects/" + percent_encoded(seen_.id) + "/promote/aliases", {{"failedOnly", "true"}, {"limit", "20"}}, 1);
    if (!answer) return out;
    std::string names;
    for (const auto& alias : member(*answer, "aliases"))
      if (const auto name = text_in(alias, "alias"); !name.empty()) names += (names.empty() ? "" : ", ") + name;
    if (!names.empty()) out.message += ": it does not serve these domains: " + names;
    return out;
  }

  sdk::Host host_;
  VercelApi api_;
  Project seen_;  // before anything is asked for
};

}  // namespace

Result<std::unique_ptr<Platform>> make_platform(sdk::Host host) {
  Account account;
  auto token = host.secret("token");
  if (!token)
    return Error{Status::config, "the Vercel token could not be read: " + token.error().message, "set `token` to \"${VERCEL_TOKEN}\""};
  account.token = std::move(*token);
  account.project = host.text("project");
  if (account.project.empty())
    return Error{Status::config, "no Vercel project is set", "set `project` to its id (prj_…) or name, like \"${VERCEL_PROJECT_ID}\""};
  account.team = host.text("team");
  account.base_url = host.text("base_url", "https://api.vercel.com/");
  if (!account.base_url.ends_with('/')) account.base_url += '/';
  account.request_timeout_ms = host.integer("request_timeout", account.request_timeout_ms);
  account.attempts = static_cast<std::uint32_t>(host.integer("attempts", account.attempts));
  account.wait_ms = host.integer("wait", account.wait_ms);
  account.every_ms = host.integer("every", account.every_ms);
  return std::unique_ptr<Platform>(std::make_unique<Vercel>(host, std::move(account)));
}

}  // namespace tidegate::deployment::vercel
