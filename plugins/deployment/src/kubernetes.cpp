// SPDX-License-Identifier: Apache-2.0
// Kubernetes: a Deployment goes back to the pod template of an earlier ReplicaSet, by kubectl. Which one that is, and
// that it is of this Deployment, is read from the objects; kubectl's own words are for people.
#include <tidegate/process.hpp>

#include "http_api.hpp"
#include "platforms.hpp"

namespace tidegate::deployment {
namespace {

using sdk::Error;
using sdk::Result;
using sdk::Status;

constexpr const char* kRevision = "deployment.kubernetes.io/revision";

std::int64_t revision_of(const Json& object) {
  const auto text = text_in(member(member(object, "metadata"), "annotations"), kRevision);
  if (text.empty() || text.size() > 15 || text.find_first_not_of("0123456789") != std::string::npos) return 0;
  return std::stoll(text);
}

std::vector<std::string> images_of(const Json& object) {
  std::vector<std::string> out;
  const auto containers = member(member(member(member(object, "spec"), "template"), "spec"), "containers");
  if (!containers.is_array()) return out;
  for (const auto& container : containers)
    if (auto image = text_in(container, "image"); !image.empty()) out.push_back(std::move(image));
  return out;
}

class Kubernetes final : public Platform {
 public:
  Kubernetes(sdk::Host host, std::string name) : host_(host), name_(std::move(name)) {}

  std::string name() const override { return "Kubernetes"; }

  Result<std::optional<Deployment>> live() override {
    auto object = get({"get", "deployment", name_, "--output=json"});
    if (!object) return object.error();
    uid_ = text_in(member(*object, "metadata"), "uid");
    const auto revision = revision_of(*object);
    const auto images = images_of(*object);
    if (uid_.empty() || revision == 0 || images.empty())
      return Error{Status::failed, "kubectl's answer is no Deployment with an uid, a revision and images", hint()};
    return std::optional(deployment(revision, images));
  }

  Result<std::optional<Deployment>> previous(const Deployment& live) override {
    auto list = get({"get", "replicasets", "--output=json"});
    if (!list) return list.error();
    const auto items = member(*list, "items");
    if (!items.is_array()) return Error{Status::failed, "kubectl's answer is no list of ReplicaSets", hint()};
    std::optional<Deployment> newest;
    for (const auto& item : items) {
      const auto owners = member(member(item, "metadata"), "ownerReferences");
      bool ours = false;
      if (owners.is_array())
        for (const auto& owner : owners) ours = ours || text_in(owner, "uid") == uid_;
      const auto revision = revision_of(item);
      const auto images = images_of(item);
      if (!ours || revision == 0 || revision >= live.created || images.empty()) continue;
      // The same images are the same code (a restart, a changed variable), unless it is this very revision that is to go.
      if (images == live.also && host_.text("deployment") != live.id) continue;
      if (!newest || revision > newest->created) newest = deployment(revision, images);
    }
    return newest;
  }

  Result<void> go_back(const Deployment& to) override {
    std::string said;
    if (auto undone = kubectl({"rollout", "undo", "deployment/" + name_, "--to-revision=" + to.id}, said); !undone) return undone;
    const auto wait = "--timeout=" + std::to_string(std::max<std::int64_t>(1, host_.integer("wait", 300'000) / 1000)) + "s";
    if (auto rolled = kubectl({"rollout", "status", "deployment/" + name_, wait}, said); !rolled) {
      Error error = rolled.error();
      error.message = "Kubernetes was told to go back to revision " + to.id + ", and has not finished: " + error.message;
      return error;
    }
    auto now = live();
    if (!now) return now.error();
    if (!*now || (*now)->also != to.also)
      return Error{Status::conflict,
                   "the Deployment " + name_ + " is at " + (*now ? (*now)->also.front() : "nothing") + " after going back to " +
                       to.also.front() + ": somebody else changed it",
                   hint()};
    return {};
  }

  Aftermath aftermath(const Deployment&) const override {
    return {"only the pod template is the older one: ConfigMaps and Secrets are as they are now",
            "put the older image into the manifest, too: what applies it next (GitOps, `kubectl apply`, Helm) rolls the new one out again"};
  }

 private:
  static Deployment deployment(std::int64_t revision, const std::vector<std::string>& images) {
    return {std::to_string(revision), images.front(), revision, images};
  }
  [[nodiscard]] std::string hint() const { return "look at it with `kubectl rollout history deployment/" + name_ + "`"; }

  /// What it writes; an error has its last words.
  Result<void> kubectl(const std::vector<std::string>& words, std::string& said) {
    sdk::Program program;
    program.argv = {"kubectl"};
    if (const auto context = host_.text("context"); !context.empty()) program.argv.push_back("--context=" + context);
    if (const auto space = host_.text("namespace"); !space.empty()) program.argv.push_back("--namespace=" + space);
    program.argv.insert(program.argv.end(), words.begin(), words.end());
    program.env = sdk::basic_environment();
    // Where the cluster is, for a kubectl outside of it and in a pod of it.
    for (const char* variable : {"KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"})
      if (const char* value = std::getenv(variable)) program.env.emplace_back(variable, value);
    said.clear();
    std::string complaint;
    const auto ended = sdk::run_program(
        host_, program, [&](std::string_view line) { said.append(line).push_back('\n'); },
        [&](std::string_view line) {
          if (!line.empty()) complaint = in_words(std::string(line));
        });
    if (!ended) {
      Error error = ended.error();
      if (error.hint.empty()) error.hint = hint();
      return error;
    }
    if (*ended == 0) return {};
    return Error{Status::failed,
                 "`" + sdk::shown(program.argv) + "` ended with " + std::to_string(*ended) + (complaint.empty() ? "" : ": ") + complaint,
                 hint()};
  }
  Result<Json> get(const std::vector<std::string>& words) {
    std::string said;
    if (auto ran = kubectl(words, said); !ran) return ran.error();
    auto json = Json::parse(said, nullptr, false);
    if (!json.is_object()) return Error{Status::failed, "what kubectl wrote is not the JSON of an object", hint()};
    return json;
  }

  sdk::Host host_;
  std::string name_, uid_;
};

}  // namespace

Result<std::unique_ptr<Platform>> make_kubernetes(sdk::Host host) {
  auto name = required_text(host, "name", "the name of the Deployment");
  if (!name) return name.error();
  if (name->starts_with('-'))
    return Error{Status::config, "`name` is no name of a Deployment: " + *name, "set it to the name of the Deployment"};
  return std::unique_ptr<Platform>(std::make_unique<Kubernetes>(host, std::move(*name)));
}

}  // namespace tidegate::deployment
