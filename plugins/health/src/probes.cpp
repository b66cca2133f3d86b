// SPDX-License-Identifier: Apache-2.0
#include "probes.hpp"

#include <nlohmann/json.hpp>
#include <optional>

#include "json_pointer.hpp"

namespace tidegate::health {
namespace {

using sdk::Error;
using sdk::Result;
using sdk::Status;
using sdk::Verdict;

constexpr std::size_t kShown = 100;  // of what was found instead of the expected

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

/// The beginning of a foreign text, on one line and ending with a whole character.
std::string excerpt(std::string_view text) {
  std::size_t size = std::min(text.size(), kShown);
  while (size < text.size() && size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) --size;
  std::string out(text.substr(0, size));
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return size < text.size() ? out + "…" : out;
}

std::optional<std::string> header(const sdk::HttpResponse& answer, std::string_view name) {
  for (const std::string_view line : answer.headers) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || lower(line.substr(0, colon)) != lower(name)) continue;
    const auto begin = line.find_first_not_of(" \t", colon + 1);
    return begin == std::string_view::npos ? std::string{} : std::string(line.substr(begin));
  }
  return std::nullopt;
}

Result<Probe> read_probe(const sdk::Host& host, std::uint32_t number) {
  const std::string path = "http." + std::to_string(number) + ".";
  const std::string which = "the HTTP probe " + std::to_string(number + 1);
  Probe out;
  out.url = host.text(path + "url");
  out.contains = host.text(path + "contains");
  out.status = host.integer(path + "status", out.status);
  out.timeout_ms = host.integer(path + "timeout", out.timeout_ms);
  const std::string scheme = lower(out.url.substr(0, 8));
  if (!scheme.starts_with("http://") && scheme != "https://")
    return Error{Status::config, which + " has a URL that starts with neither https:// nor http://",
                 "write the scheme in front of a variable that has only the host: \"https://${VERCEL_URL}/api/healthz\""};
  const auto wrong_pointer = [&](const std::string& pointer) {
    return Error{Status::config, which + ": '" + pointer + "' is not a JSON pointer",
                 "write it like \"/build/commit\" or \"/checks/0/name\""};
  };
  for (std::uint32_t i = 0, n = host.count(path + "json"); i < n; ++i) {
    const std::string at = path + "json." + std::to_string(i) + ".";
    out.json.push_back({host.text(at + "pointer"), host.text(at + "equals")});
    if (!is_pointer(out.json.back().pointer)) return wrong_pointer(out.json.back().pointer);
  }
  if (host.count(path + "version") != 0) {
    const auto pointer = host.setting(path + "version.pointer");
    out.version_pointer = host.text(path + "version.pointer");
    out.version_header = host.text(path + "version.header");
    out.version = host.text(path + "version.equals");
    if (pointer.has_value() == !out.version_header.empty())
      return Error{Status::config, which + ": 'version' needs either 'pointer' or 'header'",
                   "say where the application reports its version"};
    if (!is_pointer(out.version_pointer)) return wrong_pointer(out.version_pointer);
  }
  const auto* config = host.table<tg_config_v1>(TG_CONFIG);
  tg_str name{};
  for (std::uint32_t i = 0; config != nullptr && config->key_at(host.raw(), sdk::to_abi(path + "headers"), i, &name) == TG_OK; ++i) {
    const auto value = host.setting(path + "headers." + std::string(sdk::view(name)));
    if (!value || value->type != TG_TEXT)
      return Error{Status::config, which + ": the header '" + std::string(sdk::view(name)) + "' must be text",
                   "write it as name = \"value\""};
    out.headers.push_back(std::string(sdk::view(name)) + ": " + std::string(sdk::view(value->s)));
  }
  return out;
}

constexpr const char* kLookThere = "look at what the application says of itself there, or correct the probe in the pipeline";

