// SPDX-License-Identifier: Apache-2.0
//
// plugin.toml to Manifest. The format for authors: docs/plugins/manifest.md.
#include <algorithm>
#include <limits>

#include "base/text.hpp"
#include "manifest/check.hpp"
#include "manifest/fields.hpp"
#include "manifest/pattern.hpp"
#include "manifest/settings.hpp"
#include "manifest/toml.hpp"

namespace tidegate::manifest {
namespace {

using base::Value;

bool lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool digit(char c) {
  return c >= '0' && c <= '9';
}

/// "apply.prisma", "my_stage": words that start with a letter, then letters, digits, `_` (and `-` where allowed).
bool is_dotted(std::string_view text, std::size_t least_words, bool hyphens) {
  const auto words = base::split(text, '.');
  const auto good = [&](const std::string& word) {
    return !word.empty() && lower(word[0]) &&
           std::all_of(word.begin(), word.end(), [&](char c) { return lower(c) || digit(c) || c == '_' || (hyphens && c == '-'); });
  };
  return words.size() >= least_words && std::all_of(words.begin(), words.end(), good);
}

/// "tidegate.db/1".
bool is_interface_id(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return false;
  const auto revision = text.substr(slash + 1);
  return is_dotted(text.substr(0, slash), 2, true) && !revision.empty() && revision[0] != '0' &&
         std::all_of(revision.begin(), revision.end(), digit);
}

/// "1.2.3" or "1.2.3-beta.1".
bool is_version(std::string_view text) {
  const auto parts = base::split(text.substr(0, text.find_first_of("-+")), '.');
  return parts.size() == 3 && std::all_of(parts.begin(), parts.end(), [](const std::string& part) {
           return !part.empty() && part.size() < 10 && std::all_of(part.begin(), part.end(), digit);
         });
}

std::vector<std::string> interface_ids(Fields& in, std::string_view key) {
  auto ids = in.texts(key);
  for (const auto& id : ids)
    if (!is_interface_id(id))
      in.error(in.any(key)->where, "'" + id + "' in '" + std::string(key) + "' is not an interface id",
               "write it as name.name/revision, like \"tidegate.db/1\"");
  return ids;
}

class Reader {
 public:
  explicit Reader(std::vector<base::Error>& errors) : errors_(errors) {}

  Manifest manifest(const Value& document) {
    Manifest out;
    Fields in(document, "plugin manifest", errors_);
    out.id = in.required_text("id");
    if (!out.id.empty() && !is_dotted(out.id, 2, true))
      in.error(in.any("id")->where,
               "'id' must be a reversed domain name of lower-case words, like \"org.example.audit\", not '" + out.id + "'");
    out.version = in.required_text("version");
    if (!out.version.empty() && !is_version(out.version))
      in.error(in.any("version")->where, "'version' must be three numbers, like \"1.4.0\", not '" + out.version + "'");
    if (const auto* abi = in.required("abi")) {
      const auto* number = abi->as<std::int64_t>();
      if (number == nullptr || *number < 0 || *number > std::numeric_limits<std::int32_t>::max())
        in.error(abi->where, "'abi' must be the major version of the plugin contract (TG_ABI_MAJOR), a whole number");
      else
        out.abi = static_cast<unsigned>(*number);
    }
    out.summary = in.text("summary");
    out.license = in.text("license");
    out.homepage = in.text("homepage");
    for (const auto* table : in.tables("stage")) {
      StageType type = stage(*table);
      if (!type.type.empty() && out.stage(type.type) != nullptr) in.error(table->where, "two stage types are called '" + type.type + "'");
      out.stages.push_back(std::move(type));
    }
    if (document.find("stage") == nullptr) in.error(in.place(), "no stage type", "add at least one [[stage]] table");
    in.refuse_unknown();
    return out;
  }

 private:
  StageType stage(const Value& table) {
    StageType out;
    Fields in(table, "stage type", errors_);
    out.type = in.required_text("type");
    if (!out.type.empty()) {
      in.rename("stage type '" + out.type + "'");
      if (!is_dotted(out.type, 1, true))
        in.error(in.any("type")->where, "'type' must be lower-case words joined by dots, like \"apply.prisma\"");
    }
    kinds(in, out);
    out.summary = in.text("summary");
    out.extensions = interface_ids(in, "extensions");
    out.required_services = interface_ids(in, "requires");
    out.wanted_services = interface_ids(in, "wants");
    for (const auto& id : out.wanted_services)
      if (std::find(out.required_services.begin(), out.required_services.end(), id) != out.required_services.end())
        in.error(in.any("wants")->where, "'" + id + "' is both required and wanted", "leave it in 'requires' alone");
    out.events = in.texts("events");
    for (const auto& event : out.events)
      if (event != "waiting" && !is_dotted(event, 2, false))  // which the host has as well, and readers know
        in.error(in.any("events")->where, "'" + event + "' is no event type", "write it as noun.participle, like \"migration.finished\"");
    out.dry_run = in.flag("dry_run");
    for (const auto* key : in.tables("provides")) out.provides.push_back(context_key(*key, in, out));
    out.settings = settings(in, "setting");
    in.refuse_unknown();
    return out;
  }

