// SPDX-License-Identifier: Apache-2.0
#include "cli/ci_summary.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>

#include "base/text.hpp"
#include "cli/ci_log.hpp"
#include "cli/fields.hpp"
#include "run/json.hpp"

namespace tidegate::cli {
namespace {

constexpr std::size_t kLongestText = 2'000;  // bytes of one message
constexpr std::size_t kReserve = 256;        // for the line that says how much is left out

std::string shortened(const std::string& text) {
  if (text.size() <= kLongestText) return text;
  auto cut = kLongestText;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80U) --cut;
  return text.substr(0, cut) + "…";
}

/// Rows while there is room for them, and how many there was none for.
class Page {
 public:
  explicit Page(std::size_t room) : room_(room > kReserve ? room - kReserve : 0) {}
  void add(const std::string& text) {
    if (full_ || text_.size() + text.size() > room_) {
      full_ = true;
      ++left_out_;
    } else {
      text_ += text;
    }
  }
  [[nodiscard]] std::string text() const {
    return left_out_ == 0 ? text_ : text_ + "\n\n" + std::to_string(left_out_) + " more lines are left out: a summary has its limit. They are in the log.\n";
  }

 private:
  std::string text_;
  const std::size_t room_;
  bool full_ = false;
  int left_out_ = 0;
};

void names(Page& page, const base::Value& finished, const char* key, const char* title, const std::map<std::string, std::int64_t>& took) {
  const auto list = list_of(finished, key);
  if (list.empty()) return;
  page.add("\n**" + std::string(title) + " (" + std::to_string(list.size()) + ")**\n\n");
  for (const auto& name : list) {
    const auto found = took.find(name);
    page.add("- " + in_markdown(name) + (found == took.end() ? "" : ", " + base::format_duration(std::chrono::milliseconds(found->second))) + "\n");
  }
}

std::size_t size_of(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? static_cast<std::size_t>(info.st_size) : 0;
}

}  // namespace

std::string in_markdown(const std::string& text) {
  std::string out;
  for (const char c : printable(shortened(text))) {
    switch (c) {
      case '\n': out += "<br>"; break;
      case '\t': out += ' '; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '\\': case '`': case '*': case '_': case '[': case ']': case '|': case '#': case '~': case '!': case '@': case '$':
        out += "\\";
        [[fallthrough]];
      default: out += c;
    }
  }
  return out;
}

void GitHubFiles::on_event(const run::Event& event) {
  if (event.type == "run.started") {
    pipeline_ = text_of(event.fields, "pipeline");
    dry_run_ = flag_of(event.fields, "dry_run");
  } else if (event.type == "environment") {
    environment_ = event.fields;
  } else if (event.type == "migration.finished") {
    took_[text_of(event.fields, "name")] = number_of(event.fields, "ms");
  } else if (event.type == "run.finished") {
    if (!places_.summary.empty()) {
      const auto there = size_of(places_.summary);
      if (const auto text = summary(event.fields, there < kMostSummary ? kMostSummary - there : 0); !text.empty()) append(places_.summary, text);
    }
    if (!places_.output.empty())
      append(places_.output, "outcome=" + text_of(event.fields, "outcome") + "\nexit=" + std::to_string(number_of(event.fields, "exit")) +
                               "\napplied=" + run::to_json(base::Value(elements_of(event.fields, "applied"))) + "\n");
  }
}

void GitHubFiles::append(const std::string& path, const std::string& text) const {
  std::FILE* file = std::fopen(path.c_str(), "ae");
  const bool written = file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size();
  const bool closed = file != nullptr && std::fclose(file) == 0;
  if (!written || !closed) std::fprintf(err_, "warning: %s could not be written: %s\n", path.c_str(), std::strerror(errno));
}

std::string GitHubFiles::summary(const base::Value& finished, std::size_t room) const {
  if (room <= kReserve) return {};
  Page page(room);
  const auto outcome = text_of(finished, "outcome");
  page.add("### " + std::string(outcome == "succeeded" ? "✅" : "❌") + " tidegate: " + outcome + ", " + in_markdown(what_came_of_it(finished)) + "\n\n");
  std::string head = "| | |\n|---|---|\n";
  const auto row = [&](const char* name, const std::string& value) {
    if (!value.empty() && value != "unknown") head += "| " + std::string(name) + " | " + in_markdown(value) + " |\n";
  };
  row("outcome", outcome + " (exit " + std::to_string(number_of(finished, "exit")) + ")");
  row("pipeline", pipeline_ + (dry_run_ ? " (dry run: nothing was changed)" : ""));
  row("environment", text_of(environment_, "name") == "unknown" ? "unknown, so it counts as production" : text_of(environment_, "name"));
  for (const char* key : {"platform", "branch", "deployment"}) row(key, text_of(environment_, key));
  row("duration", base::format_duration(std::chrono::milliseconds(number_of(finished, "ms"))));
  page.add(head);

  const auto problems = problems_of(finished, places_.root, places_.working_folder);
  if (!problems.empty()) page.add("\n| | what | where |\n|---|---|---|\n");
  for (const auto& problem : problems)
    page.add("| " + std::string(problem.error ? "❌" : "⚠️") + " | **" + in_markdown(problem.title) + "**<br>" + in_markdown(problem.message) + " | " +
             in_markdown(problem.file + (problem.line > 0 ? ":" + std::to_string(problem.line) : "")) + " |\n");
  names(page, finished, "applied", "Applied", took_);
  names(page, finished, "undone", "Undone", {});
  names(page, finished, "kept", "These stand", {});
  names(page, finished, "pending", "Pending", {});
  return page.text() + "\n";
}

}  // namespace tidegate::cli
