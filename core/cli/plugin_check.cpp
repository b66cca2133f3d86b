// SPDX-License-Identifier: Apache-2.0
//
// `tidegate plugin check`: the conformance kit on files, and its results as text, JSON and JUnit XML.
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/compose.hpp"
#include "cli/paths.hpp"
#include "cli/print.hpp"
#include "conformance/check.hpp"
#include "run/json.hpp"

namespace tidegate::cli {
namespace {

using base::Array;
using base::Error;
using base::Status;
using base::Table;
using conformance::CheckResult;
using conformance::State;

struct CheckedFile {
  std::string path;
  std::vector<CheckResult> results;
};

bool failed(const CheckedFile& file) {
  for (const auto& result : file.results)
    if (conformance::is_failure(result.state)) return true;
  return false;
}

std::string indented(std::string text, const std::string& by) {
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 1 + by.size()) text.insert(at + 1, by);
  return text;
}

/// "run.answer (audit, verify)".
std::string title(const CheckResult& result) {
  if (result.type.empty()) return result.check;
  return result.check + " (" + result.type + (result.kind.empty() ? "" : ", " + result.kind) + ")";
}

void print_result(const CheckResult& result, const Options& options, const Style& style) {
  if (result.state == State::pass && !options.verbose) return;
  if (result.state == State::skip && !options.verbose) return;
  const std::string name(conformance::name_of(result.state));
  const std::string padded = name + std::string(8 - name.size(), ' ');
  const bool good = result.state == State::pass || result.state == State::skip;
  const auto label = good ? style.dim(padded) : result.state == State::warn ? style.yellow(padded) : style.red(padded);
  std::string out = label + title(result) + "\n";
  if (!result.message.empty()) out += "        " + indented(printable(result.message), "        ") + "\n";
  put(stdout, out, style);
  std::fflush(stdout);  // the next check may take a while
}

void print_sum(const CheckedFile& file, const Style& style) {
  std::vector<std::pair<State, std::size_t>> counts;
  for (const auto state : {State::pass, State::warn, State::skip, State::fail, State::crash, State::timeout}) {
    std::size_t count = 0;
    for (const auto& result : file.results) count += result.state == state ? 1U : 0U;
    if (count != 0) counts.emplace_back(state, count);
  }
  std::string out;
  for (const auto& [state, count] : counts)
    out += (out.empty() ? "" : ", ") + std::to_string(count) + " " + std::string(conformance::name_of(state));
  put(stdout, shown(file.path) + ": " + (failed(file) ? style.red(out) : style.green(out)) + "\n", style);
}

base::Value json_of(const std::vector<CheckedFile>& files, unsigned seed, bool good) {
  Array list;
  for (const auto& file : files) {
    Array results;
    for (const auto& r : file.results) {
      Table entry{{"check", r.check}, {"result", conformance::name_of(r.state)}, {"ms", r.ms}};
      if (!r.type.empty()) entry.emplace_back("type", r.type);
      if (!r.kind.empty()) entry.emplace_back("kind", r.kind);
      if (!r.message.empty()) entry.emplace_back("message", r.message);
      results.emplace_back(std::move(entry));
    }
    list.emplace_back(Table{{"file", file.path}, {"passed", !failed(file)}, {"results", std::move(results)}});
  }
  return Table{{"passed", good}, {"seed", static_cast<std::int64_t>(seed)}, {"files", std::move(list)}};
}

std::string xml(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

std::string seconds(std::int64_t ms) {
  char out[32];
  std::snprintf(out, sizeof out, "%lld.%03lld", static_cast<long long>(ms / 1000), static_cast<long long>(ms % 1000));
  return out;
}

/// A suite a file, a case a result; a warning is a case that passed and says something.
std::string junit_of(const std::vector<CheckedFile>& files) {
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
  for (const auto& file : files) {
    std::size_t failures = 0;
    std::size_t skipped = 0;
    for (const auto& r : file.results) {
      failures += conformance::is_failure(r.state) ? 1U : 0U;
      skipped += r.state == State::skip ? 1U : 0U;
    }
    out += "  <testsuite name=\"" + xml(file.path) + "\" tests=\"" + std::to_string(file.results.size()) + "\" failures=\"" +
           std::to_string(failures) + "\" skipped=\"" + std::to_string(skipped) + "\">\n";
    for (const auto& r : file.results) {
      out += "    <testcase classname=\"" + xml(r.check.substr(0, r.check.find('.'))) + "\" name=\"" + xml(title(r)) + "\" time=\"" +
             seconds(r.ms) + "\"";
      const auto message = xml(r.message);
      if (conformance::is_failure(r.state))
        out += "><failure type=\"" + std::string(conformance::name_of(r.state)) + "\" message=\"" + message + "\"/></testcase>\n";
      else if (r.state == State::skip)
        out += "><skipped message=\"" + message + "\"/></testcase>\n";
      else if (r.state == State::warn)
        out += "><system-out>" + message + "</system-out></testcase>\n";
      else
        out += "/>\n";
    }
    out += "  </testsuite>\n";
  }
  return out + "</testsuites>\n";
}

std::optional<Error> write_junit(const std::string& path, const std::string& text) {
  std::FILE* file = std::fopen(path.c_str(), "we");
  bool good = file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size();
  if (file != nullptr && std::fclose(file) != 0) good = false;
  if (good) return std::nullopt;
  return Error{Status::config, path + " could not be written: " + std::strerror(errno), "check the path and its permissions", path};
}

base::Result<conformance::CheckOptions> check_options(const Options& options) {
  conformance::CheckOptions out;
  out.set = options.set;
  out.seed = options.seed.value_or(static_cast<unsigned>(::getpid()));
  if (!options.only.empty()) out.only = options.only;
  std::vector<std::string> names;
  bool any = false;
  for (const auto& check : conformance::checks()) {
    any = any || conformance::fits(out.only, check.name);
    names.push_back(check.name);
  }
  if (!any)
    return Error{Status::config, "no check is called '" + out.only + "'" + base::did_you_mean(out.only, names),
                 "checks: " + base::join_words(names)};
  const auto limit = base::parse_duration(options.time_limit);
  if (!limit || limit->count() <= 0)
    return Error{Status::config, "--time-limit wants a duration like 10s, not '" + options.time_limit + "'",
                 "it is the most that one check may take"};
  out.time_limit = *limit;
  return out;
}

}  // namespace

int plugin_check_command(const Options& options) {
  const auto refuse = [&](const Error& error) {
    print_problems({error}, {}, options);
    return run::kExitUsage;
  };
  const auto chosen = check_options(options);
  if (!chosen) return refuse(chosen.error());
  for (const auto& path : options.paths) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0)
      return refuse({Status::config, path + ": " + std::strerror(errno), "give the path of a plugin file", path});
    if (!S_ISREG(info.st_mode)) return refuse({Status::config, path + " is not a file", "give the path of a plugin file", path});
  }
  const auto style = style_for(STDOUT_FILENO, options.color);
  std::vector<CheckedFile> files;
  bool good = true;
  for (const auto& path : options.paths) {
    const auto show = [&](const CheckResult& result) {
      if (!options.json) print_result(result, options, style);
    };
    files.push_back({path, conformance::check_plugin(path, *chosen, show)});
    good = good && !failed(files.back());
    if (!options.json) print_sum(files.back(), style);
  }
  if (options.json)
    std::printf("%s\n", run::to_json(json_of(files, chosen->seed, good)).c_str());
  else if (!good)
    put(stdout,
        "What each check is for, and how to mend what it found: docs/plugins/checks.md. Random settings of seed " +
            std::to_string(chosen->seed) + ".\n",
        style);
  if (!options.junit.empty())
    if (const auto wrong = write_junit(options.junit, junit_of(files))) return refuse(*wrong);
  return good ? run::kExitOk : run::kExitBlocked;
}

}  // namespace tidegate::cli
