// SPDX-License-Identifier: Apache-2.0
#include "manifest/toml.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <exception>
#include <sstream>
#include <tuple>

namespace tidegate::manifest {
namespace {

base::Place place(const toml::source_region& region, const std::string& file) {
  return {file, static_cast<std::uint32_t>(region.begin.line), static_cast<std::uint32_t>(region.begin.column)};
}

template <class T>
std::string as_text(const T& date_or_time) {
  std::ostringstream out;
  out << date_or_time;
  return out.str();
}

base::Value convert(const toml::node& node, const std::string& file);

/// toml++ sorts the keys of a table; the order in which they were written is in their places.
base::Table convert_table(const toml::table& table, const std::string& file) {
  base::Table out;
  out.reserve(table.size());
  for (const auto& [key, node] : table) {
    base::Value value = convert(node, file);
    value.key_where = place(key.source(), file);
    out.emplace_back(std::string(key.str()), std::move(value));
  }
  const auto position = [](const auto& member) { return std::tuple(member.second.key_where.line, member.second.key_where.column); };
  std::stable_sort(out.begin(), out.end(), [&](const auto& a, const auto& b) { return position(a) < position(b); });
  return out;
}

base::Value convert(const toml::node& node, const std::string& file) {
  base::Value out;
  switch (node.type()) {
    case toml::node_type::table:
      out.data = convert_table(*node.as_table(), file);
      break;
    case toml::node_type::array: {
      base::Array elements;
      elements.reserve(node.as_array()->size());
      for (const auto& element : *node.as_array()) elements.push_back(convert(element, file));
      out.data = std::move(elements);
      break;
    }
    case toml::node_type::string:
      out.data = node.as_string()->get();
      break;
    case toml::node_type::integer:
      out.data = node.as_integer()->get();
      break;
    case toml::node_type::floating_point:
      out.data = node.as_floating_point()->get();
      break;
    case toml::node_type::boolean:
      out.data = node.as_boolean()->get();
      break;
    case toml::node_type::date:
      out.data = as_text(node.as_date()->get());
      break;
    case toml::node_type::time:
      out.data = as_text(node.as_time()->get());
      break;
    case toml::node_type::date_time:
      out.data = as_text(node.as_date_time()->get());
      break;
    case toml::node_type::none:
      break;
  }
  out.where = place(node.source(), file);
  return out;
}

}  // namespace

base::Result<base::Value> parse_toml(std::string_view text, const std::string& file) {
  try {
    const toml::table document = toml::parse(text);
    base::Value out(convert_table(document, file));
    out.where = {file, 1, 1};
    return out;
  } catch (const toml::parse_error& e) {
    return base::error_at(place(e.source(), file), base::Status::config, "not valid TOML: " + std::string(e.description()),
                          "correct the syntax; a text needs quotes, a list brackets, a table its [name] on a line of its own");
  } catch (const std::exception& e) {
    return base::error_at({file}, base::Status::failed, std::string("the file could not be read as TOML: ") + e.what());
  }
}

}  // namespace tidegate::manifest
