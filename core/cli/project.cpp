// SPDX-License-Identifier: Apache-2.0
#include "cli/project.hpp"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <regex>

#include "base/text.hpp"
#include "base/world.hpp"

namespace tidegate::cli {
namespace {

namespace fs = std::filesystem;

constexpr int kDeepest = 4;                  // folders below the project's in which migrations are looked for
constexpr std::size_t kLongestLine = 1'000;  // a longer one is no line that a person changes; std::regex recurses, too
constexpr std::size_t kLargestFile = 1U << 20;
constexpr const char* kRun = "tidegate run";

/// The folders that apply.prisma looks into by itself.
bool found_by_itself(const std::string& folder) {
  return folder == "prisma/migrations" || folder == "prisma/schema/migrations";
}

const std::regex& deploy_command() {
  static const std::regex command(
      "(?:(?:npx|bunx|pnpx|yarn|pnpm|bun x|npm exec)(?: (?:exec|dlx|run|--yes|-y|--))* )?prisma(?:@[A-Za-z0-9.^~-]+)? migrate deploy"
      "(?: --schema[ =][A-Za-z0-9_./-]+)?");
  return command;
}

class Look {
 public:
  explicit Look(std::string folder) : folder_(std::move(folder)) {}

  Project all() {
    find_migrations(folder_, 0);
    std::sort(out_.migrations.begin(), out_.migrations.end());
    for (const auto& path : out_.migrations) out_.found.push_back({"prisma", path});
    if (out_.migrations.empty() && exists("prisma/schema.prisma")) out_.found.push_back({"prisma", "prisma/schema.prisma"});
    const bool package = note("package", "package.json");
    const bool vercel = note("vercel", "vercel.json");
    const bool netlify = note("netlify", "netlify.toml");
    const bool docker = note("docker", "Dockerfile");
    auto workflows = files_in(".github/workflows");
    for (const auto& file : workflows) out_.found.push_back({"github", file});
    name(package);

    for (const auto& find : out_.found)
      if (find.what != "prisma") replace_prisma(find.path);
    // Nothing applies migrations yet, so something has to begin to.
    if (!out_.changes.empty() || already_) return std::move(out_);
    const bool told = (vercel && prefix("vercel.json", "(\"buildCommand\"\\s*:\\s*\")")) ||
                      (netlify && prefix("netlify.toml", "(^\\s*command\\s*=\\s*[\"'])")) ||
                      ((vercel || netlify || (workflows.empty() && !docker)) && package &&
                       (prefix("package.json", "(\"vercel-build\"\\s*:\\s*\")") || prefix("package.json", "(\"build\"\\s*:\\s*\")")));
    if (told) return std::move(out_);
    if (!workflows.empty())
      out_.changes.push_back({workflows.front(), 0, "", "- run: tidegate run\n  env:\n    DATABASE_URL: ${{ secrets.DATABASE_URL }}",
                              "a step of the job that deploys, before the deployment itself"});
    else if (docker)
      out_.changes.push_back(
          {"Dockerfile", 0, "", kRun,
           "as the release or pre-deploy command of what runs the image, once for all its containers; not in a RUN line, "
           "where there is no database"});
    return std::move(out_);
  }

 private:
  [[nodiscard]] bool exists(const std::string& path) const {
    std::error_code ignored;
    return fs::is_regular_file(fs::path(folder_) / path, ignored);
  }

  bool note(const char* what, const char* path) {
    if (!exists(path)) return false;
    out_.found.push_back({what, path});
    return true;
  }

  [[nodiscard]] std::string text_of(const std::string& path) const {
    std::error_code failure;
    const auto full = fs::path(folder_) / path;
    const auto size = fs::file_size(full, failure);
    if (failure || size > kLargestFile) return {};
    auto text = base::read_file(full.string());
    return text ? *text : std::string{};
  }

  [[nodiscard]] std::vector<std::string> files_in(const std::string& path) const {
    std::vector<std::string> out;
    std::error_code failure;
    for (fs::directory_iterator entry(fs::path(folder_) / path, failure), end; !failure && entry != end; entry.increment(failure))
      if (const auto ending = entry->path().extension(); ending == ".yml" || ending == ".yaml")
        out.push_back(path + "/" + entry->path().filename().string());
    std::sort(out.begin(), out.end());
    return out;
  }

