// SPDX-License-Identifier: Apache-2.0
// `tidegate plugin lock`: into [plugins.pin] of the pipeline goes what its plugins are now. The file is edited line by line, so
// that comments and everything else stay as they were written, and is replaced only when it then says what was meant.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/compose.hpp"
#include "cli/paths.hpp"
#include "cli/print.hpp"
#include "run/json.hpp"

namespace tidegate::cli {
namespace {

using base::Error;
using base::Result;
using base::Status;
using pipeline::Pin;

std::string as_line(const Pin& pin) {
  return "\"" + pin.plugin_id + "\" = { version = \"" + pin.version + "\", sha256 = \"" + pin.sha256 + "\" }";
}

/// Of the plugins that are not bundled and that a stage uses; ordered by id.
Result<std::vector<Pin>> pins_of(const Checked& checked) {
  std::vector<Pin> out;
  const auto& pipeline = checked.reading.pipeline;
  for (const auto* list : {&pipeline.stages, &pipeline.rollback, &pipeline.notify}) {
    for (const auto& stage : *list) {
      const auto* plugin = checked.registry->offering(stage.use);
      if (plugin == nullptr || plugin->bundled) continue;
      const auto& id = plugin->manifest.id;
      if (std::any_of(out.begin(), out.end(), [&](const Pin& pin) { return pin.plugin_id == id; })) continue;
      const auto bytes = base::read_file(plugin->path);
      if (!bytes) return bytes.error();
      out.push_back({id, plugin->manifest.version, loader::sha256_hex(*bytes), {}});
    }
  }
  std::sort(out.begin(), out.end(), [](const Pin& a, const Pin& b) { return a.plugin_id < b.plugin_id; });
  return out;
}

const Pin* pin_for(const std::vector<Pin>& pins, const std::string& id) {
  const auto found = std::find_if(pins.begin(), pins.end(), [&](const Pin& pin) { return pin.plugin_id == id; });
  return found == pins.end() ? nullptr : &*found;
}

bool same(const Pin& a, const Pin* b) {
  return b != nullptr && a.version == b->version && a.sha256 == b->sha256;
}

/// What stands on the pin's line behind its table: a comment.
std::string_view behind_table(std::string_view line) {
  char quote = 0;
  for (std::size_t i = line.find('='); i < line.size(); ++i) {
    if (quote != 0)
      quote = line[i] == quote ? 0 : quote;
    else if (line[i] == '"' || line[i] == '\'')
      quote = line[i];
    else if (line[i] == '}')
      return line.substr(i + 1);
  }
  return {};
}

/// The text with each pin on its line: where it stands, else first in the section, else in a new one at the end.
std::string with_pins(const std::string& text, const std::string& file, const std::vector<Pin>& before, const std::vector<Pin>& pins) {
  auto lines = base::split(text, '\n');
  std::vector<std::string> fresh;
  for (const auto& pin : pins) {
    const auto* old = pin_for(before, pin.plugin_id);
    if (old != nullptr && old->where.file == file && old->where.line >= 1 && old->where.line <= lines.size())
      lines[old->where.line - 1] = as_line(pin) + std::string(behind_table(lines[old->where.line - 1]));
    else
      fresh.push_back(as_line(pin));
  }
  if (!fresh.empty()) {
    const auto header = std::find_if(lines.begin(), lines.end(), [](const std::string& line) {
      return base::trim(std::string_view(line).substr(0, line.find('#'))) == "[plugins.pin]";
    });
    if (header != lines.end()) {
      lines.insert(header + 1, fresh.begin(), fresh.end());
    } else {
      while (!lines.empty() && base::trim(lines.back()).empty()) lines.pop_back();
      lines.insert(lines.end(), {"", "[plugins.pin]"});
      lines.insert(lines.end(), fresh.begin(), fresh.end());
      lines.emplace_back();
    }
  }
  std::string out;
  for (std::size_t i = 0; i < lines.size(); ++i) out += (i == 0 ? "" : "\n") + lines[i];
  return out;
}

/// Whole or not at all, with the permissions that it had; what a link leads to.
Result<void> replace_file(const std::string& named, const std::string& text) {
  std::error_code unresolved;
  const auto target = std::filesystem::canonical(named, unresolved).string();
  const auto& path = unresolved ? named : target;
  const std::string beside = path + ".tidegate-new";
  struct stat info {};
  std::ofstream out(beside, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out || ::stat(path.c_str(), &info) != 0 || ::chmod(beside.c_str(), info.st_mode & 07777U) != 0 ||
      ::rename(beside.c_str(), path.c_str()) != 0) {
    const int number = errno;
    ::unlink(beside.c_str());
    return Error{Status::failed, "cannot write " + shown(path) + ": " + std::strerror(number),
                 "check the permissions of the file and its folder", path};
  }
  return {};
}

/// What would be written, read again: TOML has more ways to write a pin than are edited here.
Result<void> says_what_was_meant(const std::string& text, const Checked& checked, const std::vector<Pin>& pins) {
  const auto& pipeline = checked.reading.pipeline;
  const auto again = pipeline::parse({text, pipeline.file, pipeline.bundled}, checked.working_folder, read_extended);
  const bool all =
      std::all_of(pins.begin(), pins.end(), [&](const Pin& pin) { return same(pin, pin_for(again.pipeline.pins, pin.plugin_id)); });
  if (all && again.errors.empty()) return {};
  std::string wanted = "write these lines under [plugins.pin] by hand:";
  for (const auto& pin : pins) wanted += "\n" + as_line(pin);
  return Error{Status::config,
               "the pins in " + shown(pipeline.file) + " are written in a way that cannot be edited here; nothing was changed", wanted,
               pipeline.file};
}

void print_pins(const Checked& checked, const std::vector<Pin>& pins, bool json) {
  const auto& before = checked.reading.pipeline.pins;
  base::Array list;
  for (const auto& pin : pins) {
    const auto* old = pin_for(before, pin.plugin_id);
    const std::string change = old == nullptr ? "added" : same(pin, old) ? "unchanged" : "changed";
    if (json)
      list.emplace_back(base::Table{{"id", pin.plugin_id}, {"version", pin.version}, {"sha256", pin.sha256}, {"change", change}});
    else
      std::printf("%-9s %s %s  %s\n", change.c_str(), pin.plugin_id.c_str(), pin.version.c_str(), pin.sha256.c_str());
  }
  if (json)
    std::printf("%s\n", run::to_json(base::Table{{"file", checked.reading.pipeline.file}, {"pins", std::move(list)}}).c_str());
  else if (pins.empty())
    std::printf("all plugins of %s are bundled: nothing to pin\n", shown(checked.reading.pipeline.file).c_str());
}

}  // namespace

int plugin_lock_command(const Options& options) {
  const auto refuse = [&](const Error& error) {
    print_problems({error}, {}, options);
    return error.code == Status::config ? run::kExitUsage : run::exit_for(error);
  };
  const auto checked = check_pipeline(options, Pinned::as_it_is);
  if (!checked) return refuse(checked.error());
  print_problems(checked->reading.errors, checked->reading.warnings, options);
  if (!checked->reading.errors.empty()) return run::kExitUsage;
  const auto& pipeline = checked->reading.pipeline;
  const auto pins = pins_of(*checked);
  if (!pins) return refuse(pins.error());
  const bool all =
      std::all_of(pins->begin(), pins->end(), [&](const Pin& pin) { return same(pin, pin_for(pipeline.pins, pin.plugin_id)); });
  if (!all) {
    const auto text = base::read_file(pipeline.file);
    if (!text) return refuse(text.error());
    const auto edited = with_pins(*text, pipeline.file, pipeline.pins, *pins);
    if (auto good = says_what_was_meant(edited, *checked, *pins); !good) return refuse(good.error());
    if (auto written = replace_file(pipeline.file, edited); !written) return refuse(written.error());
  }
  print_pins(*checked, *pins, options.json);
  return run::kExitOk;
}

}  // namespace tidegate::cli
