// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>

#include "base/text.hpp"
#include "manifest/toml.hpp"
#include "pipeline/conditions.hpp"
#include "pipeline/keys.hpp"
#include "pipeline/read.hpp"
#include "pipeline/shape.hpp"

namespace tidegate::pipeline {
namespace {

constexpr std::int64_t kVersion = 1;

/// The member when it is text; "" otherwise (a wrong type has been reported already).
std::string text_of(const base::Value& table, std::string_view key) {
  const auto* value = table.find(key);
  return value != nullptr ? value->text() : std::string{};
}

/// The member when it is a table; null otherwise.
const base::Value* table_of(const base::Value& table, std::string_view key) {
  const auto* value = table.find(key);
  return value != nullptr && value->as<base::Table>() != nullptr ? value : nullptr;
}

/// Settings without their file, so that paths in them start at the working folder.
base::Value without_file(base::Value value) {
  value.where.file.clear();
  if (auto* table = value.as<base::Table>())
    for (auto& [name, entry] : *table) entry = without_file(std::move(entry));
  if (auto* list = value.as<base::Array>())
    for (auto& entry : *list) entry = without_file(std::move(entry));
  return value;
}

std::string absolute(const std::string& folder, const std::string& path) {
  return (std::filesystem::path(folder) / path).lexically_normal().string();
}

class Parser {
 public:
  Parser(const base::Value& root, const std::string& file, bool bundled, const std::string& working_folder, Reading& reading)
      : root_(root), bundled_(bundled), reading_(reading), pipeline_(reading.pipeline) {
    pipeline_.file = file;
    pipeline_.bundled = bundled;
    const auto folder = std::filesystem::path(working_folder) / std::filesystem::path(file).parent_path();
    pipeline_.folder = bundled ? working_folder : (folder / "").lexically_normal().parent_path().string();
  }

  void all() {
    check_shape(root_, pipeline_file(), reading_.errors);
    top();
    connections();
    if (const auto* run = table_of(root_, "run"))
      if (const auto wait = base::parse_duration(text_of(*run, "lock_wait"))) pipeline_.lock_wait = *wait;
    plugins();
    entries("stage", pipeline_.stages);
    entries("notify", pipeline_.notify);
    const auto* stages = root_.find("stage");
    if (stages == nullptr || (stages->as<base::Array>() != nullptr && stages->as<base::Array>()->empty()))
      error(root_.where, "the pipeline has no stage", "add one: [[stage]] and, below it, use = \"apply.prisma\"");
    unique_ids();
  }

 private:
  void error(const base::Place& where, std::string message, std::string hint = {}) {
    reading_.errors.push_back(mistake(where, std::move(message), std::move(hint)));
  }

  void top() {
    pipeline_.name = text_of(root_, "name");
    if (pipeline_.name.empty()) pipeline_.name = std::filesystem::path(pipeline_.file).stem().string();
    const auto* version = root_.find("version");
    if (version != nullptr && version->as<std::int64_t>() != nullptr && version->integer() != kVersion)
      error(version->where, "version " + std::to_string(version->integer()) + " of the pipeline format is not known to this tidegate",
            "write version = " + std::to_string(kVersion) + ", or use a tidegate that knows it");
    if (const auto* with = table_of(root_, "with")) pipeline_.with = settings(*with);
  }

  void connections() {
    const auto* named = table_of(root_, "connection");
    if (named == nullptr) return;
    for (const auto& [name, value] : *named->as<base::Table>()) {
      if (value.as<base::Table>() == nullptr) continue;
      const auto* url = value.find("url");
      if (url == nullptr && name != "main")
        error(value.where, "[connection." + name + "] needs 'url'", "only the connection main has default variables");
      pipeline_.connections.push_back({name, text_of(value, "url"), url != nullptr ? url->where : value.where});
    }
  }

  void plugins() {
    const auto* section = table_of(root_, "plugins");
    if (section == nullptr) return;
    if (const auto* dirs = section->find("dirs"); dirs != nullptr && dirs->as<base::Array>() != nullptr)
      for (const auto& dir : *dirs->as<base::Array>())
        if (const auto* text = dir.as<std::string>()) pipeline_.plugin_dirs.push_back(absolute(pipeline_.folder, *text));
    if (const auto* isolation = table_of(*section, "isolation")) {
      pipeline_.isolation_where = isolation->where;
      for (const auto& [id, value] : *isolation->as<base::Table>())
        if (value.text() == "in-process") pipeline_.in_process.push_back(id);
    }
  }

