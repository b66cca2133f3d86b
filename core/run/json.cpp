// SPDX-License-Identifier: Apache-2.0
#include "run/json.hpp"

#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

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

/// {"name":"20240101_init","ms":12}: what a plugin says a thousand times in a run, in a tenth of the parser's time. Texts
/// in ASCII without escapes, whole numbers, no blanks; nothing for any other JSON, which the parser reads.
std::optional<Table> plain_object(std::string_view json) {
  Table out;
  out.reserve(4);
  std::size_t i = 0;
  const auto skip = [&](char wanted) { return i < json.size() && json[i] == wanted && ++i != 0; };
  const auto text = [&]() -> std::optional<std::string_view> {
    const auto begin = i + 1;
    if (!skip('"')) return std::nullopt;
    while (i < json.size() && json[i] >= ' ' && json[i] <= '~' && json[i] != '"' && json[i] != '\\') ++i;
    return skip('"') ? std::optional(json.substr(begin, i - 1 - begin)) : std::nullopt;
  };
  if (!skip('{')) return std::nullopt;
  do {
    const auto key = text();
    if (!key || !skip(':') || i >= json.size()) return std::nullopt;
    if (json[i] == '"') {
      const auto value = text();
      if (!value) return std::nullopt;
      out.emplace_back(*key, *value);
      continue;
    }
    std::int64_t number = 0;
    const char* const begin = json.data() + i;
    const auto [end, problem] = std::from_chars(begin, json.data() + json.size(), number);
    if (problem != std::errc{} || *begin == '-' || (*begin == '0' && end != begin + 1)) return std::nullopt;
    out.emplace_back(*key, number);
    i += static_cast<std::size_t>(end - begin);
  } while (skip(','));
  return skip('}') && i == json.size() ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace

std::string to_json(const Value& value) { return encode(value).dump(-1, ' ', false, Json::error_handler_t::replace); }

base::Result<Value> from_json(std::string_view text) {
  if (auto plain = plain_object(text)) return Value(std::move(*plain));
  Value out;
  Builder builder(out);
  if (!nlohmann::json::sax_parse(text, &builder)) return base::Error{base::Status::internal, "not JSON: " + std::string(text.substr(0, 80))};
  return out;
}

}  // namespace tidegate::run
