// SPDX-License-Identifier: Apache-2.0
// Render: a rollback is a deploy of its own, of what an earlier deploy built. Paths, statuses and answers as in Render's
// API reference (list deploys, retrieve deploy, roll back deploy).
#include "http_api.hpp"
#include "platforms.hpp"
#include "watch.hpp"

namespace tidegate::deployment {
namespace {

using sdk::Error;
using sdk::Result;
using sdk::Status;

constexpr int kPages = 5;
constexpr std::size_t kPerPage = 50;
constexpr const char* kLook = "look at the service's deploys in the dashboard";

class Render final : public Platform {
 public:
  Render(sdk::Host host, Service service, const std::string& id)
      : host_(host), api_(host, std::move(service)), service_("v1/services/" + percent_encoded(id)) {}

  std::string name() const override { return "Render"; }

  Result<std::optional<Deployment>> live() override {
    std::optional<Deployment> out;
    under_way_.clear();
    auto seen = each_deploy(api_.service().attempts, [&](const Json& row) {
      if (under_way_.empty() && !out && is_under_way(text_in(row, "status"))) under_way_ = text_in(row, "id");
      if (text_in(row, "status") == "live") out = deployment(row);
      return !out;
    });
    if (!seen) return seen.error();
    if (out && (out->id.empty() || out->created == 0)) return api_.not_it("the live deploy has no id or no time");
    live_ = out ? out->id : "";
    return out;
  }

  Result<std::optional<Deployment>> previous(const Deployment& live) override {
    // Asked for now, it would wait behind that one, and then take down what nobody has looked at.
    if (!under_way_.empty()) return Error{Status::conflict, "Render is at another deploy of this service, " + under_way_, kLook};
    std::optional<Deployment> newest;
    auto seen = each_deploy(api_.service().attempts, [&](const Json& row) {
      const auto one = deployment(row);
      // What was live once is deactivated; what failed or was cancelled never was.
      if (text_in(row, "status") != "deactivated" || one.id.empty() || one.created == 0 || one.created >= live.created) return true;
      if (!newest || one.created > newest->created) newest = one;
      return false;  // newest first
    });
    if (!seen) return seen.error();
    return newest;
  }

  Result<void> go_back(const Deployment& to) override {
    const auto asked = api_.post(service_ + "/rollback", Json{{"deployId", to.id}}.dump(), [&] { return nothing_new(); });
    if (!asked) return asked.error();
    const auto own = text_in(*asked, "id");
    if (own.empty()) return api_.not_it("the rollback has no id");
    return watch(host_, watch_in_settings(host_, name(), to.id, kLook), [&]() -> Result<Seen> {
      auto now = api_.get(service_ + "/deploys/" + percent_encoded(own), 1);
      if (!now) return now.error();
      const auto status = text_in(*now, "status");
      if (status == "live") return Seen{true, status};
      if (!is_under_way(status))
        return Error{Status::failed, "Render could not go back to " + to.id + ": the deploy " + own + " of it is " + in_words(status),
                     kLook};
      return Seen{false, status};
    });
  }

  Aftermath aftermath(const Deployment& from) const override {
    return {"automatic deploys are still on, so the next push deploys again",
            "switch them off in the service's settings until the cause is mended; then deploy, not " + from.id + " again"};
  }

 private:
  static Deployment deployment(const Json& row) {
    Deployment out{text_in(row, "id"), {}, moment_in(row, "createdAt"), {}};
    if (auto commit = text_in(member(row, "commit"), "id"); !commit.empty()) out.also.push_back(std::move(commit));
    return out;
  }
  /// Before another try: the first may have been taken, and a second would be one more deploy.
  Result<void> nothing_new() {
    const auto before = live_;
    auto now = live();
    if (!now) return now.error();
    if (!under_way_.empty())
      return Error{Status::conflict, "Render is at a deploy, " + under_way_ + ", that may be the rollback, so it was not asked again",
                   kLook};
    if (live_ != before) return Error{Status::conflict, live_ + " went live meanwhile, so Render was not asked again", kLook};
    return {};
  }
  static bool is_under_way(const std::string& status) {
    return status == "created" || status == "queued" || status.ends_with("_in_progress");
  }

  /// Newest first, until `on` has seen enough.
  Result<void> each_deploy(std::uint32_t attempts, const std::function<bool(const Json&)>& on) {
    std::string cursor;
    for (int page = 0; page < kPages; ++page) {
      const auto after = cursor.empty() ? "" : "&cursor=" + percent_encoded(cursor);
      auto rows = api_.get(service_ + "/deploys?limit=" + std::to_string(kPerPage) + after, attempts);
      if (!rows) return rows.error();
      if (!rows->is_array()) return api_.not_it("the deploys are no list");
      for (const auto& row : *rows) {
        const auto deploy = member(row, "deploy");
        if (text_in(deploy, "id").empty() || text_in(deploy, "status").empty()) return api_.not_it("a deploy has no id or no status");
        if (!on(deploy)) return {};
        cursor = text_in(row, "cursor");
      }
      if (rows->size() < kPerPage || cursor.empty()) return {};
    }
    return {};
  }

  sdk::Host host_;
  Api api_;
  std::string service_;
  std::string live_;       // as last seen
  std::string under_way_;  // a deploy newer than the live one that has not ended
};

}  // namespace

Result<std::unique_ptr<Platform>> make_render(sdk::Host host) {
  auto service = service_in_settings(host, "Render", "RENDER_API_KEY");
  if (!service) return service.error();
  service->look = kLook;
  auto id = required_text(host, "service", "the service's id, like \"${RENDER_SERVICE_ID}\"");
  if (!id) return id.error();
  return std::unique_ptr<Platform>(std::make_unique<Render>(host, std::move(*service), *id));
}

}  // namespace tidegate::deployment
