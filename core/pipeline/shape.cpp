// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shape.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <tuple>

#include "base/text.hpp"

namespace tidegate::pipeline {
namespace {

std::string quoted(std::string_view text) {
  return "'" + std::string(text) + "'";
}

std::string quoted_words(const std::vector<std::string>& words) {
  std::vector<std::string> out;
  for (const auto& word : words) out.push_back(quoted(word));
  return base::join_words(out);
}

bool contains(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string plain(double number) {
  std::string out = std::to_string(number);
  out.erase(out.find_last_not_of('0') + 1);
  if (out.ends_with('.')) out.pop_back();
  return out;
}

std::optional<double> number_in(const base::Value& value) {
  if (const auto* integer = value.as<std::int64_t>()) return static_cast<double>(*integer);
  const auto* real = value.as<double>();
  return real != nullptr && std::isfinite(*real) ? std::optional(*real) : std::nullopt;
}

std::string within_bounds(const Key& key, const std::string& what) {
  if (key.min && key.max) return what + " from " + plain(*key.min) + " to " + plain(*key.max);
  return key.min ? what + " of at least " + plain(*key.min) : what;
}

/// What stands there, in words: "the integer 5", "a table".
std::string found(const base::Value& value) {
  if (const auto* number = value.as<std::int64_t>()) return "the integer " + std::to_string(*number);
  if (const auto* real = value.as<double>()) return "the number " + plain(*real);
  if (const auto* text = value.as<std::string>()) return "the text " + quoted(*text);
  if (const auto* flag = value.as<bool>()) return *flag ? "true" : "false";
  return "a " + std::string(base::type_name(value));
}

class Walk {
 public:
  Walk(bool extending, std::vector<base::Error>& errors) : extending_(extending), errors_(errors) {}

  /// `changes`: what it requires may stand in the table that it changes.
  void section(const base::Value& table, const Section& section, const std::string& title, bool changes = false) {
    for (const auto& [name, value] : *table.as<base::Table>()) {
      const Key* key = section.find(name);
      if (key == nullptr) {
        const auto names = section.names();
        add(value.key_where, "unknown key " + quoted(name) + " in " + title + base::did_you_mean(name, names),
            "known here: " + base::join_words(names));
      } else if (!key->refused.empty()) {
        add(value.key_where, quoted(name) + " is not allowed in " + title + ": " + std::string(key->refused), "remove it");
      } else {
        check(value, *key, title);
      }
    }
    for (const auto& key : section.keys)
      if (key.required && !changes && table.find(key.name) == nullptr)
        add(table.where, title + " needs " + quoted(key.name) + " (" + std::string(key.help) + ")");
  }

 private:
  void add(const base::Place& where, std::string message, std::string hint = {}) {
    errors_.push_back(mistake(where, std::move(message), std::move(hint)));
  }

  void wrong(const base::Value& value, const Key& key, const std::string& title, std::string hint = {}) {
    add(value.where, quoted(key.name) + " in " + title + ": expected " + expectation(key) + ", found " + found(value), std::move(hint));
  }

  void choice(const base::Value& value, const Key& key, const std::string& title) {
    const auto* text = value.as<std::string>();
    if (text == nullptr) return wrong(value, key, title);
    if (key.choices.empty() || contains(key.choices, *text)) return;
    add(value.where, quoted(key.name) + " in " + title + ": expected " + expectation(key) + ", found " + quoted(*text) +
                         base::did_you_mean(*text, key.choices));
  }

  void check(const base::Value& value, const Key& key, const std::string& title) {
    switch (key.shape) {
      case Shape::integer:
      case Shape::number: {
        const auto number = number_in(value);
        const bool right = number && (key.shape == Shape::number || value.as<std::int64_t>() != nullptr);
        if (!right || (key.min && *number < *key.min) || (key.max && *number > *key.max)) wrong(value, key, title);
        return;
      }
      case Shape::flag:
        if (value.as<bool>() == nullptr) wrong(value, key, title);
        return;
      case Shape::text:
        if (value.as<std::string>() == nullptr)
          wrong(value, key, title);
        else if (base::trim(value.text()).empty())
          add(value.where, quoted(key.name) + " in " + title + " is empty");
        return;
      case Shape::duration:
        if (value.as<std::string>() == nullptr || !base::parse_duration(value.text())) wrong(value, key, title);
        return;
      case Shape::choice:
        return choice(value, key, title);
      case Shape::texts:
        return texts(value, key, title);
      case Shape::table:
        if (value.as<base::Table>() == nullptr) return wrong(value, key, title);
        return section(value, *key.inside, std::string(key.inside->title));
      case Shape::tables:
        return tables(value, key, title);
      case Shape::named_tables:
        return named_tables(value, key, title);
      case Shape::named_choices:
        if (value.as<base::Table>() == nullptr) return wrong(value, key, title);
        for (const auto& [name, entry] : *value.as<base::Table>()) choice(entry, key, title + " for " + quoted(name));
        return;
      case Shape::named_texts:
        if (value.as<base::Table>() == nullptr) return wrong(value, key, title);
        for (const auto& [name, entry] : *value.as<base::Table>()) texts(entry, key, title + " for " + quoted(name));
        return;
      case Shape::settings:
      case Shape::conditions:
        if (value.as<base::Table>() == nullptr) wrong(value, key, title);
        return;
    }
  }

  void texts(const base::Value& value, const Key& key, const std::string& title) {
    const auto* list = value.as<base::Array>();
    if (list == nullptr) return wrong(value, key, title);
    for (const auto& entry : *list) {
      const auto* text = entry.as<std::string>();
      if (text == nullptr) {
        wrong(entry, key, title);
      } else if (!key.choices.empty() && !contains(key.choices, *text)) {
        add(entry.where,
            "unknown name " + quoted(*text) + " for " + quoted(key.name) + " in " + title + base::did_you_mean(*text, key.choices),
            "known: " + base::join_words(key.choices));
      }
    }
  }

  void tables(const base::Value& value, const Key& key, const std::string& title) {
    const auto* list = value.as<base::Array>();
    const std::string header = "write it as [[" + std::string(key.name) + "]]";
    if (list == nullptr) return wrong(value, key, title, header);
    for (const auto& entry : *list) {
      if (entry.as<base::Table>() == nullptr) {
        wrong(entry, key, title, header);
        continue;
      }
      std::string name = entry.find("id") != nullptr ? entry.find("id")->text() : std::string{};
      if (name.empty() && entry.find("use") != nullptr) name = entry.find("use")->text();
      section(entry, *key.inside, std::string(key.inside->title) + (name.empty() ? "" : " " + quoted(name)), extending_ && !name.empty());
    }
  }

  void named_tables(const base::Value& value, const Key& key, const std::string& title) {
    if (value.as<base::Table>() == nullptr) return wrong(value, key, title);
    for (const auto& [name, entry] : *value.as<base::Table>()) {
      std::string inner(key.inside->title);
      if (const auto at = inner.find("NAME"); at != std::string::npos) inner.replace(at, 4, name);
      if (entry.as<base::Table>() == nullptr)
        add(entry.where, inner + ": expected a table, found " + found(entry));
      else
        section(entry, *key.inside, inner);
    }
  }

  bool extending_;
  std::vector<base::Error>& errors_;
};

}  // namespace

void check_shape(const base::Value& table, const Section& section, bool extending, std::vector<base::Error>& errors) {
  Walk(extending, errors).section(table, section, std::string(section.title));
}

std::string expectation(const Key& key) {
  switch (key.shape) {
    case Shape::integer:
      return within_bounds(key, "an integer");
    case Shape::number:
      return within_bounds(key, "a number");
    case Shape::flag:
      return "true or false";
    case Shape::text:
      return "text in quotes";
    case Shape::duration:
      return "a duration such as \"250ms\", \"10s\" or \"1h30m\"";
    case Shape::choice:
    case Shape::named_choices:
      return key.choices.size() == 1 ? quoted(key.choices.front()) : "one of " + quoted_words(key.choices);
    case Shape::texts:
    case Shape::named_texts:
      return "a list of text";
    case Shape::tables:
      return "a list of tables";
    case Shape::table:
    case Shape::named_tables:
    case Shape::settings:
    case Shape::conditions:
      return "a table";
  }
  return "something else";
}

base::Error mistake(const base::Place& where, std::string message, std::string hint) {
  return base::error_at(where, base::Status::config, std::move(message), std::move(hint));
}

void sort_by_place(std::vector<base::Error>& errors) {
  const auto place = [](const base::Error& e) { return std::tie(e.file, e.line, e.column); };
  std::stable_sort(errors.begin(), errors.end(), [&](const auto& a, const auto& b) { return place(a) < place(b); });
  std::vector<base::Error> once;
  for (auto& error : errors) {
    const bool again =
        std::any_of(once.begin(), once.end(), [&](const auto& e) { return place(e) == place(error) && e.message == error.message; });
    if (!again) once.push_back(std::move(error));
  }
  errors = std::move(once);
}

}  // namespace tidegate::pipeline
