// SPDX-License-Identifier: Apache-2.0
#include "message.hpp"

#include <algorithm>
#include <vector>

#include "text.hpp"

namespace tidegate::notify_slack {
namespace {

// Slack takes 3,000 characters in a section and 2,000 in a field, but refuses whole messages from about 11,000 on, which
// it documents nowhere. All of these together stay below 9,000.
constexpr std::size_t kName = 100;   // of a pipeline, an environment, a migration
constexpr std::size_t kField = 200;  // with its title
constexpr std::size_t kList = 700;   // of migrations; there are four of them
constexpr std::size_t kError = 1'600;
constexpr std::size_t kFindings = 1'300;
constexpr std::size_t kAdvice = 1'000;
constexpr std::size_t kNamesShown = 10, kFindingsShown = 6;

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

std::vector<std::string> names_of(const Json& event, const char* key) {
  std::vector<std::string> out;
  if (const auto found = event.find(key); found != event.end() && found->is_array())
    for (const auto& name : *found)
      if (name.is_string()) out.push_back(name.get<std::string>());
  return out;
}

struct Words {
  std::string_view name, color, before, after;  ///< before and after the name of the environment
};
constexpr Words kWords[] = {
    {"started", "#1d9bd1", "the run for ", " has started"},
    {"waiting", "warning", "waiting for another run on ", ""},
    {"recovered", "good", "an interrupted run on ", " is taken over"},
    {"succeeded", "good", "", " is up to date, nothing was to do"},
    {"blocked", "warning", "the gate is closed, ", " was not touched"},
    {"not_started", "warning", "the run for ", " did not start, nothing was touched"},
    {"rolled_back", "warning", "failed, and what the run had changed in ", " was rolled back"},
    {"failed", "danger", "failed, ", " is as it was"},
    {"kept", "danger", "failed, and part of the change stands in ", ""},
    {"rollback_failed", "danger", "failed, and the rollback in ", " could not finish"},
    {"cancelled", "#868686", "the run for ", " was interrupted"},
};
constexpr Words kUnknown = {"", "#868686", "news of the run for ", ""};

const Words& words_for(std::string_view name) {
  const auto* found = std::find_if(std::begin(kWords), std::end(kWords), [&](const Words& w) { return w.name == name; });
  return found == std::end(kWords) ? kUnknown : *found;
}

std::string headline(const Json& event, const std::string& name, const Words& words) {
  const std::string environment = text_of(event, "environment");
  const std::string where = environment.empty() || environment == "unknown" ? "the database" : escaped(environment, kName);
  const std::string pipeline = text_of(event, "pipeline");
  const std::string start = "*" + (pipeline.empty() ? "tidegate" : escaped(pipeline, kName)) + "*: ";
  if (const auto applied = names_of(event, "applied").size(); name == "succeeded" && applied != 0)
    return start + std::to_string(applied) + (applied == 1 ? " migration" : " migrations") + " applied to " + where;
  return start + std::string(words.before) + where + std::string(words.after);
}

Json section(const std::string& text) {
  return {{"type", "section"}, {"text", {{"type", "mrkdwn"}, {"text", text}}}};
}

/// What is deployed where, two in a row.
Json facts(const Json& event) {
  Json fields = Json::array();
  const auto add = [&](const std::string& title, const std::string& value) {
    if (!value.empty()) fields.push_back({{"type", "mrkdwn"}, {"text", "*" + title + "*\n" + value}});
  };
  const auto plain = [&](const char* key) { return escaped(text_of(event, key), kField - 20); };
  add("Environment", plain("environment"));
  const std::string deployment = text_of(event, "deployment");
  const std::string url = text_of(event, "url");
  if (!deployment.empty() || !url.empty()) add("Deployment", link(url, deployment.empty() ? url : deployment, kField - 20));
  if (const auto commit = text_of(event, "commit"); !commit.empty()) add("Commit", code(commit.substr(0, 12), kField - 20));
  if (const auto branch = text_of(event, "branch"); !branch.empty()) add("Branch", code(branch, kField - 20));
  if (const auto number = plain("pull_request"); !number.empty()) add("Pull request", "#" + number);
  if (const auto ms = event.find("ms"); ms != event.end() && ms->is_number_integer()) add("Duration", duration(ms->get<std::int64_t>()));
  add("Held by", plain("holder"));
  return fields;
}

std::string list(const std::string& title, const std::vector<std::string>& names) {
  std::string out = "*" + title + " (" + std::to_string(names.size()) + ")*";
  std::size_t shown = 0;
  for (; shown < std::min(names.size(), kNamesShown); ++shown) {
    const std::string line = "\n• " + code(names[shown], kName);
    if (units(out) + units(line) > kList - 30) break;
    out += line;
  }
  if (shown < names.size()) out += "\n… and " + std::to_string(names.size() - shown) + " more";
  return out;
}

std::string place_of(const Json& object) {
  const auto where = object.find("where");
  if (where == object.end() || !where->is_object()) return {};
  std::string out = text_of(*where, "file");
  if (const auto line = where->find("line"); line != where->end() && line->is_number_integer())
    out += ":" + std::to_string(line->get<std::int64_t>());
  return out;
}

std::string what_failed(const Json& error) {
  std::string out = text_of(error, "message");
  if (const auto detail = text_of(error, "detail"); !detail.empty()) out += "\n" + detail;
  if (const auto place = place_of(error); !place.empty()) out += "\n" + place;
  if (const auto sqlstate = text_of(error, "sqlstate"); !sqlstate.empty()) out += "\nSQLSTATE " + sqlstate;
  return out;
}

/// Lines until `limit` is reached; each is cut to what is left.
class Lines {
 public:
  Lines(const std::string& title, std::size_t limit) : out_("*" + title + "*"), limit_(limit) {}
  void add(const std::string& prefix, const std::string& raw) {
    constexpr std::size_t least = 20;  // fewer would say nothing
    const std::size_t used = units(out_) + units(prefix) + 3;
    if (raw.empty() || used + least > limit_) return;
    out_ += "\n• " + prefix + escaped(raw, limit_ - used);
    empty_ = false;
  }
  void to(Json& blocks) const {
    if (!empty_) blocks.push_back(section(out_));
  }

