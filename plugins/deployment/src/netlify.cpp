// SPDX-License-Identifier: Apache-2.0
// Netlify: publishing an earlier deploy again points the site at files that are there, without a build. Paths and
// answers as in netlify/open-api (restoreSiteDeploy, listSiteDeploys, getSite).
#include "http_api.hpp"
#include "platforms.hpp"
#include "watch.hpp"

namespace tidegate::deployment {
namespace {

using sdk::Error;
using sdk::Result;
using sdk::Status;

constexpr int kPages = 5, kPerPage = 50;
constexpr const char* kLook = "look at what is published in the site's list of deploys";

class Netlify final : public Platform {
 public:
  Netlify(sdk::Host host, Service service, std::string site)
      : host_(host), api_(host, std::move(service)), site_("api/v1/sites/" + percent_encoded(site)) {}

  std::string name() const override { return "Netlify"; }

  Result<std::optional<Deployment>> live() override { return look(api_.service().attempts); }

  Result<std::optional<Deployment>> previous(const Deployment& live) override {
    for (int page = 1; page <= kPages; ++page) {
      auto rows = api_.get(site_ + "/deploys?page=" + std::to_string(page) + "&per_page=" + std::to_string(kPerPage));
      if (!rows) return rows.error();
      if (!rows->is_array()) return api_.not_it("the deploys are no list");
      std::optional<Deployment> newest;
      for (const auto& row : *rows) {
        const auto one = deployment(row);
        if (one.id.empty() || one.id == live.id || !was_published(row) || one.created == 0 || one.created >= live.created) continue;
        if (!newest || one.created > newest->created) newest = one;
      }
      if (newest || rows->size() < kPerPage) return newest;  // newest first, page by page
    }
    return std::optional<Deployment>();
  }

  Result<void> go_back(const Deployment& to) override {
    const auto asked = api_.post(site_ + "/deploys/" + percent_encoded(to.id) + "/restore", {}, [&] { return nobody_else(to); });
    if (!asked && asked.error().code != Status::unavailable) return asked.error();
    int looks = 0;
    return watch(host_, watch_in_settings(host_, name(), to.id, kLook), [&]() -> Result<Seen> {
      auto now = look(1);
      if (!now) return now.error();
      if (*now && (*now)->id == to.id) return Seen{true, "published"};
      if (auto still = not_another(*now, to); !still) return still.error();
      // Perhaps it was not taken: that is known when it is not seen after a while.
      if (!asked && ++looks >= 3) return Error{Status::failed, asked.error().message, asked.error().hint};
      return Seen{false, "not published yet"};
    });
  }

  Aftermath aftermath(const Deployment& from) const override {
    return {"the next push to the production branch publishes again",
            "to keep it until the cause is mended, stop auto publishing in the site's list of deploys (or lock the deploy); " + from.id +
                " stays there and can be published again"};
  }

 private:
  static Deployment deployment(const Json& row) {
    Deployment out{text_in(row, "id"), text_in(row, "deploy_ssl_url"), moment_in(row, "created_at"), {}};
    if (const auto scheme = out.url.find("://"); scheme != std::string::npos) out.url.erase(0, scheme + 3);
    return out;
  }
  static bool was_published(const Json& row) {
    const auto skipped = member(row, "skipped");
    return text_in(row, "state") == "ready" && text_in(row, "context") == "production" && !text_in(row, "published_at").empty() &&
           !(skipped.is_boolean() && skipped.get<bool>());
  }

  Result<std::optional<Deployment>> look(std::uint32_t attempts) {
    auto site = api_.get(site_, attempts);
    if (!site) return site.error();
    if (text_in(*site, "id").empty()) return api_.not_it("the site has no id");
    const auto published = member(*site, "published_deploy");
    if (published.is_null()) return std::optional<Deployment>();
    auto out = deployment(published);
    if (out.id.empty() || out.created == 0) return api_.not_it("the published deploy has no id or no time");
    if (!before_) before_ = out.id;
    return std::optional(out);
  }
  /// Somebody published something else meanwhile, which is not to be taken down.
  Result<void> not_another(const std::optional<Deployment>& now, const Deployment& to) const {
    if (!now || !before_ || now->id == *before_ || now->id == to.id) return {};
    return Error{Status::conflict, now->id + " was published meanwhile, so Netlify was not asked to go back again", kLook};
  }
  Result<void> nobody_else(const Deployment& to) {
    const auto now = look(1);
    return now ? not_another(*now, to) : Result<void>();
  }

  sdk::Host host_;
  Api api_;
  std::string site_;
  std::optional<std::string> before_;  // what was published before anything was asked for
};

}  // namespace

Result<std::unique_ptr<Platform>> make_netlify(sdk::Host host) {
  auto service = service_in_settings(host, "Netlify", "NETLIFY_AUTH_TOKEN");
  if (!service) return service.error();
  service->look = kLook;
  auto site = required_text(host, "site", "the site's id, like \"${NETLIFY_SITE_ID}\"");
  if (!site) return site.error();
  return std::unique_ptr<Platform>(std::make_unique<Netlify>(host, std::move(*service), std::move(*site)));
}

}  // namespace tidegate::deployment
