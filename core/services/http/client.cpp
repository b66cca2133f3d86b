// SPDX-License-Identifier: Apache-2.0
#include "services/http/client.hpp"

#include <algorithm>
#include <cctype>
#include <memory>
#include <optional>

#include "base/text.hpp"
#include "services/authorities.hpp"
#include "services/http/curl.hpp"
#include "services/http/retry.hpp"

namespace tidegate::services::http {
namespace {

using base::Error;
using base::Status;
using std::chrono::milliseconds;

constexpr std::size_t kMaxHeaderBytes = 256 * 1024;

/// What went wrong in one try, and whether another may help.
struct TryError {
  Error error;
  bool again = false;
};

/// One try: owns libcurl's handles and collects the answer.
class Try {
 public:
  explicit Try(const Curl& curl) : curl_(curl) {}
  ~Try() {
    if (multi_ != nullptr && easy_ != nullptr) curl_.multi_remove_handle(multi_, easy_);
    if (easy_ != nullptr) curl_.easy_cleanup(easy_);
    if (multi_ != nullptr) curl_.multi_cleanup(multi_);
    if (list_ != nullptr) curl_.slist_free_all(list_);
  }
  Try(const Try&) = delete;
  Try& operator=(const Try&) = delete;

  std::optional<TryError> run(const Request& request, const Interruption& interruption, Response& response);

 private:
  template <class Value>
  void set(CURLoption option, Value value) {
    failed_option_ = failed_option_ || curl_.easy_setopt(easy_, option, value) != CURLE_OK;
  }
  bool add_header(const std::string& line);
  std::optional<TryError> prepare(const Request& request, milliseconds timeout);
  std::optional<TryError> conclude(CURLcode code, const Request& request, milliseconds timeout) const;

  static std::size_t on_body(char* data, std::size_t one, std::size_t count, void* self) noexcept;
  static std::size_t on_header(char* data, std::size_t one, std::size_t count, void* self) noexcept;

