// SPDX-License-Identifier: Apache-2.0
//
// The parser's own tree, for the readers of this folder alone: parsing with a guard against its recursion, a walk over
// everything below a node, and small helpers. Any thread; a tree belongs to one.
#pragma once
#include <pg_query/pg_query.pb-c.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "migrations/syntax/parts.hpp"

namespace tidegate::migrations::syntax {

using Node = PgQuery__Node;
using List = Node* const*;

struct Tree {
  std::unique_ptr<PgQuery__ParseResult, void (*)(PgQuery__ParseResult*)> result{nullptr, nullptr};
  std::string error;
  std::size_t at = 0;  ///< byte of the error
  /// The one statement; nullptr when there is none, or another number of them.
  [[nodiscard]] const Node* statement() const;
};
/// On the caller's stack: only from within with_stack_for().
Tree parse_tree(const std::string& sql);

/// libpg_query writes and reads its tree by recursion: runs `work` where a text of this length cannot overflow the stack.
/// False, and `work` was not run, when there is no such place: the text is too long.
bool with_stack_for(std::size_t length, const std::function<void()>& work);
inline constexpr std::size_t kLongestForTree = 1024UL * 1024;

/// Every message below and including `root`, parents first, in the order of the text; `visit` says whether to go deeper.
void walk(const ProtobufCMessage* root, const std::function<bool(const ProtobufCMessage&)>& visit);
inline void walk(const Node* root, const std::function<bool(const ProtobufCMessage&)>& visit) {
  if (root != nullptr) walk(&root->base, visit);
}
template <class T>
const T& as(const ProtobufCMessage& message) {
  return reinterpret_cast<const T&>(message);
}

inline std::string text_of(const char* c) {
  return c == nullptr ? std::string{} : std::string(c);
}
std::size_t offset_of(int location);
std::string string_of(const Node* node);  ///< of a String node; a TypeName's or list's last part
Name name_of(const PgQuery__RangeVar* range);
Name name_of(std::size_t count, List parts);  ///< Strings: [catalog.][schema.]name
Name object_name(const Node* node);           ///< List, ObjectWithArgs, TypeName, String, RangeVar
Type type_of(const PgQuery__TypeName* type);
std::string constant_of(const Node* node);    ///< as text, without quotes; "" when it is none
const PgQuery__DefElem* option(std::size_t count, List options, std::string_view name);
std::vector<std::string> strings(std::size_t count, List list);

Expression expression_of(const Node* node);
/// Relations that stand anywhere below, without names that WITH gives.
std::vector<Name> relations_below(const ProtobufCMessage* root);
void add_unique(std::vector<Name>& names, const Name& name);

}  // namespace tidegate::migrations::syntax
