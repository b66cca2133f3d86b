// SPDX-License-Identifier: Apache-2.0
#include "pipeline/extend.hpp"

#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "manifest/toml.hpp"
#include "pipeline/keys.hpp"
#include "pipeline/layering.hpp"
#include "pipeline/shape.hpp"

namespace tidegate::pipeline {
namespace {

constexpr std::int64_t kVersion = 1;
constexpr std::size_t kDeepest = 16;  // links between folders can make a chain of ever new names

std::string quoted(std::string_view text) {
  return "'" + std::string(text) + "'";
}

void erase_keys(base::Value& table, std::initializer_list<std::string_view> names) {
  if (auto* members = table.as<base::Table>())
    std::erase_if(*members, [&](const auto& member) { return std::find(names.begin(), names.end(), member.first) != names.end(); });
}

/// Without their file, so that paths in them start at the working folder.
void forget_file(base::Value& value) {
  value.where.file.clear();
  if (auto* table = value.as<base::Table>())
    for (auto& [name, entry] : *table) forget_file(entry);
  if (auto* list = value.as<base::Array>())
    for (auto& entry : *list) forget_file(entry);
}

void forget_file(base::Value& table, std::string_view key) {
  if (auto* value = table.find(key)) forget_file(*value);
}

/// { a.b = 1 } and { "a.b" = 1 } are one condition, also when one file has it so and another one so.
void flatten(const base::Value& from, const std::string& prefix, base::Table& to) {
  for (const auto& [name, value] : *from.as<base::Table>()) {
    if (value.as<base::Table>() != nullptr)
      flatten(value, prefix + name + '.', to);
    else
      to.emplace_back(prefix + name, value);
  }
}

/// Calls `visit` for each table of [[stage]], [[rollback]] and [[notify]].
template <class Visit>
void for_each_entry(base::Value& root, Visit&& visit) {
  for (const auto& key : pipeline_file().keys) {
    auto* value = key.shape == Shape::tables ? root.find(key.name) : nullptr;
    auto* list = value != nullptr ? value->as<base::Array>() : nullptr;
    if (list == nullptr) continue;
    for (auto& entry : *list)
      if (entry.as<base::Table>() != nullptr) visit(entry, *key.inside);
  }
}

void prepare(base::Value& root, const Source& source) {
  if (root.where.file.empty()) root.where = {source.file, 1, 1};
  for_each_entry(root, [&](base::Value& entry, const Section&) {
    if (auto* when = entry.find("when"); when != nullptr && when->as<base::Table>() != nullptr) {
      base::Table flat;
      flatten(*when, "", flat);
      when->data = std::move(flat);
    }
    if (!source.bundled) return;
    forget_file(entry, "with");
    auto* in = entry.find("in");
    if (in == nullptr || in->as<base::Table>() == nullptr) return;
    for (auto& [environment, overlay] : *in->as<base::Table>()) forget_file(overlay, "with");
  });
  if (!source.bundled) return;
  forget_file(root, "with");
  if (auto* plugins = root.find("plugins")) forget_file(*plugins, "dirs");
}

/// One list of the file laid over that of the pipeline it extends.
class ListMerge {
 public:
  ListMerge(base::Array list, const Section& section, bool complete, std::vector<base::Error>& errors)
      : list_(std::move(list)), title_(section.title), complete_(complete), errors_(errors) {}

  base::Array with(const base::Array& over) {
    for (const auto& entry : over)
      if (entry.as<base::Table>() != nullptr) lay(entry);
    for (const auto& entry : over)
      if (entry.as<base::Table>() != nullptr) place(entry);
    return std::move(list_);
  }

 private:
  void error(const base::Place& where, std::string message, std::string hint = {}) {
    errors_.push_back(mistake(where, std::move(message), std::move(hint)));
  }

  auto at(const std::string& id) {
    return std::find_if(list_.begin(), list_.end(), [&](const auto& entry) { return id_of(entry) == id; });
  }

