// SPDX-License-Identifier: Apache-2.0
#include "migrations/fingerprint/description.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>
#include <unordered_map>

#include "migrations/checksum.hpp"
#include "migrations/json.hpp"

namespace tidegate::migrations::fingerprint {
namespace {

using sdk::Error;
using sdk::Result;
using sdk::Status;

/// Changes when the same catalog gets another form: two of different formats are not compared.
constexpr int kFormat = 1;

bool before(const Item& a, const Item& b) {
  return std::tie(a.kind, a.part_of, a.name, a.definition) < std::tie(b.kind, b.part_of, b.name, b.definition);
}

std::string hash_of(const std::vector<Item>& items, bool with_column_order) {
  std::string text = "tidegate fingerprint " + std::to_string(kFormat) + "\n";
  for (const auto& item : items) {
    if (!with_column_order && item.kind == kColumnOrder) continue;
    // Lengths, so that no two lists give the same text.
    for (const auto* part : {&item.kind, &item.part_of, &item.name, &item.definition}) text += std::to_string(part->size()) + ":" + *part;
    text += "\n";
  }
  return checksum(text);
}

Error unreadable(const std::string& why) {
  return {Status::failed, "the stored description of the schema cannot be read: " + why, "the next successful change stores a new one"};
}

}  // namespace

std::vector<Property> properties_of(const Item& item) {
  std::vector<Property> out;
  std::string_view rest = item.definition;
  while (!rest.empty()) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.starts_with('\t') && !out.empty()) {
      out.back().value += "\n" + std::string(line.substr(1));
      continue;
    }
    const auto colon = line.find(": ");
    if (colon == std::string_view::npos)
      out.push_back({std::string(line), {}});
    else
      out.push_back({std::string(line.substr(0, colon)), std::string(line.substr(colon + 2))});
  }
  return out;
}

Description::Description(int server_version, std::vector<Item> items, std::vector<std::string> remarks)
    : server_version_(server_version), items_(std::move(items)), remarks_(std::move(remarks)) {
  std::sort(items_.begin(), items_.end(), before);
  std::sort(remarks_.begin(), remarks_.end());
  hash_ = hash_of(items_, true);
  hash_but_column_order_ = hash_of(items_, false);
}

std::string Description::stored() const {
  std::unordered_map<std::string_view, std::size_t> numbers;
  std::string definitions, groups;
  const Item* last = nullptr;
  for (const auto& item : items_) {
    const auto [found, is_new] = numbers.try_emplace(item.definition, numbers.size());
    if (is_new) {
      if (!definitions.empty()) definitions += ',';
      append_json(definitions, item.definition);
    }
    const bool same_group = last != nullptr && last->kind == item.kind && last->part_of == item.part_of;
    if (!same_group) {
      groups += last == nullptr ? "[" : "],[";
      append_json(groups, item.kind);
      groups += ',';
      append_json(groups, item.part_of);
    }
    groups += ',';
    append_json(groups, item.name);
    groups += ',' + std::to_string(found->second);
    last = &item;
  }
  if (last != nullptr) groups += ']';
  return "{\"format\":" + std::to_string(kFormat) + ",\"server\":" + std::to_string(server_version_) + ",\"hash\":\"" + hash_ +
         "\",\"remarks\":" + json_list(remarks_) + ",\"definitions\":[" + definitions + "],\"items\":[" + groups + "]}";
}

Result<Description> Description::read(std::string_view stored) {
  try {
    const auto json = nlohmann::json::parse(stored);
    const int format = json.at("format").get<int>();
    if (format != kFormat) return unreadable("it has format " + std::to_string(format) + " and this is for " + std::to_string(kFormat));
    const auto& definitions = json.at("definitions");
    std::vector<Item> items;
    for (const auto& group : json.at("items")) {
      for (std::size_t i = 2; i + 1 < group.size(); i += 2) {
        items.push_back({group.at(0).get<std::string>(), group.at(1).get<std::string>(), group.at(i).get<std::string>(),
                         definitions.at(group.at(i + 1).get<std::size_t>()).get<std::string>()});
      }
    }
    Description out(json.at("server").get<int>(), std::move(items), json.at("remarks").get<std::vector<std::string>>());
    if (out.hash_ != json.at("hash").get<std::string>()) return unreadable("its hash does not fit, so it was changed since");
    return out;
  } catch (const nlohmann::json::exception& e) {
    return unreadable(e.what());
  }
}

}  // namespace tidegate::migrations::fingerprint
