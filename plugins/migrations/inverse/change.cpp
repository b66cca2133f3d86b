// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>

#include "migrations/inverse/state.hpp"

namespace tidegate::migrations::inverse {
namespace {

using Text = std::optional<std::string>;

Text get(const Values& values, std::string_view name) {
  const auto found = values.find(name);
  return found == values.end() ? Text{} : Text{found->second};
}

void unknown(const Item& item, std::string_view what, Work& work) {
  work.at_least(Grade::irreversible, item.kind + " " + item.identity() + ": " + std::string(what) + " is not known how to change back");
}

/// "a=1, b=2" to what is and what is not to be set.
void options(const std::string& alter, const Text& was, const Text& is, const std::string& prefix, Work& work) {
  std::string reset;
  for (const auto& option : is ? split(*is, ", ") : std::vector<std::string>{}) {
    const auto name = option.substr(0, option.find('='));
    const bool kept = was && (", " + *was).find(", " + name + "=") != std::string::npos;
    if (!kept) reset += (reset.empty() ? "" : ", ") + prefix + name;
  }
  if (!reset.empty()) work.run(Phase::alter, alter + " RESET (" + reset + ")");
  std::string set;
  for (const auto& option : was ? split(*was, ", ") : std::vector<std::string>{}) {
    const auto equals = option.find('=');
    set += (set.empty() ? "" : ", ") + prefix + option.substr(0, equals) + "=" + quoted(option.substr(equals + 1));
  }
  if (!set.empty()) work.run(Phase::alter, alter + " SET (" + set + ")");
}

bool is_number_type(const std::string& type) {
  return type == "smallint" || type == "integer" || type == "bigint";
}

/// Every value of `from` is one of `to`, and comes back unchanged.
bool widens(const std::string& from, const std::string& to) {
  static const std::vector<std::string> kIntegers = {"smallint", "integer", "bigint"};
  if (is_number_type(from) && is_number_type(to))
    return std::find(kIntegers.begin(), kIntegers.end(), from) <= std::find(kIntegers.begin(), kIntegers.end(), to);
  const auto length = [](const std::string& type) { return type.starts_with("character varying(") ? std::stol(type.substr(18)) : -1; };
  if (length(from) >= 0) return to == "text" || to == "character varying" || length(to) >= length(from);
  const auto numeric = [](const std::string& type) {
    const auto comma = type.find(',');
    const bool sized = type.starts_with("numeric(") && comma != std::string::npos;
    return sized ? std::pair{std::stol(type.substr(8)), std::stol(type.substr(comma + 1))} : std::pair{-1L, -1L};
  };
  if (const auto [digits, scale] = numeric(from); digits > 0)
    return to == "numeric" || (numeric(to).second == scale && numeric(to).first >= digits);
  return (from == "text" && to == "character varying") || (from == "character varying" && to == "text");
}

std::string family(const std::string& type) {
  const auto name = type.substr(0, type.find('('));
  if (is_number_type(name) || name == "numeric" || name == "real" || name == "double precision") return "number";
  if (name == "text" || name.starts_with("character")) return "text";
  if (name == "json" || name == "jsonb") return "json";
  if (name.starts_with("timestamp") || name == "date") return "time";
  return name;
}

/// Whether the server casts one into the other when it is asked to.
bool casts(const std::string& from, const std::string& to) {
  const auto a = family(from), b = family(to);
  return a == b || a == "text" || b == "text" || from.find('.') != std::string::npos || to.find('.') != std::string::npos;
}

/// The value of a column as one of its old type. A number or a moment, written since, that the old type would round makes
/// it fail, with the value in the server's message.
std::string cast_back(const std::string& column, const std::string& to, const std::string& from, bool own) {
  const auto cast = column + (own ? "::text::" : "::") + to;
  const auto kind = family(from);
  if (own || (kind != "number" && kind != "time") || kind != family(to)) return cast;
  return "CASE WHEN " + column + " IS NOT DISTINCT FROM " + cast + "::" + from + " THEN " + cast + " ELSE (" + column +
         "::text || ' does not fit " + to + "')::" + to + " END";
}

void column(const Item& was_item, const Item& is_item, const Values& was, const Values& is, Work& work) {
  if (was.contains("inherited")) return;
  const std::string alter = "ALTER TABLE " + was_item.part_of + " ALTER COLUMN " + was_item.name;
  const auto differs = [&](std::string_view name) { return get(was, name) != get(is, name); };
  for (const char* generated : {"generated stored", "generated virtual"})
    if (differs(generated)) return unknown(was_item, "its expression", work);
  const bool retyped = differs("type") || differs("collation");
  if (retyped && !casts(*get(is, "type"), *get(was, "type")))
    return work.at_least(Grade::irreversible,
                         "column " + was_item.identity() + ": " + *get(is, "type") + " is not cast back to " + *get(was, "type"));
  if (retyped) {
    if (is.contains("default")) work.run(Phase::alter, alter + " DROP DEFAULT");
    const auto type = *get(was, "type");
    // Between two types of the user's own there is no cast but by text.
    const bool own = type.find('.') != std::string::npos || get(is, "type")->find('.') != std::string::npos;
    // A cast that is written out cuts a text that is too long; without one a longer text, written since, makes it fail.
    const bool refuses = family(type) == "text" && family(*get(is, "type")) == "text";
    work.run(Phase::alter, alter + " TYPE " + type + (was.contains("collation") ? " COLLATE " + *get(was, "collation") : "") +
                               (refuses ? "" : " USING " + cast_back(was_item.name, type, *get(is, "type"), own)));
    if (differs("type") && !widens(type, *get(is, "type")))
      work.at_least(Grade::loses_data,
                    "column " + was_item.identity() + ": what " + *get(is, "type") + " does not hold of " + type + " is not brought back");
  }
  if (retyped || differs("default")) {
    if (const auto old = get(was, "default"))
      work.run(Phase::alter, alter + " SET DEFAULT " + *old);
    else if (!retyped)
      work.run(Phase::alter, alter + " DROP DEFAULT");
  }
  if (differs("identity")) {
    const auto old = get(was, "identity");
    const std::string how = old && *old == "always" ? "ALWAYS" : "BY DEFAULT";
    if (!old)
      work.run(Phase::alter, alter + " DROP IDENTITY");
    else if (is.contains("identity"))
      work.run(Phase::alter, alter + " SET GENERATED " + how);
    else
      return unknown(was_item, "identity", work);
  }
  if (differs("not null")) work.run(Phase::alter, alter + (was.contains("not null") ? " SET NOT NULL" : " DROP NOT NULL"));
  if (differs("compression")) work.run(Phase::alter, alter + " SET COMPRESSION " + get(was, "compression").value_or("DEFAULT"));
  finish(was_item, &is_item, "table", work);
}

void table(const Item& item, const Values& was, const Values& is, Work& work) {
  const std::string alter = "ALTER " + relation_word(item.kind) + " " + item.name;
  for (const auto* side : {&was, &is}) {
    for (const auto& [name, text] : *side) {
      if (get(was, name) == get(is, name) || name == "options" || name == "toast options") continue;
      const auto old = get(was, name);
      if (name == "unlogged")
        work.run(Phase::alter, alter + (old ? " SET UNLOGGED" : " SET LOGGED"));
      else if (name == "replica identity")
        work.run(Phase::finish, alter + " REPLICA IDENTITY " + old.value_or("DEFAULT"));
      else if (name == "row level security")
        work.run(Phase::finish, alter + (old ? " ENABLE" : " DISABLE") + " ROW LEVEL SECURITY");
      else if (name == "row level security forced")
        work.run(Phase::finish, alter + (old ? " FORCE" : " NO FORCE") + " ROW LEVEL SECURITY");
      else if (name == "partition of" && !old)
        work.run(Phase::alter, "ALTER TABLE " + text + " DETACH PARTITION " + item.name);
      else if (name == "partition of" && !is.contains(name))
        work.run(Phase::alter, "ALTER TABLE " + text + " ATTACH PARTITION " + item.name + " " + get(was, "bound").value_or("DEFAULT"));
      else if (name == "inherits" && !old)
        work.run(Phase::alter, alter + " NO INHERIT " + text);
      else if (name == "inherits" && !is.contains(name))
        work.run(Phase::alter, alter + " INHERIT " + text);
      else if (name != "bound" && name != "comment" && name != "owner" && name != "privileges")
        unknown(item, name, work);
    }
  }
  if (get(was, "options") != get(is, "options")) options(alter, get(was, "options"), get(is, "options"), "", work);
  if (get(was, "toast options") != get(is, "toast options"))
    options(alter, get(was, "toast options"), get(is, "toast options"), "toast.", work);
}

void sequence(const Item& item, const Values& was, const Values& is, Work& work) {
  std::string sql;
  const auto put = [&](const char* name, const std::string& words) {
    if (const auto old = get(was, name); old != get(is, name) && old) sql += " " + words + " " + *old;
  };
  put("type", "AS");
  put("increment", "INCREMENT BY");
  put("minimum", "MINVALUE");
  put("maximum", "MAXVALUE");
  put("start", "START WITH");
  put("cache", "CACHE");
  if (get(was, "cycle") != get(is, "cycle")) sql += was.contains("cycle") ? " CYCLE" : " NO CYCLE";
  if (!sql.empty()) work.run(Phase::alter, "ALTER SEQUENCE " + item.name + sql);
  if (get(was, "owned by") != get(is, "owned by")) {
    // Before its column is dropped it must be free, after a column is made it may be its own.
    if (is.contains("owned by")) work.run(Phase::drop_hooks, "ALTER SEQUENCE " + item.name + " OWNED BY NONE");
    if (const auto old = get(was, "owned by")) work.run(Phase::finish, "ALTER SEQUENCE " + item.name + " OWNED BY " + *old);
  }
  if (get(was, "unlogged") != get(is, "unlogged") || get(was, "identity of") != get(is, "identity of")) unknown(item, "its kind", work);
}

/// 'a', 'b' of an enum's labels.
std::vector<std::string> labels_of(const Values& values) {
  std::vector<std::string> out;
  std::string label;
  bool in_quotes = false;
  for (const char c : get(values, "labels").value_or("") + ",") {
    if (c == '\'') in_quotes = !in_quotes;
    if (c == ',' && !in_quotes) {
      out.push_back(std::move(label));
      label.clear();
    } else if (in_quotes || c != ' ') {
      label += c;
    }
  }
  return out;
}

/// What stands in the way of another type for the enum's columns: whatever else has its name in its definition.
const Item* other_user(const std::string& type, const State& state) {
  for (const auto& item : state.items()) {
    if (item.part_of.empty() && item.name == type) continue;
    if (item.definition.find(type) == std::string::npos) continue;
    const auto values = values_of(item);
    const auto own = get(values, "type");
    const auto* owner = state.owner(item.part_of);
    const bool column = item.kind == "column" && owner != nullptr && owner->kind == "table" && own && (*own == type || *own == type + "[]");
    if (!column || values.contains("generated stored") || values.contains("generated virtual")) return &item;
  }
  return nullptr;
}

/// A label can only be taken back by another type for its columns. A row that has it lets that fail.
/// A name for the type that is about to go, in its schema: of at most 63 bytes, and nobody's.
std::string name_beside(const std::string& schema, const std::string& name, const State& state) {
  constexpr std::size_t kLongest = 63;
  const bool is_quoted = name.starts_with('"');
  for (int number = 0;; ++number) {
    const auto suffix = "_tidegate" + (number == 0 ? std::string() : std::to_string(number));
    auto stem = is_quoted ? name.substr(1, name.size() - 2) : name;
    auto most = std::min(stem.size(), kLongest - suffix.size());
    while (most > 0 && (static_cast<unsigned char>(stem[most]) & 0xC0U) == 0x80U) --most;  // no half characters
    while (most < stem.size() && most > 0 && is_quoted && stem[most - 1] == '"') --most;   // nor half of a doubled quote
    const auto out = is_quoted ? "\"" + stem.substr(0, most) + suffix + "\"" : stem.substr(0, most) + suffix;
    if (state.owner(schema + out) == nullptr) return out;
  }
}

void retype(const Item& item, const Values& was, const State& before, const State& after, Work& work) {
  if (const auto* user = other_user(item.name, after)) {
    work.at_least(Grade::irreversible, "enum " + item.name + ": a label is taken back by another type, which " + user->kind + " " +
                                           user->identity() + " does not let");
    return;
  }
  const auto [schema, name] = parts_of_name(item.name);
  const auto aside = name_beside(schema, name, after);
  work.run(Phase::alter, "ALTER TYPE " + item.name + " RENAME TO " + aside);
  work.run(Phase::alter, "CREATE TYPE " + item.name + " AS ENUM (" + get(was, "labels").value_or("") + ")");
  for (const auto& column : after.items()) {
    const auto values = values_of(column);
    const auto type = get(values, "type");
    if (column.kind != "column" || !type || (*type != item.name && *type != item.name + "[]") || values.contains("inherited")) continue;
    const auto* old = before.find("column", column.part_of, column.name);
    if (old == nullptr) continue;  // new, and dropped by now
    const std::string alter = "ALTER TABLE " + column.part_of + " ALTER COLUMN " + column.name;
    if (values.contains("default")) work.run(Phase::alter, alter + " DROP DEFAULT");
    work.run(Phase::alter, alter + " TYPE " + *type + " USING " + column.name + "::text::" + *type);
    if (const auto was_default = get(values_of(*old), "default")) work.run(Phase::alter, alter + " SET DEFAULT " + *was_default);
  }
  work.run(Phase::alter, "DROP TYPE " + schema + aside);
  finish(item, nullptr, {}, work);
}

/// True when it made the type again.
bool enumeration(const Item& item, const Values& was, const Values& is, const State& before, const State& after, Work& work) {
  const auto olds = labels_of(was), news = labels_of(is);
  if (olds == news) return false;
  if (olds.size() == news.size()) {
    std::vector<std::string> statements;
    for (std::size_t i = 0; i < olds.size(); ++i)
      if (olds[i] != news[i]) statements.push_back("ALTER TYPE " + item.name + " RENAME VALUE " + news[i] + " TO " + olds[i]);
    if (statements.size() == 1) {
      work.run(Phase::alter, statements.front());
      return false;
    }
  }
  retype(item, was, before, after, work);
  return true;
}

void domain(const Item& item, const Values& was, const Values& is, Work& work) {
  const std::string alter = "ALTER DOMAIN " + item.name;
  if (get(was, "type") != get(is, "type") || get(was, "collation") != get(is, "collation")) return unknown(item, "type", work);
  if (const auto old = get(was, "default"); old != get(is, "default"))
    work.run(Phase::alter, alter + (old ? " SET DEFAULT " + *old : " DROP DEFAULT"));
  if (get(was, "not null") != get(is, "not null"))
    work.run(Phase::alter, alter + (was.contains("not null") ? " SET" : " DROP") + " NOT NULL");
}

}  // namespace

void finish(const Item& item, const Item* now, std::string_view owner_kind, Work& work) {
  const auto was = values_of(item);
  const auto is = now == nullptr ? Values{} : values_of(*now);
  const auto differs = [&](std::string_view name) { return get(was, name) != get(is, name); };
  const auto target = comment_target(item, owner_kind);
  // A sequence that belongs to a column has its table's owner.
  const bool follows = item.kind == "sequence" && (was.contains("owned by") || was.contains("identity of"));
  if (differs("owner") && was.contains("owner") && !follows) {
    if (target.empty())
      unknown(item, "owner", work);
    else
      work.run(Phase::finish, "ALTER " + target + " OWNER TO " + *get(was, "owner"));
  }
  if (differs("privileges")) {
    const auto old = get(was, "privileges"), is_now = get(is, "privileges");
    give_privileges(item, old ? &*old : nullptr, is_now ? &*is_now : nullptr, get(was, "owner").value_or(""), work);
  }
  if (differs("comment")) {
    if (target.empty())
      unknown(item, "comment", work);
    else
      work.run(Phase::finish, "COMMENT ON " + target + " IS " + (was.contains("comment") ? quoted(*get(was, "comment")) : "NULL"));
  }
  if (item.kind != "column") return;
  const std::string alter = "ALTER TABLE " + item.part_of + " ALTER COLUMN " + item.name;
  if (differs("storage")) {
    if (const auto old = get(was, "storage"))
      work.run(Phase::finish, alter + " SET STORAGE " + *old);
    else
      unknown(item, "storage", work);
  }
  if (differs("statistics")) work.run(Phase::finish, alter + " SET STATISTICS " + get(was, "statistics").value_or("-1"));
  if (differs("options")) options(alter, get(was, "options"), get(is, "options"), "", work);
}

void change(const Item& was_item, const Item& is_item, const State& before, const State& after, Work& work) {
  const auto was = values_of(was_item), is = values_of(is_item);
  const auto& k = was_item.kind;
  const auto differs = [&](std::string_view name) { return get(was, name) != get(is, name); };
  const auto* owner = before.owner(was_item.part_of);
  const bool of_view = owner != nullptr && (owner->kind == "view" || owner->kind == "materialized view");
  if (k == fingerprint::kColumnOrder) return;
  if (k == "column" && !of_view) return column(was_item, is_item, was, is, work);
  if (k == "column") return differs("comment") || differs("privileges") ? finish(was_item, &is_item, "view", work) : void();
  const bool remade =
      (k == "constraint" || k == "index" || k == "trigger" || k == "rule") ? differs("definition") || differs("enabled") : k == "policy";
  if (remade) {
    drop(is_item, after, work);
    return make(was_item, before, work);
  }
  if (k == "table" || k == "foreign table" || k == "view" || k == "materialized view") {
    if (differs("definition")) {
      drop(is_item, after, work);
      return make(was_item, before, work);
    }
    table(was_item, was, is, work);
  } else if (k == "index") {
    const std::string alter = "ALTER TABLE " + was_item.part_of;
    if (differs("clustered"))
      work.run(Phase::finish, alter + (was.contains("clustered") ? " CLUSTER ON " + was_item.name : " SET WITHOUT CLUSTER"));
    if (differs("replica identity"))
      work.run(Phase::finish,
               alter + " REPLICA IDENTITY " + (was.contains("replica identity") ? "USING INDEX " + was_item.name : "DEFAULT"));
    for (const char* name : {"not valid", "not ready", "statistics", "tablespace", "of constraint"})
      if (differs(name)) unknown(was_item, name, work);
  } else if (k == "sequence") {
    sequence(was_item, was, is, work);
  } else if (k == "enum") {
    if (enumeration(was_item, was, is, before, after, work)) return;
  } else if (k == "domain") {
    domain(was_item, was, is, work);
  } else if (k == "function" || k == "procedure") {
    if (differs("definition")) work.run(Phase::make_routines, *get(was, "definition"));
  } else if (k != "schema" && k != "constraint") {
    return unknown(was_item, "its definition", work);
  }
  finish(was_item, &is_item, owner == nullptr ? "" : owner->kind, work);
}

}  // namespace tidegate::migrations::inverse
