// SPDX-License-Identifier: Apache-2.0
#include "migrations/syntax/tree.hpp"

#include <pg_query.h>
#include <pthread.h>

#include <algorithm>

#include "migrations/locate.hpp"

namespace tidegate::migrations::syntax {
namespace {

// 20,000 nested terms fit in the usual 8 MB, 50,000 do not; a term needs a byte at least.
constexpr std::size_t kLongestHere = 16UL * 1024;
// Address space, not memory: what a text does not use is never touched.
constexpr std::size_t kBytesOfStackForOne = 1024;
constexpr std::size_t kRoomForTheRest = 8UL * 1024 * 1024;

void free_tree(PgQuery__ParseResult* tree) {
  pg_query__parse_result__free_unpacked(tree, nullptr);
}

void* run_work(void* work) {
  (*static_cast<const std::function<void()>*>(work))();
  return nullptr;
}

}  // namespace

bool with_stack_for(std::size_t length, const std::function<void()>& work) {
  if (length > kLongestForTree) return false;
  if (length <= kLongestHere) {
    work();
    return true;
  }
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return false;
  pthread_t thread{};
  const bool started = pthread_attr_setstacksize(&attributes, length * kBytesOfStackForOne + kRoomForTheRest) == 0 &&
                       pthread_create(&thread, &attributes, run_work, const_cast<std::function<void()>*>(&work)) == 0;
  pthread_attr_destroy(&attributes);
  return started && pthread_join(thread, nullptr) == 0;
}

Tree parse_tree(const std::string& sql) {
  Tree tree;
  auto raw = pg_query_parse_protobuf(sql.c_str());
  if (raw.error != nullptr) {
    tree.error = raw.error->message;
    tree.at = byte_of_character(sql, static_cast<std::uint64_t>(std::max(raw.error->cursorpos, 1) - 1));
  } else {
    tree.result = {pg_query__parse_result__unpack(nullptr, raw.parse_tree.len, reinterpret_cast<const std::uint8_t*>(raw.parse_tree.data)),
                   &free_tree};
    if (!tree.result) tree.error = "the parser's answer could not be read";
  }
  pg_query_free_protobuf_parse_result(raw);
  return tree;
}

const Node* Tree::statement() const {
  return result && result->n_stmts == 1 ? result->stmts[0]->stmt : nullptr;
}

void walk(const ProtobufCMessage* root, const std::function<bool(const ProtobufCMessage&)>& visit) {
  std::vector<const ProtobufCMessage*> todo{root};
  std::vector<const ProtobufCMessage*> children;
  while (!todo.empty()) {
    const ProtobufCMessage* message = todo.back();
    todo.pop_back();
    if (message == nullptr) continue;
    if (message->descriptor == &pg_query__node__descriptor) {  // of its 240 alternatives, all pointers, the one that is set
      const auto* node = reinterpret_cast<const Node*>(message);
      if (node->node_case != PG_QUERY__NODE__NODE__NOT_SET) todo.push_back(reinterpret_cast<const ProtobufCMessage*>(node->alias));
      continue;
    }
    if (!visit(*message)) continue;
    children.clear();
    const auto* base = reinterpret_cast<const char*>(message);
    for (unsigned i = 0; i < message->descriptor->n_fields; ++i) {
      const auto& field = message->descriptor->fields[i];
      if (field.type != PROTOBUF_C_TYPE_MESSAGE) continue;
      const void* member = base + field.offset;
      if (field.label == PROTOBUF_C_LABEL_REPEATED) {
        const auto count = *reinterpret_cast<const std::size_t*>(base + field.quantifier_offset);
        const auto* list = *static_cast<const ProtobufCMessage* const* const*>(member);
        children.insert(children.end(), list, list + count);
      } else if ((field.flags & PROTOBUF_C_FIELD_FLAG_ONEOF) == 0 ||
                 *reinterpret_cast<const std::uint32_t*>(base + field.quantifier_offset) == field.id) {
        children.push_back(*static_cast<const ProtobufCMessage* const*>(member));
      }
    }
    todo.insert(todo.end(), children.rbegin(), children.rend());
  }
}

std::size_t offset_of(int location) {
  return location < 0 ? 0 : static_cast<std::size_t>(location);
}

std::vector<std::string> strings(std::size_t count, List list) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(string_of(list[i]));
  return out;
}

Name name_of(const PgQuery__RangeVar* range) {
  if (range == nullptr) return {};
  return {text_of(range->schemaname), text_of(range->relname), offset_of(range->location)};
}

Name name_of(std::size_t count, List parts) {
  if (count == 0) return {};
  return {count > 1 ? string_of(parts[count - 2]) : std::string{}, string_of(parts[count - 1])};
}

std::string string_of(const Node* node) {
  if (node == nullptr) return {};
  if (node->node_case == PG_QUERY__NODE__NODE_STRING) return text_of(node->string->sval);
  return object_name(node).name;
}

