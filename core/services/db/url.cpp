// SPDX-License-Identifier: Apache-2.0
#include "services/db/url.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <set>

#include "base/text.hpp"
#include "services/authorities.hpp"
#include "services/db/libpq.hpp"
#include "services/db/text_form.hpp"

namespace tidegate::services::db {
namespace {

using base::Error;
using base::Result;
using base::Status;

/// What Prisma takes and what has no meaning for one connection of one run.
const std::set<std::string, std::less<>> kOfPrisma = {"connection_limit",     "pool_timeout",           "socket_timeout",
                                                      "statement_cache_size", "single_use_connections", "max_idle_connection_lifetime"};
/// Of newer libpq than the one this may run with.
const std::set<std::string, std::less<>> kOfNewerLibpq = {"sslnegotiation",
                                                          "load_balance_hosts",
                                                          "require_auth",
                                                          "sslcertmode",
                                                          "min_protocol_version",
                                                          "max_protocol_version",
                                                          "sslkeylogfile",
                                                          "oauth_issuer",
                                                          "oauth_client_id",
                                                          "oauth_scope",
                                                          "oauth_client_secret",
                                                          "scram_client_key",
                                                          "scram_server_key",
                                                          "ssl_min_protocol_version",
                                                          "ssl_max_protocol_version",
                                                          "sslcrldir",
                                                          "sslsni",
                                                          "gssdelegation",
                                                          "servicefile"};

/// The names that this very libpq takes, with its defaults (environment included).
std::map<std::string, std::string, std::less<>> libpq_defaults() {
  std::map<std::string, std::string, std::less<>> out;
  const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> options(libpq().PQconndefaults(), libpq().PQconninfoFree);
  for (const auto* option = options.get(); option != nullptr && option->keyword != nullptr; ++option)
    out[option->keyword] = option->val != nullptr ? option->val : "";
  return out;
}

/// The certificate authorities that the system trusts; libpq before 16 has no word for them, and takes "system" for a file.
std::string system_authorities() {
  if (libpq().PQlibVersion() >= 160000) return "system";
  return authorities_file().value_or("");
}

std::optional<bool> boolean(std::string_view text) {
  if (text == "true" || text == "1" || text == "on" || text == "yes") return true;
  if (text == "false" || text == "0" || text == "off" || text == "no") return false;
  return std::nullopt;
}

class Translator {
 public:
  explicit Translator(Written written) : written_(std::move(written)) {
    for (auto& [name, value] : written_.parameters) given_[name] = value;  // the last one counts
  }

  Result<ConnectionTarget> translate() {
    take_schema();
    take_timeout();
    take_tls();
    take_rest();
    if (failure_) return *failure_;
    out_.password = values_["password"];
    out_.password_as_written = written_.password_as_written;
    name_target();
    if (failure_) return *failure_;
    for (auto& [name, value] : values_)
      if (!value.empty()) out_.parameters.emplace_back(name, value);
    return std::move(out_);
  }

 private:
  void fail(const std::string& what, const std::string& hint = {}) {
    if (!failure_) failure_ = Error{Status::config, "the connection's " + what, hint};
  }
  void warn(const std::string& what) { out_.warnings.push_back("the connection's " + what); }
  /// Takes a parameter out of what is left to do.
  std::optional<std::string> take(const std::string& name) {
    const auto found = given_.find(name);
    if (found == given_.end()) return std::nullopt;
    auto value = std::move(found->second);
    given_.erase(found);
    return value;
  }

