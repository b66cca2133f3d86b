// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>

#include "base/text.hpp"
#include "pipeline/entries.hpp"
#include "pipeline/extend.hpp"
#include "pipeline/shape.hpp"

namespace tidegate::pipeline {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSha256Digits = 64;

class Parser {
 public:
  Parser(const Document& document, const Source& source, const std::string& working_folder, Reading& reading)
      : root_(document.root), complete_(document.complete), working_folder_(working_folder), reading_(reading), pipeline_(reading.pipeline) {
    pipeline_.file = source.file;
    pipeline_.bundled = source.bundled;
    pipeline_.folder = source.bundled ? working_folder : folder_of(source.file);
  }

  void all() {
    pipeline_.name = text_of(root_, "name");
    if (pipeline_.name.empty()) pipeline_.name = fs::path(pipeline_.file).stem().string();
    if (const auto* with = table_of(root_, "with")) pipeline_.with = *with;
    connections();
    run();
    plugins();
    entries("stage", pipeline_.stages, read_stage);
    entries("rollback", pipeline_.rollback, read_rollback);
    entries("notify", pipeline_.notify, read_notification);
    const auto* stages = root_.find("stage");
    if (complete_ && (stages == nullptr || (stages->as<base::Array>() != nullptr && stages->as<base::Array>()->empty())))
      error(root_.where, "the pipeline has no stage", "add one: [[stage]] and, below it, use = \"apply.prisma\"");
    unique_ids();
  }

 private:
  void error(const base::Place& where, std::string message, std::string hint = {}) {
    reading_.errors.push_back(mistake(where, std::move(message), std::move(hint)));
  }

  /// Where relative paths of a file start; "": the working folder.
  [[nodiscard]] std::string folder_of(const std::string& file) const {
    if (file.empty()) return working_folder_;
    return (fs::path(working_folder_) / fs::path(file).parent_path() / "").lexically_normal().parent_path().string();
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

  void run() {
    const auto* section = table_of(root_, "run");
    if (section == nullptr) return;
    if (const auto wait = base::parse_duration(text_of(*section, "lock_wait"))) pipeline_.lock_wait = *wait;
    pipeline_.deadline = read_duration(*section, "deadline", "[run]", reading_);
    if (const auto span = read_duration(*section, "rollback_deadline", "[run]", reading_)) pipeline_.rollback_deadline = *span;
    if (text_of(*section, "on_failure") == "keep") pipeline_.on_failure = OnFailure::keep;
    const auto journal = text_of(*section, "journal");
    if (journal == "file") pipeline_.journal = JournalKind::file;
    if (journal == "none") pipeline_.journal = JournalKind::none;
  }

  void plugins() {
    const auto* section = table_of(root_, "plugins");
    if (section == nullptr) return;
    if (const auto* dirs = section->find("dirs"); dirs != nullptr && dirs->as<base::Array>() != nullptr)
      for (const auto& dir : *dirs->as<base::Array>())
        if (const auto* text = dir.as<std::string>())
          pipeline_.plugin_dirs.push_back((fs::path(folder_of(dir.where.file)) / *text).lexically_normal().string());
    if (const auto* isolation = table_of(*section, "isolation")) {
      pipeline_.isolation_where = isolation->where;
      for (const auto& [id, value] : *isolation->as<base::Table>()) {
        pipeline_.isolated.push_back(id);
        if (value.text() == "in-process") pipeline_.in_process.push_back(id);
      }
    }
    if (const auto* pins = table_of(*section, "pin"))
      for (const auto& [id, value] : *pins->as<base::Table>())
        if (value.as<base::Table>() != nullptr) pin(id, value);
    if (const auto* allow = table_of(*section, "allow"))
      for (const auto& [id, value] : *allow->as<base::Table>()) this->allow(id, value);
  }

  void pin(const std::string& id, const base::Value& value) {
    Pin out{id, text_of(value, "version"), base::to_lower(text_of(value, "sha256")), value.key_where};
    if (value.find("version") == nullptr && value.find("sha256") == nullptr)
      error(value.where, "[plugins.pin] '" + id + "' names neither 'version' nor 'sha256', so it would hold nothing",
            "for example { version = \"1.4.0\" }; `sha256sum` prints the other of a plugin's file");
    const auto* sum = value.find("sha256");
    const bool hex = out.sha256.find_first_not_of("0123456789abcdef") == std::string::npos && out.sha256.size() == kSha256Digits;
    if (sum != nullptr && sum->as<std::string>() != nullptr && !out.sha256.empty() && !hex)
      error(sum->where, "'sha256' of [plugins.pin] '" + id + "' is no SHA-256: that has 64 hexadecimal digits",
            "`sha256sum` prints it of a plugin's file");
    pipeline_.pins.push_back(std::move(out));
  }

  void allow(const std::string& id, const base::Value& value) {
    const auto* list = value.as<base::Array>();
    if (list == nullptr) return;
    std::vector<std::string> services;
    for (const auto& name : *list) services.push_back(name.text());
    pipeline_.allow.push_back({id, std::move(services), value.key_where});
  }

  void entries(std::string_view key, std::vector<Stage>& out, Stage (*read)(const base::Value&, Reading&)) {
    const auto* list = root_.find(key);
    if (list == nullptr || list->as<base::Array>() == nullptr) return;
    for (const auto& value : *list->as<base::Array>())
      if (value.as<base::Table>() != nullptr) out.push_back(read(value, reading_));
  }

  void unique_ids() {
    std::vector<const Stage*> seen;
    for (const auto* list : {&pipeline_.stages, &pipeline_.rollback, &pipeline_.notify}) {
      for (const auto& entry : *list) {
        if (entry.id.empty()) continue;
        const auto same = std::find_if(seen.begin(), seen.end(), [&](const Stage* other) { return other->id == entry.id; });
        if (same == seen.end()) {
          seen.push_back(&entry);
          continue;
        }
        const auto* id = entry.written.find("id");
        const auto* use = entry.written.find("use");
        const auto& taken = (*same)->where;
        error(id != nullptr ? id->where : (use != nullptr ? use->where : entry.where),
              "the id '" + entry.id + "' is taken by the stage at " +
                  (taken.file == entry.where.file ? "line " + std::to_string(taken.line) : base::to_string(taken)),
              id != nullptr ? "choose another id" : "without an id the use is the id: add id = \"…\"");
      }
    }
  }

  const base::Value& root_;
  const bool complete_;
  const std::string& working_folder_;
  Reading& reading_;
  Pipeline& pipeline_;
};

}  // namespace

const Connection* Pipeline::connection(std::string_view wanted) const {
  const auto at = std::find_if(connections.begin(), connections.end(), [&](const auto& c) { return c.name == wanted; });
  return at == connections.end() ? nullptr : &*at;
}

Reading parse(const Source& source, const std::string& working_folder, const Opener& open) {
  Reading reading;
  reading.pipeline.file = source.file;
  if (const auto document = read_document(source, open, reading.errors)) Parser(*document, source, working_folder, reading).all();
  sort_by_place(reading.errors);
  sort_by_place(reading.warnings);
  return reading;
}

}  // namespace tidegate::pipeline
