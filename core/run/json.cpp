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

/// Builds the Value while the text is read, so that there is never a second tree beside it.
class Builder {
 public:
  explicit Builder(Value& root) : open_{&root} {}

  bool null() { return put(std::monostate{}); }
  bool boolean(bool v) { return put(v); }
  bool number_integer(std::int64_t v) { return put(v); }
  bool number_unsigned(std::uint64_t v) { return put(static_cast<std::int64_t>(v)); }
  bool number_float(double v, const std::string&) { return put(v); }
  bool string(std::string& v) { return put(std::move(v)); }
  bool binary(nlohmann::json::binary_t&) { return false; }  // not in JSON text
  bool start_object(std::size_t) { return begin(Table{}); }
  bool key(std::string& name) {
    open_.back()->as<Table>()->emplace_back().first = std::move(name);
    return true;
  }
  bool end_object() { return end(); }
  bool start_array(std::size_t) { return begin(Array{}); }
  bool end_array() { return end(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) { return false; }

 private:
  /// Where the next value goes: what is open is a list, a table whose newest member waits for it, or the root.
  Value& place() {
    Value& at = *open_.back();
    if (auto* list = at.as<Array>()) return list->emplace_back();
    if (auto* table = at.as<Table>()) return table->back().second;
    return at;
  }
  template <class T>
  bool put(T value) {
    place().data.template emplace<T>(std::move(value));
    return true;
  }
  template <class T>
  bool begin(T value) {
    Value& at = place();
    at.data.template emplace<T>(std::move(value));
    open_.push_back(&at);  // does not move while it is open: only the innermost one grows
    return true;
  }
  bool end() {
    open_.pop_back();
    return true;
  }

  std::vector<Value*> open_;
};

}  // namespace

std::string to_json(const Value& value) { return encode(value).dump(-1, ' ', false, Json::error_handler_t::replace); }

base::Result<Value> from_json(std::string_view text) {
  Value out;
  Builder builder(out);
  if (!nlohmann::json::sax_parse(text, &builder)) return base::Error{base::Status::internal, "not JSON: " + std::string(text.substr(0, 80))};
  return out;
}

}  // namespace tidegate::run