Name object_name(const Node* node) {
  if (node == nullptr) return {};
  switch (node->node_case) {
    case PG_QUERY__NODE__NODE_STRING:
      return {{}, text_of(node->string->sval)};
    case PG_QUERY__NODE__NODE_LIST:
      return name_of(node->list->n_items, node->list->items);
    case PG_QUERY__NODE__NODE_RANGE_VAR:
      return name_of(node->range_var);
    case PG_QUERY__NODE__NODE_OBJECT_WITH_ARGS:
      return name_of(node->object_with_args->n_objname, node->object_with_args->objname);
    case PG_QUERY__NODE__NODE_TYPE_NAME: {
      auto name = name_of(node->type_name->n_names, node->type_name->names);
      name.at = offset_of(node->type_name->location);
      return name;
    }
    default:
      return {};
  }
}

Type type_of(const PgQuery__TypeName* type) {
  Type out;
  if (type == nullptr) return out;
  auto name = name_of(type->n_names, type->names);
  out.schema = name.schema == "pg_catalog" ? std::string{} : name.schema;
  out.name = name.name;
  if (out.schema.empty()) {  // the words that are no aliases of the grammar
    if (out.name == "integer") out.name = "int4";
    if (out.name == "serial4") out.name = "serial";
    if (out.name == "serial8") out.name = "bigserial";
    if (out.name == "serial2") out.name = "smallserial";
  }
  for (std::size_t i = 0; i < type->n_typmods; ++i) out.modifiers.push_back(constant_of(type->typmods[i]));
  out.dimensions = static_cast<unsigned>(type->n_array_bounds);
  out.at = offset_of(type->location);
  return out;
}

bool Type::serial() const {
  return schema.empty() && (name == "serial" || name == "bigserial" || name == "smallserial");
}

std::string Type::text() const {
  std::string out = schema.empty() ? name : schema + "." + name;
  if (!modifiers.empty()) {
    out += '(';
    for (std::size_t i = 0; i < modifiers.size(); ++i) out += (i == 0 ? "" : ",") + modifiers[i];
    out += ')';
  }
  for (unsigned i = 0; i < dimensions; ++i) out += "[]";
  return out;
}

std::string constant_of(const Node* node) {
  if (node == nullptr) return {};
  if (node->node_case == PG_QUERY__NODE__NODE_TYPE_CAST) return constant_of(node->type_cast->arg);
  if (node->node_case == PG_QUERY__NODE__NODE_COLUMN_REF) {  // minvalue and maxvalue of a bound; SET x TO word
    return string_of(node->column_ref->n_fields == 0 ? nullptr : node->column_ref->fields[node->column_ref->n_fields - 1]);
  }
  if (node->node_case == PG_QUERY__NODE__NODE_INTEGER) return std::to_string(node->integer->ival);
  if (node->node_case != PG_QUERY__NODE__NODE_A_CONST || node->a_const->isnull != 0) return {};
  const auto& c = *node->a_const;
  switch (c.val_case) {
    case PG_QUERY__A__CONST__VAL_IVAL:
      return std::to_string(c.ival->ival);
    case PG_QUERY__A__CONST__VAL_FVAL:
      return text_of(c.fval->fval);
    case PG_QUERY__A__CONST__VAL_SVAL:
      return text_of(c.sval->sval);
    case PG_QUERY__A__CONST__VAL_BSVAL:
      return text_of(c.bsval->bsval);
    case PG_QUERY__A__CONST__VAL_BOOLVAL:
      return c.boolval->boolval != 0 ? "true" : "false";
    default:
      return {};
  }
}

const PgQuery__DefElem* option(std::size_t count, List options, std::string_view name) {
  for (std::size_t i = 0; i < count; ++i) {
    if (options[i]->node_case == PG_QUERY__NODE__NODE_DEF_ELEM && text_of(options[i]->def_elem->defname) == name) return options[i]->def_elem;
  }
  return nullptr;
}

void add_unique(std::vector<Name>& names, const Name& name) {
  if (std::none_of(names.begin(), names.end(), [&](const Name& n) { return n.same(name); })) names.push_back(name);
}

std::vector<Name> relations_below(const ProtobufCMessage* root) {
  std::vector<Name> found;
  std::vector<std::string> with;
  walk(root, [&](const ProtobufCMessage& m) {
    if (m.descriptor == &pg_query__common_table_expr__descriptor) with.push_back(text_of(as<PgQuery__CommonTableExpr>(m).ctename));
    if (m.descriptor == &pg_query__range_var__descriptor) add_unique(found, name_of(&as<PgQuery__RangeVar>(m)));
    return true;
  });
  std::erase_if(found, [&](const Name& n) { return n.schema.empty() && std::find(with.begin(), with.end(), n.name) != with.end(); });
  return found;
}

}  // namespace tidegate::migrations::syntax
