// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <cstdlib>

#include "services/db/libpq.hpp"
#include "services/db/url.hpp"

namespace tidegate::services::db {
namespace {

using base::Status;

std::string of(const ConnectionTarget& target, const std::string& name) {
  for (const auto& [key, value] : target.parameters)
    if (key == name) return value;
  return "-";
}

ConnectionTarget parsed(const std::string& text) {
  auto out = parse_connection(text);
  if (out) return std::move(*out);
  ADD_FAILURE() << text << ": " << out.error().message;
  return {};
}

std::string error(const std::string& text) {
  const auto out = parse_connection(text);
  if (out) {
    ADD_FAILURE() << text << " was accepted";
    return {};
  }
  EXPECT_EQ(out.error().code, Status::config);
  EXPECT_EQ((out.error().message + out.error().hint).find("SECRET"), std::string::npos) << out.error().message;
  return out.error().message;
}

TEST(ConnectionUrl, Parts_AreDecoded) {
  const auto t = parsed(" postgres://us%40er:p%2Fw%20d@db.example:6000/my%20db?application_name=x \n");
  EXPECT_EQ(of(t, "user"), "us@er");
  EXPECT_EQ(of(t, "password"), "p/w d");
  EXPECT_EQ(t.password, "p/w d");
  EXPECT_EQ(t.password_as_written, "p%2Fw%20d");
  EXPECT_EQ(of(t, "host"), "db.example");
  EXPECT_EQ(of(t, "port"), "6000");
  EXPECT_EQ(of(t, "dbname"), "my db");
  EXPECT_EQ(of(t, "application_name"), "x");
  EXPECT_EQ(t.display, "db.example:6000/my db");
  EXPECT_TRUE(t.warnings.empty());
}

TEST(ConnectionUrl, OddForms_AreUnderstood) {
  EXPECT_EQ(of(parsed("postgres://u:p@w@h/d"), "password"), "p@w");
  EXPECT_EQ(of(parsed("postgres://u:p#x@h/d"), "password"), "p#x");
  EXPECT_EQ(of(parsed("POSTGRESQL://u@h/d"), "host"), "h");
  EXPECT_EQ(of(parsed("postgresql://u@[::1]:5433/d"), "host"), "::1");
  EXPECT_EQ(parsed("postgresql://u@[::1]:5433/d").display, "[::1]:5433/d");
  const auto many = parsed("postgresql://u@h1:1,h2:2/d");
  EXPECT_EQ(of(many, "host"), "h1,h2");
  EXPECT_EQ(of(many, "port"), "1,2");
  EXPECT_EQ(many.display, "h1:1,h2:2/d");
  EXPECT_EQ(of(parsed("postgresql:///d?host=/run/pg"), "host"), "/run/pg");
  EXPECT_EQ(of(parsed("postgresql://localhost/d?host=/run/pg"), "host"), "/run/pg");
  EXPECT_EQ(of(parsed("postgresql://%2Frun%2Fpg/d"), "host"), "/run/pg");
}

TEST(ConnectionUrl, KeywordList_IsUnderstood) {
  const auto t = parsed(R"(host=/run/pg dbname = 'my \'db' password=a\ b schema=x)");
  EXPECT_EQ(of(t, "host"), "/run/pg");
  EXPECT_EQ(of(t, "dbname"), "my 'db");
  EXPECT_EQ(t.password, "a b");
  EXPECT_EQ(t.schema, "x");
}

TEST(ConnectionUrl, MalformedText_IsRefusedWithoutRepeatingIt) {
  EXPECT_NE(error("").find("empty"), std::string::npos);
  EXPECT_NE(error("postgres://u:SECRET/x@h:5432/d").find("port"), std::string::npos);
  EXPECT_NE(error("postgres://u:SECRET%zz@h/d").find("the password"), std::string::npos);
  error("postgresql://u:123/SECRET@h/d");
  error("postgresql://u:123/4/SECRET@h/d?schema=x");
  error("postgresql://u:p@s/SECRET@h/d");
  error("postgresql://u:p@SECRET?x=1@h/d");
  error("postgresql://u:p@h:1?SECRET=1@h/d");
  error("postgresql:///d?host=u:SECRET@h");
  error("host=u:SECRET@h dbname=d");
  error("host=h dbname=postgresql://u:SECRET@h/d");
  error("postgres://u:12?SECRET@h/d");
  error("postgres://u:12?SECRET@h/d?a=b");
  error("postgres://u:12?SECRET=@h/d%ZZ");
  error("postgres://u:12?SECRET=@h/d");
  error("just SECRET text");
  error("host=h password='SECRET");
  EXPECT_NE(error("prisma://accelerate.prisma-data.net/?api_key=SECRET").find("Prisma's own service"), std::string::npos);
  error("prisma+postgres://u:SECRET@h/d");
  error("postgresql+psycopg://u:SECRET@h/d");
  EXPECT_NE(error("mysql://u:SECRET@h/d").find("not PostgreSQL's"), std::string::npos);
  error("file:./SECRET.db");
}

TEST(ConnectionUrl, PrismaParameters_AreTranslatedOrIgnoredSilently) {
  const auto t = parsed(
      "postgresql://u@h/d?schema=My%20Shop&connection_limit=1&pool_timeout=20&socket_timeout=5&statement_cache_size=0"
      "&pgbouncer=true&connect_timeout=15&sslmode=prefer&sslaccept=accept_invalid_certs&single_use_connections=true"
      "&max_idle_connection_lifetime=300");
  EXPECT_TRUE(t.warnings.empty()) << t.warnings.front();
  EXPECT_EQ(t.schema, "My Shop");
  EXPECT_EQ(t.search_path, std::vector<std::string>{"My Shop"});
  EXPECT_TRUE(t.pooled);
  EXPECT_EQ(t.connect_timeout, std::chrono::seconds(15));
  EXPECT_EQ(of(t, "sslmode"), "prefer");
  for (const auto& [name, value] : t.parameters) EXPECT_NE(name, "schema");
  EXPECT_NE(error("postgresql://h/d?pgbouncer=maybe").find("pgbouncer"), std::string::npos);
  EXPECT_NE(error("postgresql://h/d?connect_timeout=soon").find("connect_timeout"), std::string::npos);
  EXPECT_NE(error("postgresql://h/d?schema=" + std::string(64, 'x')).find("63 bytes"), std::string::npos);
}

TEST(ConnectionUrl, TlsWordsOfAllTools_BecomeLibpqs) {
  const auto mode = [](const std::string& query) { return of(parsed("postgresql://h/d?" + query), "sslmode"); };
  EXPECT_EQ(mode("sslmode=no-verify"), "require");
  EXPECT_EQ(mode("ssl=true"), "require");
  EXPECT_EQ(mode("ssl=false"), "disable");
  EXPECT_EQ(mode("ssl=true&sslmode=verify-full"), "verify-full");
  EXPECT_EQ(mode("sslaccept=strict"), "verify-full");
  EXPECT_EQ(mode("sslmode=require&sslaccept=strict"), "verify-full");
  EXPECT_EQ(mode("sslmode=disable&sslaccept=strict"), "disable");
  EXPECT_EQ(mode("user=x"), "-");
  EXPECT_EQ(of(parsed("postgresql://h/d?sslaccept=strict&sslcert=/ca.pem"), "sslrootcert"), "/ca.pem");
  EXPECT_EQ(of(parsed("postgresql://h/d?sslcert=/me.pem&sslkey=/me.key"), "sslcert"), "/me.pem");
  const auto unchecked = parsed("postgresql://h/d?sslcert=/ca.pem");
  EXPECT_EQ(of(unchecked, "sslcert"), "-");
  EXPECT_EQ(unchecked.warnings.size(), 1U);
  EXPECT_EQ(parsed("postgresql://h/d?sslidentity=/x.p12&sslpassword=y").warnings.size(), 1U);
  EXPECT_NE(error("postgresql://h/d?sslmode=verify-ful").find("did you mean 'verify-full'"), std::string::npos);
}

TEST(ConnectionUrl, TheSystemsAuthorities_AreAFileForAnOlderLibpq_AndStandForVerifyFull) {
  ::setenv("SSL_CERT_FILE", "/authorities.pem", 1);
  const auto t = parsed("postgresql://h/d?sslrootcert=system");
  ::unsetenv("SSL_CERT_FILE");
  EXPECT_EQ(of(t, "sslrootcert"), libpq().PQlibVersion() >= 160000 ? "system" : "/authorities.pem");
  EXPECT_EQ(of(t, "sslmode"), "verify-full");
  EXPECT_NE(error("postgresql://h/d?sslrootcert=system&sslmode=require").find("verify-full"), std::string::npos);
  EXPECT_EQ(of(parsed("postgresql://h/d?sslrootcert=/mine.pem&sslmode=verify-ca"), "sslrootcert"), "/mine.pem");
}

TEST(ConnectionUrl, UnknownParameters_AreIgnoredWithAWarning) {
  const auto t = parsed("postgresql://h/d?supa=base-pooler.x&aplication_name=y&load_balance_hosts=random");
  ASSERT_EQ(t.warnings.size(), PQlibVersion() < 160000 ? 3U : 2U);
  EXPECT_NE(t.warnings[0].find("did you mean 'application_name'"), std::string::npos) << t.warnings[0];
  EXPECT_EQ(of(t, "supa"), "-");
}

TEST(ConnectionUrl, SearchPathsOfOtherTools_AreKept) {
  const auto t = parsed("postgresql://h/d?currentSchema=app,%22Other%20One%22");
  EXPECT_EQ(t.search_path, (std::vector<std::string>{"app", "Other One"}));
  EXPECT_EQ(t.schema, "");
}

TEST(ConnectionUrl, Poolers_AreRecognised) {
  const auto pooled = [](const std::string& authority) { return parsed("postgresql://u@" + authority + "/d").pooled; };
  EXPECT_TRUE(pooled("ep-cool-name-123-pooler.us-east-2.aws.neon.tech"));
  EXPECT_FALSE(pooled("ep-cool-name-123.us-east-2.aws.neon.tech"));
  EXPECT_TRUE(pooled("aws-0-eu-west-1.pooler.supabase.com:6543"));
  EXPECT_FALSE(pooled("aws-0-eu-west-1.pooler.supabase.com:5432"));
  EXPECT_FALSE(pooled("aws-0-eu-west-1.pooler.supabase.com"));
  EXPECT_TRUE(pooled("db.abc.supabase.co:6543"));
  EXPECT_TRUE(pooled("pooled.db.prisma.io"));
  EXPECT_FALSE(pooled("db.prisma.io"));
}

TEST(LoadLibpq, LibraryThatIsNotThere_IsAMistakeOfTheMachineWithThePackage) {
  const auto api = load_libpq_from("libpq-of-nobody.so.5");
  ASSERT_FALSE(api.ok());
  EXPECT_EQ(api.error().code, base::Status::config);
  EXPECT_NE(api.error().message.find("libpq-of-nobody.so.5"), std::string::npos);
  EXPECT_NE(api.error().hint.find("libpq5"), std::string::npos);
}

TEST(LoadLibpq, LibraryWithoutTheFunctions_IsNotTaken) {
  const auto api = load_libpq_from("libc.so.6");
  ASSERT_FALSE(api.ok());
  EXPECT_NE(api.error().message.find("PQ"), std::string::npos) << api.error().message;
}

}  // namespace
}  // namespace tidegate::services::db