  [[nodiscard]] std::vector<std::string> ids() const {
    std::vector<std::string> out;
    for (const auto& entry : list_) out.push_back(id_of(entry));
    return out;
  }

  [[nodiscard]] std::string known() const { return list_.empty() ? "it has none" : "it has " + base::join_words(ids()); }

  void lay(const base::Value& entry) {
    const auto id = id_of(entry);
    if (id.empty()) return;  // its shape has been reported
    const auto& where = entry.find("id") != nullptr ? entry.find("id")->where : entry.where;
    if (const auto [first, fresh] = seen_.try_emplace(id, entry.where.line); !fresh)
      return error(where, "the id " + quoted(id) + " is taken by the " + title_ + " at line " + std::to_string(first->second),
                   "put both into one, or choose another id");
    const auto found = at(id);
    const auto* remove = entry.find("remove");
    if (remove != nullptr && remove->flag()) {
      if (found != list_.end())
        list_.erase(found);
      else if (complete_)
        error(where, "there is no " + title_ + ' ' + quoted(id) + " to remove in the extended pipeline" + base::did_you_mean(id, ids()), known());
    } else if (found != list_.end()) {
      const auto* use = entry.find("use");
      const auto* before = found->find("use");
      // Settings of another stage type would make no sense to this one.
      auto laid = use != nullptr && before != nullptr && !(*use == *before) ? entry : merged(*found, entry);
      laid.where = entry.where;
      *found = std::move(laid);
    } else if (entry.find("use") != nullptr) {
      list_.push_back(entry);
    } else if (complete_) {
      error(where, "there is no " + title_ + ' ' + quoted(id) + " to change in the extended pipeline" + base::did_you_mean(id, ids()),
            known() + "; a new one needs 'use'");
    }
  }

  void place(const base::Value& entry) {
    const auto* before = entry.find("before");
    const auto* after = entry.find("after");
    if (before != nullptr && after != nullptr)
      return error(after->key_where, title_ + ' ' + quoted(id_of(entry)) + " has 'before' and 'after'", "one of them is enough: remove the other");
    const auto* wanted = before != nullptr ? before : after;
    if (wanted == nullptr || wanted->as<std::string>() == nullptr) return;
    const auto id = id_of(entry);
    const auto target = wanted->text();
    const std::string key = before != nullptr ? "before" : "after";
    if (target == id) return error(wanted->where, title_ + ' ' + quoted(id) + " cannot stand " + key + " itself");
    const auto from = at(id);
    if (from == list_.end()) return;  // removed, or reported
    if (at(target) == list_.end()) {
      if (!complete_) return;
      const bool removed = seen_.contains(target);
      return error(wanted->where,
                   quoted(key) + " of " + title_ + ' ' + quoted(id) + ": there is no " + title_ + ' ' + quoted(target) +
                       (removed ? "" : base::did_you_mean(target, ids())),
                   removed ? "this file removes it" : known());
    }
    auto moved = std::move(*from);
    list_.erase(from);
    auto to = at(target);
    if (after != nullptr) {
      // Several that stand after one keep their order.
      auto& last = placed_after_.try_emplace(target, target).first->second;
      if (const auto behind = at(last); behind != list_.end()) to = behind;
      ++to;
      last = id;
    }
    list_.insert(to, std::move(moved));
  }

  base::Array list_;
  std::string title_;
  bool complete_;
  std::vector<base::Error>& errors_;
  std::map<std::string, std::uint32_t> seen_;         // ids of this file, and their lines
  std::map<std::string, std::string> placed_after_;  // the last one put behind each
};

class Reader {
 public:
  Reader(const Opener& open, std::vector<base::Error>& errors) : open_(open), errors_(errors) {}

  std::optional<Document> read(const Source& source) {
    auto root = manifest::parse_toml(source.text, source.file);
    if (!root) {
      errors_.push_back(std::move(root.error()));
      return std::nullopt;
    }
    prepare(*root, source);
    const auto* extends = root->find("extends");
    check_shape(*root, pipeline_file(), extends != nullptr, errors_);
    version(*root);
    Document out{std::move(*root)};
    if (extends != nullptr) {
      extend(out, source);
    } else {
      refuse_placing(out.root);
    }
    for_each_entry(out.root, [](base::Value& entry, const Section&) { erase_keys(entry, {"remove", "before", "after"}); });
    return out;
  }

