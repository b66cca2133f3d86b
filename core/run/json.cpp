// SPDX-License-Identifier: Apache-2.0
#include "run/json.hpp"

#include <nlohmann/json.hpp>

namespace tidegate::run {
namespace {

using Json = nlohmann::ordered_json;
using base::Array;
using base::Table;
using base::Value;

Json encode(const Value& value) {
  struct Visitor {
    Json operator()(std::monostate) const { return nullptr; }
    Json operator()(bool v) const { return v; }
    Json operator()(std::int64_t v) const { return v; }
    Json operator()(double v) const { return v; }
    Json operator()(const std::string& v) const { return v; }
    Json operator()(const Array& v) const {
      Json out = Json::array();
      for (const auto& element : v) out.push_back(encode(element));
      return out;
    }
    Json operator()(const Table& v) const {
      Json out = Json::object();
      for (const auto& [key, member] : v) out.push_back({key, encode(member)});
      return out;
    }
  };
  return std::visit(Visitor{}, value.data);
}

Value decode(const Json& json) {
  switch (json.type()) {
    case Json::value_t::boolean: return json.get<bool>();
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned: return json.get<std::int64_t>();
    case Json::value_t::number_float: return json.get<double>();
    case Json::value_t::string: return json.get<std::string>();
    case Json::value_t::array: {
      Array out;
      out.reserve(json.size());
      for (const auto& element : json) out.push_back(decode(element));
      return out;
    }
    case Json::value_t::object: {
      Table out;
      out.reserve(json.size());
      for (const auto& [key, member] : json.items()) out.emplace_back(key, decode(member));
      return out;
    }
    case Json::value_t::null:
    case Json::value_t::binary:
    case Json::value_t::discarded: break;
  }
  return {};
}

}  // namespace

std::string to_json(const Value& value) { return encode(value).dump(-1, ' ', false, Json::error_handler_t::replace); }

base::Result<Value> from_json(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return base::Error{base::Status::internal, "not JSON: " + std::string(text.substr(0, 80))};
  return decode(json);
}

}  // namespace tidegate::run