  bool usable_name(const std::string& parameter, const std::string& name) {
    if (name.size() > 63)
      fail("parameter " + parameter + " is longer than the 63 bytes of a PostgreSQL name");
    else if (base::find_invalid_utf8(name))
      fail("parameter " + parameter + " is not valid UTF-8");
    else
      return true;
    return false;
  }
  void take_schema() {
    for (const char* name : {"search_path", "currentSchema"}) {  // a list, of other tools
      const auto list = take(name);
      if (!list) continue;
      out_.search_path.clear();
      for (const auto& entry : base::split(*list, ',')) {
        auto schema = base::trim(entry);
        if (schema.size() > 1 && schema.front() == '"' && schema.back() == '"') schema = schema.substr(1, schema.size() - 2);
        if (!schema.empty() && usable_name(name, std::string(schema))) out_.search_path.emplace_back(schema);
      }
    }
    const auto schema = take("schema");
    if (!schema || schema->empty() || !usable_name("schema", *schema)) return;
    out_.schema = *schema;
    out_.search_path = {*schema};
  }

  void take_timeout() {
    const auto text = take("connect_timeout");
    if (!text) return;
    int seconds = 0;
    const auto [end, problem] = std::from_chars(text->data(), text->data() + text->size(), seconds);
    if (problem != std::errc{} || end != text->data() + text->size())
      return fail("parameter connect_timeout is not a whole number of seconds");
    out_.connect_timeout = std::chrono::seconds(std::max(seconds, 0));
  }