  void entries(std::string_view key, std::vector<Stage>& out) {
    const auto* list = root_.find(key);
    if (list == nullptr || list->as<base::Array>() == nullptr) return;
    for (const auto& value : *list->as<base::Array>())
      if (value.as<base::Table>() != nullptr) out.push_back(key == "notify" ? notification(value) : stage(value));
  }

  Stage common(const base::Value& table) {
    Stage out;
    out.use = text_of(table, "use");
    out.id = text_of(table, "id");
    if (out.id.empty()) out.id = out.use;
    const auto allowed = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
    };
    const bool tidy = std::all_of(out.id.begin(), out.id.end(), allowed) && !out.id.starts_with('.') && !out.id.ends_with('.');
    if (const auto* id = table.find("id"); id != nullptr && !tidy)
      error(id->where, "the id '" + out.id + "' is not usable", "an id has letters, digits, '_', '-' and dots within");
    if (const auto* with = table_of(table, "with")) out.with = settings(*with);
    out.where = table.where;
    out.written = table;
    return out;
  }

  Stage stage(const base::Value& table) {
    Stage out = common(table);
    if (const auto kind = manifest::kind_from(text_of(table, "kind"))) out.kind = *kind;
    out.warn_on_error = text_of(table, "on_error") == "warn";
    if (const auto* value = table.find("timeout")) {
      out.timeout = base::parse_duration(value->text());
      if (out.timeout && out.timeout->count() == 0) error(value->where, "'timeout' of stage '" + out.id + "' is 0, so it could never work");
    }
    if (const auto* when = table_of(table, "when")) out.when = read_conditions(*when, out.id, reading_.errors, reading_.warnings);
    if (const auto* in = table_of(table, "in"))
      for (const auto& [name, overlay] : *in->as<base::Table>())
        if (const auto* with = overlay.as<base::Table>() != nullptr ? table_of(overlay, "with") : nullptr)
          out.in.emplace_back(name, settings(*with));
    return out;
  }

  Stage notification(const base::Value& table) {
    Stage out = common(table);
    out.kind = manifest::Kind::notify;
    const auto* on = table.find("on");
    if (on == nullptr)
      out.on = default_notify_events();
    else if (const auto* list = on->as<base::Array>())
      for (const auto& entry : *list) out.on.push_back(entry.text());
    return out;
  }

  void unique_ids() {
    std::vector<const Stage*> seen;
    for (const auto* list : {&pipeline_.stages, &pipeline_.notify}) {
      for (const auto& entry : *list) {
        if (entry.id.empty()) continue;
        const auto same = std::find_if(seen.begin(), seen.end(), [&](const Stage* other) { return other->id == entry.id; });
        if (same == seen.end()) {
          seen.push_back(&entry);
          continue;
        }
        const auto* id = entry.written.find("id");
        const auto* use = entry.written.find("use");
        error(id != nullptr ? id->where : (use != nullptr ? use->where : entry.where),
              "the id '" + entry.id + "' is taken by the stage at line " + std::to_string((*same)->where.line),
              id != nullptr ? "choose another id" : "without an id the use is the id: add id = \"…\"");
      }
    }
  }

  base::Value settings(const base::Value& table) const { return bundled_ ? without_file(table) : table; }

  const base::Value& root_;
  bool bundled_;
  Reading& reading_;
  Pipeline& pipeline_;
};

}  // namespace

const Connection* Pipeline::connection(std::string_view wanted) const {
  const auto at = std::find_if(connections.begin(), connections.end(), [&](const auto& c) { return c.name == wanted; });
  return at == connections.end() ? nullptr : &*at;
}

Reading parse(std::string_view toml, const std::string& file, bool bundled, const std::string& working_folder) {
  Reading reading;
  auto root = manifest::parse_toml(toml, file);
  if (!root) {
    reading.pipeline.file = file;
    reading.errors.push_back(std::move(root.error()));
    return reading;
  }
  if (root->where.file.empty()) root->where = {file, 1, 1};
  Parser(*root, file, bundled, working_folder, reading).all();
  sort_by_place(reading.errors);
  sort_by_place(reading.warnings);
  return reading;
}

}  // namespace tidegate::pipeline
