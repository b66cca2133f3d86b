// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/text.hpp"
#include "pipeline/conditions.hpp"
#include "pipeline/read.hpp"
#include "pipeline/shape.hpp"

namespace tidegate::pipeline {
namespace {

enum class Comparison { equal, not_equal, greater, greater_equal, less, less_equal };

struct Test {
  Comparison comparison = Comparison::equal;
  std::string operand;
};

Test read_test(std::string_view text) {
  struct Operator {
    std::string_view sign;
    Comparison comparison;
  };
  constexpr Operator operators[] = {{"!=", Comparison::not_equal}, {">=", Comparison::greater_equal}, {"<=", Comparison::less_equal},
                                    {">", Comparison::greater},    {"<", Comparison::less},           {"=", Comparison::equal}};
  for (const auto& [sign, comparison] : operators)
    if (text.substr(0, sign.size()) == sign) return {comparison, std::string(base::trim(text.substr(sign.size())))};
  return {Comparison::equal, std::string(text)};
}

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

/// Below 0, 0 or above 0, as numbers when both are.
int compare(const std::string& a, const std::string& b) {
  const auto x = number(a);
  const auto y = number(b);
  if (x && y) return *x < *y ? -1 : (*x > *y ? 1 : 0);
  return a.compare(b);
}

bool passes(const Test& test, const std::vector<std::string>& values) {
  const auto any = [&](auto&& wanted) {
    return std::any_of(values.begin(), values.end(), [&](const auto& value) { return wanted(compare(value, test.operand)); });
  };
  switch (test.comparison) {
    case Comparison::equal:
      return any([](int order) { return order == 0; });
    case Comparison::not_equal:
      return !any([](int order) { return order == 0; });
    case Comparison::greater:
      return any([](int order) { return order > 0; });
    case Comparison::greater_equal:
      return any([](int order) { return order >= 0; });
    case Comparison::less:
      return any([](int order) { return order < 0; });
    case Comparison::less_equal:
      return any([](int order) { return order <= 0; });
  }
  return false;
}

/// A number as it is best written: 5, 0.25.
std::string plain(double value) {
  char out[32];
  const auto result = std::to_chars(out, out + sizeof out, value);
  return {out, result.ptr};
}

std::optional<std::string> scalar(const base::Value& value) {
  if (const auto* text = value.as<std::string>()) return *text;
  if (const auto* integer = value.as<std::int64_t>()) return std::to_string(*integer);
  if (const auto* real = value.as<double>()) return plain(*real);
  if (const auto* flag = value.as<bool>()) return *flag ? "true" : "false";
  return std::nullopt;
}

class ConditionReader {
 public:
  ConditionReader(std::string stage, std::vector<base::Error>& errors, std::vector<base::Error>& warnings)
      : stage_(std::move(stage)), errors_(errors), warnings_(warnings) {}

  void table(const base::Value& table, const std::string& prefix) {
    for (const auto& [name, value] : *table.as<base::Table>()) {
      const std::string key = prefix + name;
      if (value.as<base::Table>() != nullptr)
        this->table(value, key + '.');
      else
        condition(key, value);
    }
  }

  std::vector<Condition> out;

 private:
  [[nodiscard]] std::string subject(const std::string& key) const { return "'when' of stage '" + stage_ + "', " + key; }

  void condition(const std::string& key, const base::Value& value) {
    Condition made{key, {}, value.key_where};
    if (const auto* list = value.as<base::Array>()) {
      if (list->empty()) errors_.push_back(mistake(value.where, subject(key) + ": the list is empty, so the stage would never run"));
      for (const auto& entry : *list) add(made, key, entry);
      warn_if_always(made, key, value);
    } else {
      add(made, key, value);
    }
    out.push_back(std::move(made));
  }

  void add(Condition& made, const std::string& key, const base::Value& value) {
    const auto text = scalar(value);
    if (!text) {
      errors_.push_back(mistake(value.where, subject(key) + ": expected text, a number, a boolean or a list of those, found a " +
                                                 std::string(base::type_name(value))));
      return;
    }
    const auto test = read_test(*text);
    if (test.operand.empty()) {
      errors_.push_back(mistake(value.where, subject(key) + ": nothing to compare with in '" + *text + "'",
                                "write a value, or a value after one of != > >= < <="));
      return;
    }
    made.any_of.push_back(*text);
  }

  void warn_if_always(const Condition& made, const std::string& key, const base::Value& value) {
    const auto negative = std::count_if(made.any_of.begin(), made.any_of.end(), [](const auto& text) { return text.substr(0, 2) == "!="; });
    if (negative > 1)
      warnings_.push_back(mistake(value.where,
                                  subject(key) + ": a list is met when one of its entries is, and with several != one always is",
                                  "list the allowed values instead"));
  }

  std::string stage_;
  std::vector<base::Error>& errors_;
  std::vector<base::Error>& warnings_;
};

}  // namespace

std::vector<Condition> read_conditions(const base::Value& table, const std::string& stage, std::vector<base::Error>& errors,
                                       std::vector<base::Error>& warnings) {
  ConditionReader reader(stage, errors, warnings);
  reader.table(table, "");
  return std::move(reader.out);
}

bool holds(const std::vector<Condition>& when, const std::function<std::optional<std::string>(std::string_view key)>& lookup) {
  return std::all_of(when.begin(), when.end(), [&](const Condition& condition) {
    const auto value = lookup(condition.key);
    if (!value) return false;
    std::vector<std::string> values{*value};
    if (condition.key == "environment.name") {
      if (const auto environment_class = lookup("environment.class"); environment_class && !environment_class->empty())
        values.push_back(*environment_class);
      if (std::find(values.begin(), values.end(), "unknown") != values.end()) values.emplace_back("production");
    }
    return std::any_of(condition.any_of.begin(), condition.any_of.end(), [&](const auto& text) { return passes(read_test(text), values); });
  });
}

}  // namespace tidegate::pipeline
