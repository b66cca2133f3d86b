// SPDX-License-Identifier: Apache-2.0
#include "static/files.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

namespace tidegate::safety {
namespace {

namespace fs = std::filesystem;
using sdk::Error;
using sdk::Result;
using sdk::Status;

constexpr std::string_view kPrismaFile = "migration.sql";

/// V1__x.sql, 0001_x.sql, 20240101_x.sql: the name says which comes first.
bool numbered(std::string_view name) {
  if (!name.empty() && (name.front() == 'V' || name.front() == 'v')) name.remove_prefix(1);
  return !name.empty() && name.front() >= '0' && name.front() <= '9';
}

/// What undoes a migration is no step of its history.
bool goes_back(const std::string& name) {
  return name == "down.sql" || name.ends_with(".down.sql") || name.ends_with(".undo.sql") || (name.starts_with("U") && numbered(std::string_view(name).substr(1)));
}

bool is_migration(const fs::path& path) {
  return path.extension() == ".sql" && !goes_back(path.filename().string());
}

/// By leading number, so that 10 comes after 9, then by bytes.
bool earlier(const std::string& a, const std::string& b) {
  const auto number = [](std::string_view name) {
    if (!name.empty() && (name.front() == 'V' || name.front() == 'v')) name.remove_prefix(1);
    name.remove_prefix(std::min(name.find_first_not_of('0'), name.size()));
    return name.substr(0, std::min(name.find_first_not_of("0123456789"), name.size()));
  };
  if (!numbered(a) || !numbered(b)) return a < b;
  const auto x = number(a), y = number(b);
  if (x.size() != y.size()) return x.size() < y.size();
  return x != y ? x < y : a < b;
}

/// The steps that live together: the folders beside a migration.sql's own, or the numbered files of one folder.
std::vector<std::string> steps_beside(const fs::path& file) {
  std::vector<std::string> names;
  std::error_code ignored;
  const auto prisma = file.filename() == kPrismaFile;
  const auto root = prisma ? file.parent_path().parent_path() : file.parent_path();
  for (fs::directory_iterator it(root.empty() ? fs::path(".") : root, ignored), end; !ignored && it != end; it.increment(ignored)) {
    const auto name = it->path().filename().string();
    std::error_code none;
    if (prisma ? fs::is_regular_file(it->path() / kPrismaFile, none) : is_migration(it->path()) && numbered(name)) names.push_back(name);
  }
  std::sort(names.begin(), names.end(), prisma ? [](const std::string& a, const std::string& b) { return a < b; } : earlier);
  for (auto& name : names) name = (prisma ? root / name / kPrismaFile : root / name).string();
  return names;
}

std::string root_of(const fs::path& file) {
  return (file.filename() == kPrismaFile ? file.parent_path().parent_path() : file.parent_path()).lexically_normal().string();
}

Result<std::vector<std::string>> files_of(const std::string& path) {
  std::error_code failed;
  const auto status = fs::status(path, failed);
  if (fs::is_directory(status)) {
    std::vector<std::string> found;
    for (fs::recursive_directory_iterator it(path, failed), end; !failed && it != end; it.increment(failed)) {
      if (it->is_regular_file(failed) && is_migration(it->path())) found.push_back(it->path().string());
    }
    if (failed) return Error{Status::not_found, "could not read the folder " + path + ": " + failed.message(), "give it read permission, or name the files"};
    std::sort(found.begin(), found.end());
    if (found.empty()) return Error{Status::not_found, "no .sql file in the folder " + path, "name the folder that has the migrations"};
    return found;
  }
  if (!fs::exists(status)) return Error{Status::not_found, "no such file or folder: " + path, "look at the working folder and the spelling"};
  return std::vector<std::string>{path};
}

}  // namespace

Result<std::vector<History>> histories_of(const std::vector<std::string>& paths) {
  std::vector<std::string> order;  // roots as they come
  std::map<std::string, std::set<std::string>> asked;
  std::vector<History> out;
  for (const auto& path : paths) {
    auto files = files_of(path);
    if (!files) return files.error();
    for (auto& file : *files) {
      const fs::path p(file);
      if (p.filename() != kPrismaFile && (!numbered(p.filename().string()) || goes_back(p.filename().string()))) {
        out.push_back({{{file, true}}});
        continue;
      }
      auto root = root_of(p);
      if (!asked.contains(root)) order.push_back(root);
      asked[std::move(root)].insert(p.lexically_normal().string());
    }
  }
  for (const auto& root : order) {
    const auto& wanted = asked[root];
    History history;
    std::size_t last = 0;
    std::set<std::string> seen;
    for (const auto& step : steps_beside(fs::path(*wanted.begin()))) {
      const auto normal = fs::path(step).lexically_normal().string();
      const bool judged = wanted.contains(normal);
      seen.insert(normal);
      history.files.push_back({normal, judged});
      if (judged) last = history.files.size();
    }
    history.files.resize(last);
    for (const auto& file : wanted) {
      if (!seen.contains(file)) history.files.push_back({file, true});
    }
    out.push_back(std::move(history));
  }
  return out;
}

}  // namespace tidegate::safety