  /// Folders whose migration_lock.toml says that Prisma keeps them.
  void find_migrations(const fs::path& folder, int depth) {
    std::error_code failure;
    for (fs::directory_iterator entry(folder, fs::directory_options::skip_permission_denied, failure), end; !failure && entry != end;
         entry.increment(failure)) {
      std::error_code ignored;
      if (entry->is_symlink(ignored)) continue;  // could lead out of the project, or round in it
      const auto name = entry->path().filename().string();
      if (name == "migration_lock.toml" && depth > 0) out_.migrations.push_back(folder.lexically_relative(folder_).generic_string());
      const bool skip = name.starts_with('.') || name == "node_modules" || name == "vendor" || name == "dist" || name == "build";
      if (depth < kDeepest && !skip && entry->is_directory(ignored)) find_migrations(entry->path(), depth + 1);
    }
  }

  void name(bool package) {
    if (package) {
      const auto json = nlohmann::json::parse(text_of("package.json"), nullptr, false);
      if (json.is_object() && json.contains("name") && json["name"].is_string()) out_.name = json["name"].get<std::string>();
    }
    if (out_.name.empty()) out_.name = fs::path(folder_).filename().string();
  }

  /// Calls `change` with each line; what it gives, when it is something else, is a change.
  template <class Rewrite>
  bool rewrite(const std::string& path, const char* why, Rewrite&& changed) {
    std::size_t number = 0;
    bool any = false;
    for (auto line : base::split(text_of(path), '\n')) {
      ++number;
      if (line.ends_with('\r')) line.pop_back();
      if (line.size() > kLongestLine) continue;
      if (line.find(kRun) != std::string::npos) {
        already_ = true;
        continue;
      }
      auto other = changed(line);
      if (other == line) continue;
      out_.changes.push_back({path, number, line, std::move(other), why});
      any = true;
    }
    return any;
  }

  void replace_prisma(const std::string& path) {
    rewrite(path, "tidegate applies the same migrations, and keeps the same history", [](const std::string& line) {
      const auto text = base::trim(line);
      if (text.starts_with('#') || text.starts_with("//")) return line;
      return std::regex_replace(line, deploy_command(), kRun);
    });
  }

  /// Puts tidegate in front of the command that follows what `before` matches; the first such line only.
  bool prefix(const std::string& path, const char* before) {
    const std::regex pattern(before);
    bool done = false;
    return rewrite(path, "migrations are applied first; when they cannot be, the build fails and nothing goes live",
                   [&](const std::string& line) {
                     if (done || !std::regex_search(line, pattern)) return line;
                     done = true;
                     return std::regex_replace(line, pattern, std::string("$1") + kRun + " && ", std::regex_constants::format_first_only);
                   });
  }

  const std::string folder_;
  Project out_;
  bool already_ = false;  // some file runs tidegate
};

std::string toml_text(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) out += c;
  }
  return out + "\"";
}

}  // namespace

bool Project::has(std::string_view what) const {
  return std::any_of(found.begin(), found.end(), [&](const Find& find) { return find.what == what; });
}

Project look_at(const std::string& folder) {
  return Look(folder).all();
}

std::string pipeline_text(const Project& project, const std::string& extends) {
  std::string out =
      "# What `tidegate run` does in a deploy. `tidegate validate` checks this file, `tidegate graph` draws it,\n"
      "# `tidegate plan` says what a run would do.\n"
      "version = 1\nname = " +
      toml_text(project.name) + "\nextends = " + toml_text(extends) + "\n";
  const auto& folders = project.migrations;
  if (folders.size() == 1 && found_by_itself(folders.front())) return out;
  if (folders.empty()) {
    out +=
        "\n# No migrations were found. Where they will be, unless that is prisma/migrations:\n# [with]\n# migrations = \"db/migrations\"\n";
  } else {
    out += "\n[with]\n";
    if (folders.size() > 1) out += "# Several folders have migrations; a pipeline applies one of them. The others need a pipeline each.\n";
    out += "migrations = " + toml_text(folders.front()) + "\n";
    for (std::size_t i = 1; i < folders.size(); ++i) out += "# migrations = " + toml_text(folders[i]) + "\n";
  }
  return out;
}

}  // namespace tidegate::cli