  void take_tls() {
    const std::vector<std::string> modes = {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"};
    auto mode = take("sslmode");
    if (const auto ssl = take("ssl"); ssl && !mode) {  // JDBC, node-postgres
      const auto on = boolean(*ssl);
      if (!on && *ssl != "no-verify")
        warn("parameter ssl is neither true nor false; it is ignored");
      else
        mode = on.value_or(true) ? "require" : "disable";
    }
    if (mode == "no-verify") mode = "require";  // node-postgres
    if (mode && std::find(modes.begin(), modes.end(), *mode) == modes.end()) {
      // Prisma takes any other word for "prefer"; a misspelt "verify-full" would then go unnoticed.
      return fail("parameter sslmode is none of " + base::join_words(modes) + base::did_you_mean(*mode, modes));
    }
    // Prisma: sslcert is the server's authority, and checked only with sslaccept=strict. libpq: sslcert is the
    // client's own certificate, which comes with an sslkey.
    const bool of_libpq = given_.contains("sslkey") || given_.contains("sslrootcert");
    const auto accept = take("sslaccept");
    const bool strict = accept && *accept != "accept_invalid_certs";
    std::string authority;
    if (!of_libpq) authority = take("sslcert").value_or("");
    if (take("sslidentity")) {
      take("sslpassword");
      warn("parameter sslidentity is ignored: libpq cannot read PKCS#12 files. Give sslcert and sslkey (PEM) instead");
    }
    if (strict && mode != "disable") {
      mode = "verify-full";
      if (authority.empty() && !given_.contains("sslrootcert")) authority = system_authorities();
      if (!authority.empty()) values_["sslrootcert"] = authority;
    } else if (!authority.empty()) {
      warn("parameter sslcert is ignored, as Prisma does, since sslaccept=strict is not given: the server's certificate is not checked");
    }
    if (given_.contains("sslrootcert") ? given_["sslrootcert"] == "system" : base::process_environment()("PGSSLROOTCERT") == "system") trust_the_system(mode);
    if (mode) values_["sslmode"] = *mode;
  }

  /// As libpq 16 has it: sslrootcert=system stands for verify-full, and for nothing less.
  void trust_the_system(std::optional<std::string>& mode) {
    take("sslrootcert");
    if (!mode) mode = base::process_environment()("PGSSLMODE").value_or("verify-full");
    if (*mode != "verify-full") return fail("parameter sslrootcert=system goes with sslmode=verify-full alone, and sslmode is " + *mode);
    const auto file = system_authorities();
    if (file.empty()) return fail("parameter sslrootcert=system: no certificate authorities were found on this system", kNoAuthorities);
    values_["sslrootcert"] = file;
  }

  void take_rest() {
    if (const auto pooler = take("pgbouncer")) {
      const auto on = boolean(*pooler);
      if (!on) fail("parameter pgbouncer is neither true nor false");
      out_.pooled = on.value_or(false);
    }
    if (const auto encoding = take("client_encoding")) {
      const auto name = base::to_lower(*encoding);
      if (name != "utf8" && name != "utf-8" && name != "auto") warn("parameter client_encoding is ignored: tidegate always speaks UTF-8");
    }
    std::vector<std::string> names;
    for (const auto& [name, value] : defaults_) names.push_back(name);
    for (auto& [name, value] : given_) {
      if (kOfPrisma.contains(name)) continue;
      if (defaults_.contains(name))
        values_[name] = value;
      else if (kOfNewerLibpq.contains(name))
        warn("parameter " + name + " is ignored: it is not known to the installed libpq " + std::to_string(libpq().PQlibVersion() / 10000) +
             "." + std::to_string(libpq().PQlibVersion() % 10000));
      else if (value.find('@') != std::string::npos)  // perhaps a piece of a password with a '?' in it
        warn("parameter list has a name that is not known and is ignored; it is not repeated here, since an @ follows it");
      else
        warn("parameter " + name + " is not known and is ignored" + base::did_you_mean(name, names));
    }
  }

  [[nodiscard]] std::string effective(const std::string& name) const {
    const auto found = values_.find(name);
    if (found != values_.end() && !found->second.empty()) return found->second;
    const auto fallback = defaults_.find(name);
    return fallback != defaults_.end() ? fallback->second : "";
  }

  void name_target() {
    auto host = effective("host");
    if (host.empty()) host = effective("hostaddr");
    auto ports = effective("port");
    if (ports.empty()) ports = "5432";
    auto database = effective("dbname");
    if (database.empty()) database = effective("user");
    const auto hosts = base::split(host, ',');
    for (const auto& one : hosts)  // "@name" is an abstract socket
      if (!one.starts_with('/') && one.find('@', 1) != std::string::npos)
        return fail("host has an @ in it", "give user and password apart from it");
    if (host.find("://") != std::string::npos || database.find("://") != std::string::npos)
      return fail("host or database is a URL itself", "give one URL: postgresql://user:password@host:5432/database");
    const auto port_list = base::split(ports, ',');
    std::string where;
    for (std::size_t i = 0; i < hosts.size(); ++i) {
      auto port = port_list.size() == 1 ? port_list[0] : i < port_list.size() ? port_list[i] : "";
      if (port.empty()) port = "5432";
      const auto name = hosts[i].empty() ? "localhost" : hosts[i].find(':') != std::string::npos ? "[" + hosts[i] + "]" : hosts[i];
      where += (i == 0 ? "" : ",") + name + ":" + port;
      out_.pooled = out_.pooled || looks_pooled(base::to_lower(hosts[i]), port);
    }
    out_.display = where + "/" + database;
  }

  /// Neon: the first label ends in -pooler; Supabase: pooler.supabase.com, where 5432 is a session-mode pooler and fine;
  /// Prisma Postgres: pooled.db.prisma.io; 6543 is PgBouncer's usual port.
  static bool looks_pooled(const std::string& host, const std::string& port) {
    if (host.starts_with('/')) return false;
    if (host.ends_with("pooler.supabase.com") && port == "5432") return false;
    return host.substr(0, host.find('.')).ends_with("-pooler") || host.find("pooler.") != std::string::npos ||
           host.starts_with("pooled.") || port == "6543";
  }

  Written written_;
  std::map<std::string, std::string> given_;
  std::map<std::string, std::string> values_;
  const std::map<std::string, std::string, std::less<>> defaults_ = libpq_defaults();
  ConnectionTarget out_;
  std::optional<Error> failure_;
};

}  // namespace

Result<ConnectionTarget> parse_connection(const std::string& text) {
  if (const auto& loaded = load_libpq(); !loaded) return loaded.error();
  auto written = take_apart(std::string(base::trim(text)));
  if (!written) return std::move(written).error();
  return Translator(std::move(*written)).translate();
}

}  // namespace tidegate::services::db