  const Curl& curl_;
  CURL* easy_ = nullptr;
  CURLM* multi_ = nullptr;
  curl_slist* list_ = nullptr;
  Response* response_ = nullptr;
  std::size_t max_body_ = 0;
  std::size_t header_bytes_ = 0;
  bool body_is_full_ = false;
  bool failed_option_ = false;
};

std::size_t Try::on_body(char* data, std::size_t one, std::size_t count, void* self) noexcept {
  auto& t = *static_cast<Try*>(self);
  try {
    const std::size_t size = one * count;
    const std::size_t room = t.max_body_ - t.response_->body.size();
    t.response_->body.append(data, std::min(size, room));
    t.body_is_full_ = size > room;
    return t.body_is_full_ ? 0 : size;  // anything but `size` ends the transfer
  } catch (...) {
    return 0;
  }
}

std::size_t Try::on_header(char* data, std::size_t one, std::size_t count, void* self) noexcept {
  auto& t = *static_cast<Try*>(self);
  try {
    const std::size_t size = one * count;
    const auto line = base::trim({data, size});
    t.header_bytes_ += size;
    if (t.header_bytes_ > kMaxHeaderBytes) return 0;
    if (line.substr(0, 5) == "HTTP/")
      t.response_->headers.clear();  // an interim answer came before
    else if (!line.empty())
      t.response_->headers.emplace_back(line);
    return size;
  } catch (...) {
    return 0;
  }
}

bool Try::add_header(const std::string& line) {
  curl_slist* longer = curl_.slist_append(list_, line.c_str());
  if (longer == nullptr) return false;
  list_ = longer;
  return true;
}

std::optional<TryError> Try::prepare(const Request& request, milliseconds timeout) {
  const TryError out_of_memory{Error{Status::internal, "the HTTP request could not be prepared"}};
  easy_ = curl_.easy_init();
  multi_ = curl_.multi_init();
  if (easy_ == nullptr || multi_ == nullptr) return out_of_memory;

  bool has_type = false;
  for (const auto& header : request.headers) {
    const auto name = base::to_lower(std::string_view(header).substr(0, header.find(':')));
    has_type = has_type || base::trim(name) == "content-type";
    if (!add_header(header)) return out_of_memory;
  }
  if (!has_type && !add_header("Content-Type:")) return out_of_memory;  // libcurl would claim a form
  if (!add_header("Expect:")) return out_of_memory;                     // no round trip before a large body

  set(CURLOPT_URL, request.url.c_str());
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  if (request.url.starts_with("https:")) {
    const auto authorities = kCurlKnowsAuthorities ? base::process_environment()("SSL_CERT_FILE") : authorities_file();
    if (!authorities && !kCurlKnowsAuthorities)
      return TryError{Error{Status::failed, "no trusted TLS connection is possible: no certificate authorities were found on this system", kNoAuthorities}};
    if (authorities) set(CURLOPT_CAINFO, authorities->c_str());
  }
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
  set(CURLOPT_USERAGENT, "tidegate");
  set(CURLOPT_HTTPHEADER, list_);
  const bool has_body = !request.body.empty() || request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if (has_body) {
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(CURLOPT_POSTFIELDS, request.body.c_str());
  }
  if (request.method == "HEAD") set(CURLOPT_NOBODY, 1L);
  set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  set(CURLOPT_WRITEFUNCTION, &Try::on_body);
  set(CURLOPT_WRITEDATA, this);
  set(CURLOPT_HEADERFUNCTION, &Try::on_header);
  set(CURLOPT_HEADERDATA, this);
  if (failed_option_) return TryError{Error{Status::config, "the HTTP request could not be prepared: libcurl refuses one of its parts"}};
  // Newer than the oldest libcurl that works here, and not needed for safety: the scheme was checked before.
  curl_.easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_.easy_setopt(easy_, CURLOPT_QUICK_EXIT, 1L);  // a name lookup that hangs does not hold up the end
  if (curl_.multi_add_handle(multi_, easy_) != CURLM_OK) return out_of_memory;
  return std::nullopt;
}

std::optional<TryError> Try::conclude(CURLcode code, const Request& request, milliseconds timeout) const {
  if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && body_is_full_)) return std::nullopt;
  const std::string why = curl_.easy_strerror(code);  // general words: the detailed ones name the URL
  curl_off_t connected_us = 0;
  curl_.easy_getinfo(easy_, CURLINFO_PRETRANSFER_TIME_T, &connected_us);
  const bool nothing_sent = connected_us == 0;
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
      return TryError{Error{Status::unavailable, "the HTTP server could not be reached: " + why,
                            "check the address, and that this machine may connect to it"},
                      true};
    case CURLE_OPERATION_TIMEDOUT:
      if (timeout < request.try_timeout)
        return TryError{Error{Status::deadline, "the HTTP request did not end before the stage's deadline"}};
      return TryError{
          Error{Status::unavailable, std::string("the HTTP server did not ") + (nothing_sent ? "accept the connection" : "answer") +
                                         " within " + base::format_duration(timeout)},
          nothing_sent || idempotent(request.method)};
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
      return TryError{Error{Status::unavailable, "the connection to the HTTP server was lost: " + why},
                      nothing_sent || idempotent(request.method)};
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
      return TryError{Error{
          Status::failed, "no trusted TLS connection to the HTTP server: " + why,
          "the certificate must be valid for the host name and signed by an authority that this machine trusts (package ca-certificates)"}};
    case CURLE_URL_MALFORMAT:
      return TryError{Error{Status::config, "the URL of the HTTP request is malformed"}};
    default:
      return TryError{Error{Status::failed, "the HTTP request failed: " + why}};
  }
}

