// SPDX-License-Identifier: Apache-2.0
//
// Collects effects: the small vocabulary in which the rules of locking are written. Private to this folder.
#pragma once
#include "migrations/effects/effects.hpp"

namespace tidegate::migrations::effects {

class Builder {
 public:
  Builder(const catalog::Catalog& catalog, Effects& out) : catalog_(catalog), out_(out) {}

  [[nodiscard]] const catalog::Catalog& catalog() const { return catalog_; }
  void lock(const catalog::Relation& relation, Mode mode);
  /// The relation, or when nobody knows it, its name.
  const catalog::Relation* lock(const syntax::Name& name, Mode mode);
  void lock_index(const catalog::Relation& table, const catalog::Index& index, Mode mode);
  void lock_indexes(const catalog::Relation& table, Mode mode);
  void scan(const catalog::Relation& relation);
  void scan(const syntax::Name& name);
  void scan_named(const std::string& shown);
  /// It and its partitions or heirs, those with storage.
  void scan_all(const catalog::Relation& relation);
  void rewrite_index(const catalog::Relation& table, const catalog::Index& index);
  /// The heap, and with it every index but those that are made anew by name.
  void rewrite(const catalog::Relation& table, const std::vector<std::string>& made_anew = {});
  void rewrite_unknown(const syntax::Name& name);
  void rewrite_only(const catalog::Relation& relation);
  /// What a query over these has to read: tables below views.
  void scan_query(const std::vector<syntax::Name>& names);
  /// With what depends on it, as CASCADE goes.
  void drop(const catalog::Relation& relation, bool cascade);

 private:
  void add(Lock lock);
  void scan_below(const std::string& key, int depth);
  const catalog::Catalog& catalog_;
  Effects& out_;
};

void alter_table(Builder& b, const syntax::AlterTable& alter);
void create_table(Builder& b, const syntax::CreateTable& create);

}  // namespace tidegate::migrations::effects