void judge_values(const Probe& probe, const std::string& what, const nlohmann::json& body, Findings& found) {
  for (const auto& expected : probe.json) {
    const auto value = text_at(body, expected.pointer);
    if (value == expected.equals) continue;
    found.add(Verdict::block, "http-body",
              what + " has " + (value ? "'" + excerpt(*value) + "'" : std::string("nothing")) + " at '" + expected.pointer + "'; '" +
                  excerpt(expected.equals) + "' is expected",
              kLookThere);
  }
}

void judge_version(const Probe& probe, const std::string& what, const std::optional<std::string>& value, Findings& found) {
  if (value == probe.version) return;
  const std::string where = probe.version_header.empty() ? "at '" + probe.version_pointer + "'" : "in the header " + probe.version_header;
  found.add(Verdict::block, "http-version",
            what + " reports " + (value ? "the version '" + excerpt(*value) + "'" : std::string("no version")) + " " + where + "; '" +
                excerpt(probe.version) + "' is expected",
            value ? "another deployment answers there: look at whether the new one is live"
                  : "let the application report its version there, or correct the probe");
}

}  // namespace

std::string shown_url(std::string_view url) {
  const auto scheme_end = url.find("://");
  const std::size_t begin = scheme_end == std::string_view::npos ? 0 : scheme_end + 3;
  std::string_view rest = url.substr(begin);
  rest = rest.substr(0, rest.find_first_of("?#"));
  const auto authority_end = std::min(rest.find('/'), rest.size());
  if (const auto at = rest.substr(0, authority_end).rfind('@'); at != std::string_view::npos) rest.remove_prefix(at + 1);
  return std::string(url.substr(0, begin)) + std::string(rest);
}

Result<std::vector<Probe>> read_probes(const sdk::Host& host) {
  std::vector<Probe> out;
  for (std::uint32_t i = 0, n = host.count("http"); i < n; ++i) {
    auto probe = read_probe(host, i);
    if (!probe) return probe.error();
    out.push_back(std::move(*probe));
  }
  return out;
}

void judge(const Probe& probe, const sdk::HttpResponse& answer, Findings& found) {
  const std::string what = "GET " + shown_url(probe.url);
  if (answer.code != probe.status) {
    const bool redirect = answer.code >= 300 && answer.code < 400;
    return found.add(Verdict::block, "http-status",
                     what + " answered with status " + std::to_string(answer.code) +
                         (redirect ? ", a redirect, which is not followed" : "") + "; " + std::to_string(probe.status) + " is expected",
                     redirect ? "give the address that it redirects to" : "look at the application's log");
  }
  if (!probe.contains.empty() && answer.body.find(probe.contains) == std::string::npos)
    found.add(Verdict::block, "http-body", what + " gave a body without '" + excerpt(probe.contains) + "'", kLookThere);
  const bool by_header = !probe.version_header.empty();
  if (by_header && !probe.version.empty()) judge_version(probe, what, header(answer, probe.version_header), found);
  const bool by_pointer = !by_header && !probe.version.empty();
  if (probe.json.empty() && !by_pointer) return;
  const auto body = nlohmann::json::parse(answer.body, nullptr, false);
  if (body.is_discarded()) return found.add(Verdict::block, "http-body", what + " gave a body that is not JSON", kLookThere);
  judge_values(probe, what, body, found);
  if (by_pointer) judge_version(probe, what, text_at(body, probe.version_pointer), found);
}

Result<void> run_probes(const sdk::Host& host, const std::vector<Probe>& probes, Findings& found) {
  for (const auto& probe : probes) {
    sdk::HttpRequest request;
    request.url = probe.url;
    request.headers = probe.headers;
    request.timeout_ms = probe.timeout_ms;
    const auto answer = host.http(request);
    if (answer) {
      judge(probe, *answer, found);
      continue;
    }
    Error error = answer.error();
    const std::string what = "GET " + shown_url(probe.url);
    if (error.code == Status::unavailable || error.code == Status::failed) {
      found.add(Verdict::block, "http-unreachable", what + " was not answered: " + error.message,
                error.hint.empty() ? "look at whether the application runs" : error.hint);
      continue;
    }
    error.message = what + ": " + error.message;
    return error;
  }
  return {};
}

}  // namespace tidegate::health