 private:
  std::string out_;
  std::size_t limit_;
  bool empty_ = true;
};

/// Warnings and blocks, and what helps against them.
void add_findings(const Json& event, Lines& found, Lines& advice) {
  const auto findings = event.find("findings");
  if (findings == event.end() || !findings->is_array()) return;
  std::size_t shown = 0;
  for (const std::string verdict : {"block", "warn"}) {
    for (const auto& finding : *findings) {
      if (!finding.is_object() || text_of(finding, "verdict") != verdict || shown == kFindingsShown) continue;
      ++shown;
      const auto place = place_of(finding);
      found.add(code(text_of(finding, "rule"), kName) + " ", text_of(finding, "message") + (place.empty() ? "" : " (" + place + ")"));
      if (verdict == "block") advice.add("", text_of(finding, "fix"));
    }
  }
}

}  // namespace

Json Message::full() const {
  if (blocks.empty()) return plain();
  return {{"text", text}, {"attachments", Json::array({{{"color", color}, {"fallback", text}, {"blocks", blocks}}})}};
}

Json Message::plain() const {
  return {{"text", shortly}, {"attachments", Json::array()}};
}

sdk::Result<Message> message_for(std::string_view arguments_json) {
  const Json arguments = Json::parse(arguments_json, nullptr, false);
  const auto found = arguments.is_object() ? arguments.find("event") : arguments.end();
  if (!arguments.is_object() || found == arguments.end() || !found->is_object() || text_of(*found, "name").empty())
    return sdk::Error{sdk::Status::internal, "the host gave an event without a name", "please report it as a bug of tidegate"};
  const Json& event = *found;
  const std::string name = text_of(event, "name");
  const Words& words = words_for(name);
  Message out;
  out.text = out.shortly = headline(event, name, words);
  out.color = words.color;
  if (auto fields = facts(event); !fields.empty()) out.blocks.push_back({{"type", "section"}, {"fields", std::move(fields)}});
  if (const auto lost = event.find("interrupted"); lost != event.end() && lost->is_object()) {
    out.blocks.push_back(section("*Interrupted*\nrun " + escaped(text_of(*lost, "run"), kName) + ", " + escaped(text_of(*lost, "holder"), kName)));
    if (const auto names = names_of(*lost, "applied"); !names.empty()) out.blocks.push_back(section(list("It had applied", names)));
  }
  for (const auto& [key, title] : {std::pair{"applied", "Applied"}, {"undone", "Undone"}, {"kept", "Kept"}, {"pending", "Pending"}})
    if (const auto names = names_of(event, key); !names.empty()) out.blocks.push_back(section(list(title, names)));
  Lines findings("Findings", kFindings);
  Lines advice("What to do", kAdvice);
  const auto error = event.find("error");
  if (error != event.end() && error->is_object()) {
    const std::string failed = what_failed(*error);
    if (!failed.empty()) out.blocks.push_back(section("*What failed*\n" + code_block(failed, kError)));
    advice.add("", text_of(*error, "hint"));
    out.shortly += "\n" + code_block(text_of(*error, "message"), kList);
  }
  add_findings(event, findings, advice);
  findings.to(out.blocks);
  if (name == "kept" || name == "rollback_failed") advice.add("", "look at `tidegate status` before the next run");
  advice.to(out.blocks);
  std::string about;
  if (const auto run = text_of(event, "run"); !run.empty()) about = "run " + escaped(run, kName);
  if (const auto exit = event.find("exit"); exit != event.end() && exit->is_number_integer())
    about += (about.empty() ? "exit " : " · exit ") + std::to_string(exit->get<std::int64_t>());
  if (!about.empty()) out.blocks.push_back({{"type", "context"}, {"elements", Json::array({{{"type", "mrkdwn"}, {"text", about}}})}});
  return out;
}

}  // namespace tidegate::notify_slack