 private:
  void error(const base::Place& where, std::string message, std::string hint = {}) {
    errors_.push_back(mistake(where, std::move(message), std::move(hint)));
  }

  void version(const base::Value& root) {
    const auto* given = root.find("version");
    if (given != nullptr && given->as<std::int64_t>() != nullptr && given->integer() != kVersion)
      error(given->where, "version " + std::to_string(given->integer()) + " of the pipeline format is not known to this tidegate",
            "write version = " + std::to_string(kVersion) + ", or use a tidegate that knows it");
  }

  void refuse_placing(base::Value& root) {
    for_each_entry(root, [&](const base::Value& entry, const Section& section) {
      for (const auto* key : {"remove", "before", "after"})
        if (const auto* value = entry.find(key))
          error(value->key_where,
                quoted(key) + " in " + std::string(section.title) + ' ' + quoted(id_of(entry)) + " changes an extended pipeline, and this file extends none",
                "remove it, or name the pipeline to start from: extends = \"default\"");
    });
  }

  void extend(Document& document, const Source& source) {
    const base::Value extends = *document.root.find("extends");
    const auto name = extends.text();
    document.complete = false;
    chain_.push_back(source.file);
    if (!base::trim(name).empty()) {
      if (auto under = base_of(name, extends.where, source)) {
        document.complete = under->complete;
        merge(document, std::move(under->root));
      }
    }
    chain_.pop_back();
  }

  std::optional<Document> base_of(const std::string& name, const base::Place& where, const Source& source) {
    if (!open_) {
      error(where, "there is nothing that " + quoted(name) + " could be read from");
      return std::nullopt;
    }
    auto opened = open_(name, source);
    if (!opened) {
      error(where, "'extends': " + opened.error().message, opened.error().hint);
      return std::nullopt;
    }
    if (const auto first = std::find(chain_.begin(), chain_.end(), opened->file); first != chain_.end()) {
      std::string way;
      for (auto file = first; file != chain_.end(); ++file) way += *file + " -> ";
      error(where, "'extends' goes in a circle: " + way + opened->file, "let one of them start from nothing, or from a bundled pipeline");
      return std::nullopt;
    }
    if (chain_.size() >= kDeepest) {
      error(where, "'extends' goes through more than " + std::to_string(kDeepest) + " files");
      return std::nullopt;
    }
    return read(*opened);
  }

  void merge(Document& document, base::Value under) {
    erase_keys(under, {"name", "version"});
    base::Value out = merged(under, document.root);
    out.where = document.root.where;
    for (const auto& key : pipeline_file().keys) {
      if (key.shape != Shape::tables) continue;
      const auto* over = document.root.find(key.name);
      const auto* there = under.find(key.name);
      if (over == nullptr || over->as<base::Array>() == nullptr) continue;
      const bool lies_under = there != nullptr && there->as<base::Array>() != nullptr;
      ListMerge lists(lies_under ? *there->as<base::Array>() : base::Array{}, *key.inside, document.complete, errors_);
      auto list = lists.with(*over->as<base::Array>());
      out.find(key.name)->data = std::move(list);
    }
    document.root = std::move(out);
  }

  const Opener& open_;
  std::vector<base::Error>& errors_;
  std::vector<std::string> chain_;  // the files being read, the first one first
};

}  // namespace

std::string id_of(const base::Value& entry) {
  for (const auto* key : {"id", "use"})
    if (const auto* value = entry.find(key); value != nullptr && !value->text().empty()) return value->text();
  return {};
}

std::optional<Document> read_document(const Source& source, const Opener& open, std::vector<base::Error>& errors) {
  return Reader(open, errors).read(source);
}

}  // namespace tidegate::pipeline