  static void kinds(Fields& in, StageType& out) {
    const auto names = in.texts("kinds");
    const auto* given = in.required("kinds");
    if (given == nullptr) return;
    for (const auto& name : names) {
      if (const auto kind = kind_from(name))
        out.kinds.push_back(*kind);
      else
        in.error(given->where, "'" + name + "' is no kind of stage" + base::did_you_mean(name, kind_names()),
                 "kinds: " + base::join_words(kind_names()));
    }
    if (const auto* list = given->as<base::Array>(); list != nullptr && list->empty())
      in.error(given->where, "'kinds' must not be empty", "kinds: " + base::join_words(kind_names()));
  }

  ContextKey context_key(const Value& table, Fields& stage, const StageType& so_far) {
    static const std::vector<std::string> types{"text", "integer", "boolean", "list"};
    ContextKey out;
    Fields in(table, stage.what() + ", provided key", errors_);
    out.key = in.required_text("key");
    const bool well_known = out.key == "environment.name" || out.key == "environment.class";
    if (!out.key.empty() && !well_known && (!is_dotted(out.key, 1, false) || out.key.find('.') != std::string::npos))
      in.error(in.any("key")->where, "'key' must be one lower-case word, without the stage's id, not '" + out.key + "'");
    if (well_known && std::find(so_far.kinds.begin(), so_far.kinds.end(), Kind::detect) == so_far.kinds.end())
      in.error(in.any("key")->where, "'" + out.key + "' can be provided by stages of kind detect only");
    const auto same = [&](const ContextKey& other) { return other.key == out.key; };
    if (!out.key.empty() && std::any_of(so_far.provides.begin(), so_far.provides.end(), same))
      in.error(in.place(), "'" + out.key + "' is provided twice");
    out.type = in.required_text("type");
    if (!out.type.empty() && std::find(types.begin(), types.end(), out.type) == types.end())
      in.error(in.any("type")->where, "'" + out.type + "' is no type of a context value" + base::did_you_mean(out.type, types),
               "types: " + base::join_words(types));
    out.help = in.text("help");
    out.redact = in.flag("redact");
    out.restore_from = in.flag("restore_from");
    if (out.restore_from && out.type != "text")
      in.error(in.any("restore_from")->where, "'" + out.key + "' cannot name what to restore from: it is no text", "give it type = \"text\"");
    else if (out.restore_from && std::find(so_far.kinds.begin(), so_far.kinds.end(), Kind::apply) == so_far.kinds.end())
      in.error(in.any("restore_from")->where, "only stages of kind apply make backups", "leave 'restore_from' out");
    in.refuse_unknown();
    return out;
  }

  std::vector<Setting> settings(Fields& in, std::string_view key) {
    std::vector<Setting> out;
    for (const auto* table : in.tables(key)) {
      Setting read = setting(*table, in.what(), true);
      const auto same = [&](const Setting& other) { return other.name == read.name; };
      if (!read.name.empty() && std::any_of(out.begin(), out.end(), same)) in.error(table->where, "'" + read.name + "' is declared twice");
      out.push_back(std::move(read));
    }
    return out;
  }

  Setting setting(const Value& table, const std::string& owner, bool named) {
    Setting out;
    Fields in(table, owner + ", setting", errors_);
    if (named) {
      out.name = in.required_text("name");
      in.rename(owner + ", setting '" + out.name + "'");
      if (!out.name.empty() && (!is_dotted(out.name, 1, false) || out.name.find('.') != std::string::npos))
        in.error(in.any("name")->where, "'name' must be one lower-case word with underscores");
    } else {
      in.rename(owner + ", element");
    }
    const std::string type = in.required_text("type");
    const auto known_type = setting_type_from(type);
    if (known_type)
      out.type = *known_type;
    else if (!type.empty())
      in.error(in.any("type")->where, "'" + type + "' is no type of a setting" + base::did_you_mean(type, setting_type_names()),
               "types: " + base::join_words(setting_type_names()));
    out.required = in.flag("required");
    out.help = in.text("help");
    out.deprecated = in.text("deprecated");
    out.sensitive = in.flag("sensitive") || out.type == SettingType::secret;
    out.path = in.flag("path");
    if (out.path && known_type && out.type != SettingType::string) in.error(in.any("path")->where, "'path' is for settings of type string");
    constraints(in, out, known_type.has_value());
    shape(in, out, known_type.has_value());
    const auto* fallback = in.any("default");
    if (fallback != nullptr && out.required)
      in.error(fallback->where, "a required setting cannot have a default", "leave out 'required' or 'default'");
    // A default is checked like a given value, but only against a schema that is itself right.
    if (fallback != nullptr && known_type) {
      Setting unjoined = out;
      strip_paths(unjoined);
      Value value = check_value(unjoined, in.what() + ": the default", *fallback, {}, errors_);
      strip_places(value);
      out.default_value = std::move(value);
    }
    in.refuse_unknown();
    return out;
  }

