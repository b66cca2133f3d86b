// SPDX-License-Identifier: Apache-2.0
#include "migrations/syntax/parse.hpp"

#include <gtest/gtest.h>

namespace tidegate::migrations::syntax {
namespace {

template <class T>
T only(std::string_view sql) {
  const auto parsed = parse(sql);
  EXPECT_TRUE(parsed.understood) << sql << ": " << parsed.why;
  EXPECT_EQ(parsed.actions.size(), 1U) << sql;
  if (parsed.actions.size() != 1 || !std::holds_alternative<T>(parsed.actions[0])) {
    ADD_FAILURE() << sql << " is another action";
    return {};
  }
  return std::get<T>(parsed.actions[0]);
}

TEST(Syntax, CodeWithoutABody_IsNotUnderstood_AndEndsNoProcess) {
  for (const char* sql : {"create function f() returns trigger language plpgsql", "create procedure p() language plpgsql", "do language plpgsql",
                          "create function f() returns int language sql", "create function f() returns int"}) {
    const auto parsed = parse(sql);
    EXPECT_TRUE(parsed.understood) << sql;
    EXPECT_FALSE(parsed.body.understood) << sql;
    EXPECT_FALSE(parsed.body.why.empty()) << sql;
  }
}

TEST(Syntax, AlterTable_SaysEachCommandAndWhereItStands) {
  const std::string sql =
      "ALTER TABLE ONLY \"s\".\"T\" ADD COLUMN IF NOT EXISTS c numeric(10,2) NOT NULL DEFAULT 1, DROP COLUMN d CASCADE,\n"
      " ADD CONSTRAINT ck CHECK (a > 0 AND b IS NOT NULL) NOT VALID";
  const auto alter = only<AlterTable>(sql);
  EXPECT_EQ(alter.table.schema, "s");
  EXPECT_EQ(alter.table.name, "T");
  EXPECT_TRUE(alter.only);
  ASSERT_EQ(alter.commands.size(), 3U);
  const auto& add = alter.commands[0];
  EXPECT_EQ(add.what, Alter::add_column);
  EXPECT_TRUE(add.missing_ok);
  EXPECT_EQ(add.at.in(sql), "ADD COLUMN IF NOT EXISTS c numeric(10,2) NOT NULL DEFAULT 1");
  ASSERT_TRUE(add.column);
  EXPECT_EQ(add.column->type.text(), "numeric(10,2)");
  ASSERT_NE(add.column->constraint(ConstraintKind::default_), nullptr);
  EXPECT_TRUE(add.column->constraint(ConstraintKind::default_)->expression->constant);
  EXPECT_EQ(add.column->constraint(ConstraintKind::not_null)->at.in(sql), "NOT NULL ");
  EXPECT_EQ(alter.commands[1].what, Alter::drop_column);
  EXPECT_TRUE(alter.commands[1].cascade);
  EXPECT_EQ(alter.commands[1].at.in(sql), "DROP COLUMN d CASCADE");
  const auto& check = alter.commands[2];
  ASSERT_TRUE(check.constraint);
  EXPECT_TRUE(check.constraint->not_valid);
  ASSERT_EQ(check.constraint->expression->conditions.size(), 2U);
  EXPECT_TRUE(check.constraint->expression->only_conditions);
  EXPECT_EQ(check.constraint->expression->conditions[1].op, "not null");
}

TEST(Syntax, Expression_TellsConstantsFromCalls) {
  const auto default_of = [](const std::string& text) {
    return *only<AlterTable>("alter table t add column c text default " + text).commands[0].column->constraint(ConstraintKind::default_)->expression;
  };
  EXPECT_TRUE(default_of("'x'::text").constant);
  EXPECT_TRUE(default_of("NULL").null);
  EXPECT_FALSE(default_of("now()").constant);
  EXPECT_EQ(default_of("gen_random_uuid()").functions.at(0).name, "gen_random_uuid");
  EXPECT_EQ(default_of("CURRENT_TIMESTAMP").functions.at(0).name, "current_timestamp");
  EXPECT_EQ(default_of("coalesce(f(1), s.g())").functions.at(1).schema, "s");
}

TEST(Syntax, ForeignKeyInLine_NamesBothSides) {
  const auto create = only<CreateTable>("create table t3 (id bigint primary key, tid bigint references p.t (id) on delete cascade)");
  const auto* key = create.columns.at(1).constraint(ConstraintKind::foreign_key);
  ASSERT_NE(key, nullptr);
  EXPECT_EQ(key->references.schema, "p");
  EXPECT_EQ(key->columns, std::vector<std::string>{"tid"});
  EXPECT_EQ(key->referenced_columns, std::vector<std::string>{"id"});
  EXPECT_EQ(key->on_delete, 'c');
}

TEST(Syntax, DropOfATrigger_KeepsItsTable) {
  const auto drop = only<Drop>("drop trigger if exists trg on s.t cascade");
  EXPECT_EQ(drop.on.schema, "s");
  EXPECT_EQ(drop.on.name, "t");
  EXPECT_EQ(drop.names.at(0).name, "trg");
  EXPECT_TRUE(drop.if_exists && drop.cascade);
}

TEST(Syntax, UpdateWithoutAWhereThatCounts_TouchesAll) {
  EXPECT_EQ(only<Dml>("update t set a = 1").where, Where::none);
  EXPECT_EQ(only<Dml>("delete from t where 1 = 1").where, Where::always);
  EXPECT_EQ(only<Dml>("delete from t where a = 1").where, Where::some);
  EXPECT_EQ(only<Dml>("with q as (select * from u) update t set a = q.a from q where q.a = t.a").reads.at(0).name, "u");
}

TEST(Syntax, DoBlock_GivesItsStatementsAndSaysWhenTextIsMadeAtRunTime) {
  const auto known = parse("DO $$ BEGIN ALTER TABLE t ADD COLUMN b int; EXECUTE 'drop table x'; EXCEPTION WHEN duplicate_column THEN null; END $$");
  ASSERT_TRUE(known.body.understood) << known.body.why;
  EXPECT_EQ(known.body.statements, (std::vector<std::string>{"ALTER TABLE t ADD COLUMN b int", "drop table x"}));
  EXPECT_FALSE(known.body.dynamic);
  const auto unknown = parse("DO $$ BEGIN\n EXECUTE format('drop table %I', 'x'); END $$");
  EXPECT_TRUE(unknown.body.dynamic);
  EXPECT_EQ(unknown.body.dynamic_line, 2U);
}

TEST(Syntax, WhatGrammar15DoesNotKnow_IsNotUnderstood) {
  for (const auto* sql : {"alter table t add constraint nn not null a not valid", "create table t (a int, b int generated always as (a) virtual)",
                          "alter table t split partition p into (partition a for values in (1))", "repack t", "selekt 1", "\\i file", ""}) {
    const auto parsed = parse(sql);
    EXPECT_FALSE(parsed.understood) << sql;
    EXPECT_FALSE(parsed.why.empty()) << sql;
    EXPECT_TRUE(parsed.actions.empty()) << sql;
  }
  const auto parsed = parse("select '\xc3\xa4', selekt 1 1");
  EXPECT_EQ(parsed.at, std::string_view("select '\xc3\xa4', selekt 1 1").find("1 1"));
}

TEST(Syntax, HostileText_EndsInAnAnswer) {
  std::string sum = "select 1";
  for (int i = 0; i < 50000; ++i) sum += "+1";
  EXPECT_TRUE(parse(sum).understood);
  std::string signs = "select ", nots = signs;
  for (int i = 0; i < 20000; ++i) signs += "- ", nots += "not ";
  EXPECT_NE(parse(signs + "a").why.find("memory exhausted"), std::string::npos);
  EXPECT_NE(parse(nots + "a").why.find("memory exhausted"), std::string::npos);
  EXPECT_FALSE(parse("select " + std::string(20000, '(') + "1" + std::string(20000, ')')).understood);
  EXPECT_EQ(parse("insert into t values ('" + std::string(10U << 20U, 'x') + "')").why, "longer than 1 MB");
  EXPECT_FALSE(parse("select 'open").understood);
  EXPECT_EQ(parse(std::string_view("select 1\0", 9)).why, "a NUL byte");
  EXPECT_EQ(parse("select '\xff'").why, "not valid UTF-8");
  EXPECT_EQ(parse("select 1; select 2").why, "not one statement");
}

TEST(Syntax, LongIdentifier_IsNamed) {
  const std::string name(64, 'x');
  EXPECT_EQ(parse("create index \"" + name + "\" on t (a)").long_identifiers, std::vector<std::string>{name});
  EXPECT_TRUE(parse("create index " + name.substr(1) + " on t (a)").long_identifiers.empty());
}

TEST(Syntax, SchemaWithElements_IsSeveralActions) {
  const auto parsed = parse("create schema s create table t (a int) create view v as select a from t");
  ASSERT_EQ(parsed.actions.size(), 3U);
  EXPECT_TRUE(std::holds_alternative<CreateTable>(parsed.actions[1]));
}

}  // namespace
}  // namespace tidegate::migrations::syntax
