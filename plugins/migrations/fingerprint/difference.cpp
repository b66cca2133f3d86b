// SPDX-License-Identifier: Apache-2.0
#include "migrations/fingerprint/difference.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

#include "migrations/json.hpp"

namespace tidegate::migrations::fingerprint {
namespace {

using What = Change::What;
using Key = std::tuple<std::string_view, std::string_view, std::string_view>;
using Items = std::map<Key, const Item*>;
using Names = std::unordered_map<std::string_view, const Item*>;

constexpr std::size_t kLongest = 100;

Items by_key(const Description& description) {
  Items out;
  for (const auto& item : description.items()) out.emplace(Key(item.kind, item.part_of, item.name), &item);
  return out;
}

/// The relations and domains that others may be part of.
Names owners(const Description& description) {
  Names out;
  for (const auto& item : description.items())
    if (item.part_of.empty()) out.emplace(item.name, &item);
  return out;
}

const Item* find(const Names& names, std::string_view name) {
  const auto found = names.find(name);
  return found == names.end() ? nullptr : found->second;
}

class Comparison {
 public:
  Comparison(const Description& before, const Description& after)
      : before_(by_key(before)), after_(by_key(after)), owners_before_(owners(before)), owners_after_(owners(after)) {}

  std::vector<Change> changes() {
    for (const auto& [key, item] : before_) {
      const auto found = after_.find(key);
      if (found == after_.end())
        whole(*item, What::missing);
      else if (found->second->definition != item->definition)
        compare(*item, *found->second);
    }
    for (const auto& [key, item] : after_)
      if (!before_.contains(key)) whole(*item, What::added);
    std::stable_sort(out_.begin(), out_.end(), [](const Change& a, const Change& b) {
      // With a table what is part of it; tables by name, not by what happened to them.
      const auto key = [](const Change& c) {
        const bool whole = c.part_of.empty();
        return std::tie(whole ? c.kind : c.part_of_kind, whole ? c.name : c.part_of, c.part_of, c.kind, c.name);
      };
      return key(a) < key(b);
    });
    return std::move(out_);
  }

 private:
  Change change(const Item& item, What what) {
    Change out;
    out.what = what;
    out.kind = item.kind;
    out.part_of = item.part_of;
    out.name = item.name;
    if (!item.part_of.empty()) {
      const auto* owner = find(owners_after_, item.part_of);
      if (owner == nullptr) owner = find(owners_before_, item.part_of);
      if (owner != nullptr) out.part_of_kind = owner->kind;
    }
    return out;
  }
  void whole(const Item& item, What what) {
    if (item.kind == kColumnOrder) return;  // its columns tell
    const bool owner_is_there =
        item.part_of.empty() || find(what == What::missing ? owners_after_ : owners_before_, item.part_of) != nullptr;
    if (owner_is_there) out_.push_back(change(item, what));
  }
  void compare(const Item& a, const Item& b) {
    if (a.kind == kColumnOrder) return compare_order(a, b);
    const auto olds = properties_of(a), news = properties_of(b);
    const auto get = [](const std::vector<Property>& all, const std::string& name) -> const Property* {
      const auto found = std::find_if(all.begin(), all.end(), [&](const Property& p) { return p.name == name; });
      return found == all.end() ? nullptr : &*found;
    };
    std::vector<std::string> names;
    for (const auto* side : {&olds, &news})
      for (const auto& p : *side)
        if (std::find(names.begin(), names.end(), p.name) == names.end()) names.push_back(p.name);
    for (const auto& name : names) {
      const auto* had = get(olds, name);
      const auto* has = get(news, name);
      if (had != nullptr && has != nullptr && had->value == has->value) continue;
      auto& out = out_.emplace_back(change(a, What::changed));
      out.property = name;
      out.had = had != nullptr;
      out.has = has != nullptr;
      if (had != nullptr) out.before = had->value;
      if (has != nullptr) out.after = has->value;
    }
  }
  /// Only of the columns that both have: what came and went is told by itself.
  void compare_order(const Item& a, const Item& b) {
    const auto common = [&](const Item& item, const Items& others) {
      std::string out;
      for (const auto& name : split(item.definition)) {
        const bool in_other = others.contains(Key("column", item.part_of, name)) || others.contains(Key("attribute", item.part_of, name));
        if (in_other) out += (out.empty() ? "" : ", ") + std::string(name);
      }
      return out;
    };
    auto& out = out_.emplace_back(change(a, What::changed));
    out.property = kColumnOrder;
    out.had = out.has = true;
    out.before = common(a, after_);
    out.after = common(b, before_);
    if (out.before == out.after) out_.pop_back();
  }
  /// "a, \"b, c\"" at the commas outside of quotes.
  static std::vector<std::string_view> split(std::string_view order) {
    std::vector<std::string_view> out;
    bool quoted = false;
    std::size_t from = 0;
    for (std::size_t i = 0; i <= order.size(); ++i) {
      if (i < order.size() && order[i] == '"') quoted = !quoted;
      if (i < order.size() && (quoted || order[i] != ',')) continue;
      out.push_back(order.substr(from, i - from));
      from = i + 2;
    }
    return out;
  }

