// SPDX-License-Identifier: Apache-2.0
#include "services/db/text_form.hpp"

#include <algorithm>
#include <optional>

#include "base/text.hpp"

namespace tidegate::services::db {
namespace {

using base::Error;
using base::Result;
using base::Status;

constexpr const char* kEncodeHint =
    "in a URL, the characters / ? # @ : % and blanks of a user name or password have to be written percent-encoded (%2F %3F %23 %40 %3A "
    "%25 %20)";

Error malformed(const std::string& what) {
  return {Status::config, "the connection URL is malformed: " + what, kEncodeHint};
}

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size() || hex(text[i + 1]) < 0 || hex(text[i + 2]) < 0) return std::nullopt;
    const int byte = hex(text[i + 1]) * 16 + hex(text[i + 2]);
    if (byte == 0) return std::nullopt;
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

bool is_port(std::string_view text) {
  return text.size() <= 5 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

class Url {
 public:
  explicit Url(std::string_view rest) : rest_(rest) {}

  Result<Written> read() {
    const auto authority = rest_.substr(0, rest_.find_first_of("/?"));
    rest_.remove_prefix(authority.size());
    const auto at = authority.rfind('@');  // the last one: a password may hold others
    if (at != std::string_view::npos) take_user(authority.substr(0, at));
    take_hosts(at == std::string_view::npos ? authority : authority.substr(at + 1));
    const bool path = rest_.starts_with('/');
    if (path) {
      const auto name = rest_.substr(1, rest_.find('?') == std::string_view::npos ? std::string_view::npos : rest_.find('?') - 1);
      rest_.remove_prefix(1 + name.size());
      // "u:12/34@host/db": the piece before the @ is most likely the rest of a password with a '/' in it.
      if (name.find('@') != std::string_view::npos) fail("there is an @ behind the /");
      put("dbname", name, "the database's name");
    }
    // "u:12?34=@host/db": the piece behind the ? is most likely the rest of a password.
    const bool no_path = rest_.starts_with('?') && authority.find(':') != std::string_view::npos && !path;
    if (no_path && rest_.find('@') != std::string_view::npos) fail("there is an @ behind the ?");
    if (rest_.starts_with('?')) take_parameters(rest_.substr(1));
    if (failure_) return *failure_;
    return std::move(out_);
  }

 private:
  void fail(const std::string& what) {
    if (!failure_) failure_ = malformed(what);
  }
  void put(const std::string& name, std::string_view value, const std::string& what) {
    if (value.empty()) return;
    if (auto text = decoded(value))
      out_.parameters.emplace_back(name, std::move(*text));
    else
      fail("there is a bad %-escape in " + what);
  }
  void take_user(std::string_view text) {
    const auto colon = text.find(':');
    put("user", text.substr(0, colon), "the user name");
    if (colon == std::string_view::npos) return;
    out_.password_as_written = text.substr(colon + 1);
    put("password", out_.password_as_written, "the password");
  }
  void take_hosts(std::string_view text) {
    std::string hosts, ports;
    bool any_port = false;
    for (const auto& entry : base::split(text, ',')) {
      std::string_view host = entry, port;
      if (host.starts_with('[')) {
        const auto close = host.find(']');
        if (close == std::string_view::npos) return fail("the [ of an IPv6 address is not closed");
        port = host.substr(close + 1);
        host = host.substr(1, close - 1);
        if (!port.empty() && !port.starts_with(':')) return fail("something follows the ] of an IPv6 address");
      } else if (const auto colon = host.find(':'); colon != std::string_view::npos) {
        port = host.substr(colon);
        host = host.substr(0, colon);
      }
      if (!port.empty()) port.remove_prefix(1);
      if (!is_port(port)) return fail("what stands where the port should be is not a number");
      const auto name = decoded(host);
      if (!name) return fail("there is a bad %-escape in the host");
      if (!first_) hosts += ',', ports += ',';
      first_ = false;
      hosts += *name;
      ports += port;
      any_port = any_port || !port.empty();
    }
    if (hosts.find_first_not_of(',') != std::string::npos) out_.parameters.emplace_back("host", hosts);
    if (any_port) out_.parameters.emplace_back("port", ports);
  }
  void take_parameters(std::string_view text) {
    for (const auto& entry : base::split(text, '&')) {
      if (entry.empty()) continue;
      const auto equals = entry.find('=');
      const auto name = decoded(std::string_view(entry).substr(0, equals));
      // Not a name: most likely a piece of a password with a '?' in it, so it is not repeated.
      const bool plain =
          name && !name->empty() && std::all_of(name->begin(), name->end(), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
          });
      if (!plain || equals == std::string::npos) return fail("what follows the ? is not a list of name=value");
      auto value = decoded(std::string_view(entry).substr(equals + 1));
      if (!value) return fail("there is a bad %-escape in the value of a parameter");
      if (*name == "password") out_.password_as_written = entry.substr(equals + 1);
      out_.parameters.emplace_back(*name, std::move(*value));
    }
  }

  std::string_view rest_;
  Written out_;
  std::optional<Error> failure_;
  bool first_ = true;
};

/// libpq's "name = value" list with 'quoted values' and backslashes.
Result<Written> read_keywords(std::string_view text) {
  const auto wrong = [] {
    return Error{Status::config, "the connection is neither a postgresql:// URL nor a list of name=value",
                 "write it as postgresql://user:password@host:5432/database"};
  };
  Written out;
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  for (std::size_t i = 0;;) {
    while (i < text.size() && blank(text[i])) ++i;
    if (i == text.size()) break;
    const auto start = i;
    while (i < text.size() && !blank(text[i]) && text[i] != '=') ++i;
    std::string name(text.substr(start, i - start));
    while (i < text.size() && blank(text[i])) ++i;
    const bool is_name =
        !name.empty() && name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == std::string::npos;
    if (!is_name || i == text.size() || text[i] != '=') return wrong();
    for (++i; i < text.size() && blank(text[i]);) ++i;
    std::string value;
    const bool quoted = i < text.size() && text[i] == '\'';
    if (quoted) ++i;
    for (; i < text.size() && (quoted ? text[i] != '\'' : !blank(text[i])); ++i) {
      if (text[i] == '\\' && i + 1 < text.size()) ++i;
      value += text[i];
    }
    if (quoted && i++ == text.size()) return wrong();
    out.parameters.emplace_back(std::move(name), std::move(value));
  }
  if (out.parameters.empty()) return wrong();
  return out;
}

std::string_view scheme_of(std::string_view text) {
  const auto end = text.find(':');
  if (end == std::string_view::npos || end == 0) return {};
  const auto scheme = text.substr(0, end);
  const bool plain = std::all_of(scheme.begin(), scheme.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
  });
  return plain && (text.substr(end).starts_with("://") || scheme == "file") ? scheme : std::string_view{};
}

}  // namespace

Result<Written> take_apart(const std::string& text) {
  if (text.empty()) return Error{Status::config, "the connection is empty", "write it as postgresql://user:password@host:5432/database"};
  const auto scheme = base::to_lower(scheme_of(text));
  if (scheme.empty()) return read_keywords(text);
  if (scheme == "postgres" || scheme == "postgresql") return Url(std::string_view(text).substr(scheme.size() + 3)).read();
  if (scheme == "prisma" || scheme == "prisma+postgres")
    return Error{Status::config, "a " + scheme + ":// URL leads to Prisma's own service, which does not speak PostgreSQL's protocol",
                 "use the direct URL of the database, which begins with postgres:// (for Prisma Postgres, the one on db.prisma.io; often "
                 "in DIRECT_URL)"};
  if (scheme.starts_with("postgres"))
    return Error{Status::config, "the scheme " + scheme + ":// is that of one driver", "begin the URL with postgresql:// instead"};
  return Error{Status::config, "the scheme " + scheme + " is not PostgreSQL's",
               "tidegate works on PostgreSQL: postgresql://user:password@host:5432/database"};
}

}  // namespace tidegate::services::db