  void constraints(Fields& in, Setting& out, bool known_type) {
    const auto bound = [&](std::string_view key) -> std::optional<double> {
      const auto* value = in.any(key);
      if (value == nullptr || !known_type) return std::nullopt;
      if (out.type == SettingType::boolean || out.type == SettingType::table || out.type == SettingType::secret ||
          out.type == SettingType::enumeration) {
        in.error(value->where, "'" + std::string(key) + "' has no meaning for type " + std::string(name_of(out.type)));
        return std::nullopt;
      }
      // A duration's and a size's bound is written like the value itself; a text's and a list's is a length.
      Setting like;
      like.type = out.type == SettingType::duration || out.type == SettingType::size ? out.type : SettingType::real;
      const auto before = errors_.size();
      const Value number = check_value(like, in.what() + ": '" + std::string(key) + "'", *value, {}, errors_);
      if (errors_.size() != before) return std::nullopt;
      return number.as<double>() != nullptr ? *number.as<double>() : static_cast<double>(number.integer());
    };
    out.min = bound("min");
    out.max = bound("max");
    if (out.min && out.max && *out.min > *out.max) in.error(in.any("min")->where, "'min' is above 'max'");

    out.one_of = in.texts("one_of");
    const auto* one_of = in.any("one_of");
    if (one_of != nullptr && known_type && out.type != SettingType::enumeration && out.type != SettingType::string)
      in.error(one_of->where, "'one_of' has no meaning for type " + std::string(name_of(out.type)));
    if (out.type == SettingType::enumeration && out.one_of.empty()) in.error(in.place(), "an enum needs its values in 'one_of'");

    out.pattern = in.text("pattern");
    if (out.pattern.empty()) return;
    const auto& where = in.any("pattern")->where;
    if (known_type && out.type != SettingType::string)
      in.error(where, "'pattern' has no meaning for type " + std::string(name_of(out.type)));
    if (const auto wrong = wrong_with_pattern(out.pattern)) {
      in.error(where, "'pattern' is not a regular expression: " + *wrong);
      out.pattern.clear();
    }
  }

  void shape(Fields& in, Setting& out, bool known_type) {
    const auto* element = in.any("element");
    if (element != nullptr && known_type && out.type != SettingType::array)
      in.error(element->where, "'element' is for settings of type array");
    else if (element != nullptr && element->as<base::Table>() == nullptr)
      in.error(element->where, "'element' must be a table, like { type = \"string\" }");
    else if (element != nullptr)
      out.element.push_back(setting(*element, in.what(), false));
    else if (out.type == SettingType::array)
      in.error(in.place(), "an array needs 'element'", "like element = { type = \"string\" }");
    out.fields = settings(in, "field");
    if (!out.fields.empty() && known_type && out.type != SettingType::table)
      in.error(in.any("field")->where, "'field' is for settings of type table");
  }

  static void strip_paths(Setting& setting) {
    setting.path = false;
    for (auto& element : setting.element) strip_paths(element);
    for (auto& field : setting.fields) strip_paths(field);
  }

  /// A default's place in the manifest would be taken for one in the user's file.
  static void strip_places(Value& value) {
    value.where = value.key_where = {};
    if (auto* list = value.as<base::Array>())
      for (auto& element : *list) strip_places(element);
    if (auto* table = value.as<base::Table>())
      for (auto& member : *table) strip_places(member.second);
  }

  std::vector<base::Error>& errors_;
};

}  // namespace

ManifestReading read_manifest(std::string_view toml, const std::string& file) {
  ManifestReading out;
  const auto document = parse_toml(toml, file);
  if (!document) {
    out.errors.push_back(document.error());
    return out;
  }
  out.manifest = Reader(out.errors).manifest(*document);
  std::stable_sort(out.errors.begin(), out.errors.end(),
                   [](const base::Error& a, const base::Error& b) { return std::pair(a.line, a.column) < std::pair(b.line, b.column); });
  return out;
}

}  // namespace tidegate::manifest
