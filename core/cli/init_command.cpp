// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "cli/commands.hpp"
#include "cli/compose.hpp"
#include "cli/paths.hpp"
#include "cli/print.hpp"
#include "cli/project.hpp"
#include "run/json.hpp"

namespace tidegate::cli {
namespace {

using base::Array;
using base::Error;
using base::Status;
using base::Table;

constexpr const char* kFile = "tidegate.toml";

/// Writes the file, never over another one.
std::optional<Error> write_new(const std::string& text) {
  std::FILE* file = std::fopen(kFile, "wxe");
  if (file == nullptr) {
    const int failure = errno;
    if (failure == EEXIST)
      return Error{Status::config, std::string(kFile) + " is there already, and init never writes over one",
                   "`tidegate validate` checks it; to start anew, move it away first", kFile};
    return Error{Status::config, std::string(kFile) + " could not be written: " + std::strerror(failure), "check the folder's permissions",
                 kFile};
  }
  const bool whole = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  const bool closed = std::fclose(file) == 0;
  if (whole && closed) return std::nullopt;
  const int failure = errno;
  ::unlink(kFile);
  return Error{Status::config, std::string(kFile) + " could not be written: " + std::strerror(failure), "make room on the file system",
               kFile};
}

/// The bundled pipeline for where the project is deployed, as far as this tidegate has one.
std::string pipeline_for(const Project& project) {
  for (const auto& [what, name] : {std::pair{"vercel", "vercel-build"}, std::pair{"", "default"}})
    if ((*what == '\0' || project.has(what)) && find_extended(name, {})) return name;
  return "default";
}

void print_json(const Project& project, const std::string& extends) {
  Array found, changes;
  for (const auto& find : project.found) found.emplace_back(Table{{"what", find.what}, {"path", find.path}});
  for (const auto& change : project.changes) {
    Table entry{{"file", change.file}};
    if (change.line != 0) {
      entry.emplace_back("line", static_cast<std::int64_t>(change.line));
      entry.emplace_back("from", change.from);
    }
    entry.emplace_back("to", change.to);
    entry.emplace_back("why", change.why);
    changes.emplace_back(std::move(entry));
  }
  const Table out{{"file", kFile},
                  {"extends", extends},
                  {"found", std::move(found)},
                  {"migrations", Array(project.migrations.begin(), project.migrations.end())},
                  {"changes", std::move(changes)}};
  std::printf("%s\n", run::to_json(out).c_str());
}

void print_text(const Project& project, const std::string& extends, const Style& style) {
  std::string out = "Wrote " + std::string(kFile) + ", which extends the bundled pipeline '" + extends + "'.\n";
  if (!project.found.empty()) out += "\nFound:\n";
  for (const auto& find : project.found) out += "  " + find.path + "\n";
  if (project.migrations.empty())
    out += "\nNo migrations were found: set 'migrations' in " + std::string(kFile) + " to where they will be.\n";
  if (project.migrations.size() > 1)
    out += "\nSeveral folders have migrations: " + std::string(kFile) + " names the first, the others need a pipeline each.\n";
  if (!project.changes.empty())
    out += "\nTo have a deploy run it, change this by hand; nothing but " + std::string(kFile) + " was written:\n";
  for (const auto& change : project.changes) {
    out += "\n" + style.bold(change.file + (change.line != 0 ? ":" + std::to_string(change.line) : "")) + "\n";
    if (change.line != 0) out += style.red("- " + change.from) + "\n";
    std::string added = change.to;
    for (std::size_t at = 0; (at = added.find('\n', at)) != std::string::npos; at += 3) added.insert(at + 1, "+ ");
    out += style.green("+ " + added) + "\n  " + style.dim(change.why) + "\n";
  }
  out += "\nNext: `tidegate validate`, then `tidegate plan` with the database's URL in DATABASE_URL.\n";
  put(stdout, out, style);
}

}  // namespace

int init_command(const Options& options) {
  const auto project = look_at(working_folder());
  const auto extends = pipeline_for(project);
  if (const auto failure = write_new(pipeline_text(project, extends))) {
    print_problems({*failure}, {}, options);
    return run::kExitUsage;
  }
  if (options.json)
    print_json(project, extends);
  else
    print_text(project, extends, style_for(STDOUT_FILENO, options.color));
  return run::kExitOk;
}

}  // namespace tidegate::cli