std::optional<TryError> Try::run(const Request& request, const Interruption& interruption, Response& response) {
  response_ = &response;
  max_body_ = request.max_body;
  const milliseconds timeout{
      std::clamp<std::int64_t>(std::min<std::int64_t>(request.try_timeout.count(), request.deadline.remaining_ms()), 1, 86'400'000)};
  if (auto error = prepare(request, timeout)) return error;
  for (;;) {
    if (interruption.triggered()) return TryError{Error{Status::cancelled, "the HTTP request was interrupted"}};
    int running = 0;
    if (curl_.multi_perform(multi_, &running) != CURLM_OK) break;
    int left = 0;
    if (const CURLMsg* message = curl_.multi_info_read(multi_, &left); message != nullptr && message->msg == CURLMSG_DONE) {
      if (auto error = conclude(message->data.result, request, timeout)) return error;
      long code = 0;
      curl_.easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &code);
      response.code = static_cast<std::int32_t>(code);
      return std::nullopt;
    }
    if (running == 0) break;
    curl_waitfd stop{interruption.fd(), CURL_WAIT_POLLIN, 0};
    if (curl_.multi_poll(multi_, &stop, 1, static_cast<int>(std::min<std::int64_t>(timeout.count(), 1'000)), nullptr) != CURLM_OK) break;
  }
  return TryError{Error{Status::internal, "the HTTP request failed inside libcurl"}};
}

bool is_token(std::string_view text) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";  // RFC 9110, 5.6.2
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || others.find(c) != std::string_view::npos;
  });
}

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; });
}

std::optional<Error> check(const Request& request) {
  const std::string scheme = base::to_lower(std::string_view(request.url).substr(0, 8));
  if (scheme != "https://" && scheme.substr(0, 7) != "http://")
    return Error{Status::config, "the URL of the HTTP request starts with neither https:// nor http://",
                 "write the whole URL, its scheme included"};
  if (has_control_character(request.url))
    return Error{Status::config, "the URL of the HTTP request has a control character, a line break perhaps"};
  if (!is_token(request.method)) return Error{Status::config, "the method of the HTTP request is not a word such as GET or POST"};
  for (const auto& header : request.headers) {
    const auto colon = header.find(':');
    if (colon == std::string::npos || !is_token(std::string_view(header).substr(0, colon)))
      return Error{Status::config, "a header of the HTTP request is not of the form 'Name: value'"};
    if (has_control_character(header))
      return Error{Status::config,
                   "the header " + header.substr(0, colon) + " of the HTTP request has a control character, a line break perhaps"};
  }
  return std::nullopt;
}

/// How long to wait before the next try; nullopt when there is none.
std::optional<milliseconds> next_wait(const Request& request, std::uint32_t attempt, const Response& response) {
  if (attempt >= request.attempts) return std::nullopt;
  auto wait = backoff(request.first_backoff, attempt);
  if (const auto asked = retry_after(response.headers, std::chrono::system_clock::now())) {
    if (*asked > kLongestRetryAfter) return std::nullopt;
    wait = std::max(wait, *asked);
  }
  if (wait.count() >= request.deadline.remaining_ms()) return std::nullopt;
  return wait;
}

}  // namespace

base::Result<Response> send(const Request& request, const Interruption& interruption) {
  if (auto error = check(request)) return *error;
  if (!curl()) return curl().error();
  for (std::uint32_t attempt = 1;; ++attempt) {
    if (request.deadline.over()) return Error{Status::deadline, "no time is left for the HTTP request"};
    Response response;
    const auto error = Try(*curl()).run(request, interruption, response);
    response.attempts = attempt;
    const bool again = error ? error->again : retry_code(response.code);
    const auto wait = again ? next_wait(request, attempt, response) : std::nullopt;
    if (!wait) {
      if (!error) return response;
      Error last = error->error;
      if (attempt > 1) last.message += " (after " + std::to_string(attempt) + " tries)";
      return last;
    }
    if (interruption.wait_for(*wait)) return Error{Status::cancelled, "the HTTP request was interrupted"};
  }
}

}  // namespace tidegate::services::http