  Items before_, after_;
  Names owners_before_, owners_after_;
  std::vector<Change> out_;
};

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (true) {
    const auto end = text.find('\n');
    out.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}

/// Cut at a character, not in the middle of one.
std::string shortened(std::string_view text) {
  if (text.size() <= kLongest) return std::string(text);
  auto end = kLongest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return std::string(text.substr(0, end)) + "…";
}

std::string value(bool there, std::string_view text) {
  return there ? shortened(lines_of(text).front()) + (text.find('\n') == std::string_view::npos ? "" : " …") : "(none)";
}

/// "column order", "type integer -> bigint", "not null added", "definition, line 3: … -> …".
std::string changed_text(const Change& c) {
  if (c.had != c.has && c.before.empty() && c.after.empty()) return c.property + (c.has ? " added" : " removed");
  if (c.had && c.has && (c.before.find('\n') != std::string::npos || c.after.find('\n') != std::string::npos)) {
    const auto olds = lines_of(c.before), news = lines_of(c.after);
    std::size_t i = 0;
    while (i < olds.size() && i < news.size() && olds[i] == news[i]) ++i;
    const auto line = [i](const std::vector<std::string_view>& lines) {
      return i < lines.size() ? shortened(lines[i].substr(std::min(lines[i].find_first_not_of(' '), lines[i].size()))) : "(end)";
    };
    return c.property + ", line " + std::to_string(i + 1) + ": " + line(olds) + " -> " + line(news);
  }
  return c.property + " " + value(c.had, c.before) + " -> " + value(c.has, c.after);
}

std::string_view name_of(What what) {
  switch (what) {
    case What::missing:
      return "missing";
    case What::added:
      return "new";
    case What::changed:
      break;
  }
  return "changed";
}

}  // namespace

std::string_view name_of(Same same) {
  switch (same) {
    case Same::equal:
      return "equal";
    case Same::but_column_order:
      return "equal but for column order";
    case Same::different:
      break;
  }
  return "different";
}

std::string text_of(const Change& c) {
  std::string out = c.part_of.empty() ? "" : c.part_of_kind + " " + c.part_of + ": ";
  if (c.kind != kColumnOrder) out += c.kind + (c.name.empty() ? "" : " " + c.name);
  if (c.what != What::changed) return out + " " + std::string(name_of(c.what));
  return out + (c.kind == kColumnOrder ? "" : ": ") + changed_text(c);
}

std::string Difference::text() const {
  std::string out;
  for (const auto& change : changes) out += text_of(change) + "\n";
  for (const auto& remark : remarks) out += "note: " + remark + "\n";
  return out;
}

std::string Difference::json() const {
  std::string out = "{\"same\":";
  append_json(out, name_of(same));
  out += ",\"changes\":[";
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const auto& c = changes[i];
    out += i == 0 ? "{" : ",{";
    const auto field = [&](std::string_view name, std::string_view text, bool comma = true) {
      append_json(out, name);
      out += ':';
      append_json(out, text);
      if (comma) out += ',';
    };
    field("change", name_of(c.what));
    field("kind", c.kind);
    if (!c.part_of.empty()) field("part_of", c.part_of_kind + " " + c.part_of);
    field("name", c.name);
    if (!c.property.empty()) field("property", c.property);
    if (c.had) field("before", c.before);
    if (c.has) field("after", c.after);
    field("text", text_of(c), false);
    out += '}';
  }
  return out + "],\"remarks\":" + json_list(remarks) + "}";
}

Difference difference(const Description& before, const Description& after) {
  Difference out;
  if (before.hash() != after.hash()) {
    out.same = before.hash_but_column_order() == after.hash_but_column_order() ? Same::but_column_order : Same::different;
    out.changes = Comparison(before, after).changes();
  }
  std::set<std::string> remarks(before.remarks().begin(), before.remarks().end());
  remarks.insert(after.remarks().begin(), after.remarks().end());
  const int old_major = before.server_version() / 10000, new_major = after.server_version() / 10000;
  if (old_major != new_major)
    remarks.insert("the descriptions come from PostgreSQL " + std::to_string(old_major) + " and " + std::to_string(new_major) +
                   ", which spell some definitions differently");
  out.remarks.assign(remarks.begin(), remarks.end());
  return out;
}

}  // namespace tidegate::migrations::fingerprint
