// SPDX-License-Identifier: Apache-2.0
//
// FakeHost: every service that a stage may ask for, answering as the test says and remembering what it was told. Lives
// as long as the stage that is tested; log and control may be used from the stage's own threads, the rest from one.
#pragma once
#include <atomic>
#include <concepts>
#include <map>
#include <mutex>
#include <set>

#include "fake_db.hpp"
#include "fake_process.hpp"

namespace tidegate::sdk::testing {

class HttpAnswer : public Answer<HttpAnswer> {
 public:
  HttpAnswer& answers(std::int32_t code, std::string body = {}, std::vector<std::string> headers = {}) {
    response_ = {code, 1, std::move(headers), std::move(body)};
    return *this;
  }
  /// As the host reads it from a Retry-After header.
  HttpAnswer& asks_to_wait(std::int64_t ms) {
    response_.retry_after_ms = ms;
    return *this;
  }
  HttpAnswer& fails(Status status, std::string message) {
    error_ = Error{status, std::move(message)};
    return *this;
  }

 private:
  friend class FakeHost;
  HttpResponse response_{200, 1, {}, {}, -1};
  std::optional<Error> error_;
};

class AskAnswer : public Answer<AskAnswer> {
 public:
  AskAnswer& answers(std::string json) {
    json_ = std::move(json);
    return *this;
  }
  AskAnswer& fails(Status status, std::string message) {
    error_ = Error{status, std::move(message)};
    return *this;
  }

 private:
  friend class FakeHost;
  std::string json_ = "{}";
  std::optional<Error> error_;
};

class FakeHost : public tg_host {
 public:
  struct Logged {
    std::int32_t level;
    std::string message;
  };
  struct Event {
    std::string type, fields_json;
  };
  struct Progress {
    std::uint64_t done, total;
    std::string what;
  };
  struct Asked {
    std::string extension, method, arguments_json;
  };

  FakeHost() : tg_host{sizeof(tg_host), TG_ABI_MINOR, &on_service} {}
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;

  // ---- what the stage finds
  FakeHost& set(std::string_view path, std::string_view text) { return assign(path, std::string(text)); }
  FakeHost& set(std::string_view path, const char* text) { return assign(path, std::string(text)); }
  FakeHost& set(std::string_view path, const std::vector<std::string>& list) { return assign(path, list); }
  FakeHost& set(std::string_view path, std::initializer_list<const char*> list) {
    return assign(path, std::vector<std::string>(list.begin(), list.end()));
  }
  FakeHost& set(std::string_view path, std::same_as<bool> auto value) { return assign(path, value); }
  FakeHost& set(std::string_view path, std::integral auto value) requires(!std::same_as<decltype(value), bool>) {
    return assign(path, static_cast<std::int64_t>(value));
  }
  FakeHost& set(std::string_view path, std::floating_point auto value) { return assign(path, static_cast<double>(value)); }
  /// A setting of type secret: config denies it, secrets gives it.
  FakeHost& set_secret(std::string_view path, std::string value) {
    auto& node = settings_.make(path);
    node.assign(std::move(value));
    node.hide();
    return *this;
  }
  /// A value that an earlier stage published, by its full key: "environment.name".
  FakeHost& set_context(std::string key, std::string value) {
    context_[std::move(key)] = std::move(value);
    return *this;
  }
  /// The service is not granted: asking for it gives nothing.
  FakeHost& deny(std::string id) {
    denied_.insert(std::move(id));
    return *this;
  }
  FakeDb& db() { return db_; }
  /// What sessions of tidegate.scratch/1 see: the same one for each, as empty as the test leaves it.
  FakeDb& scratch_db() { return scratch_db_; }
  /// Says what is answered to requests whose URL contains the text.
  HttpAnswer& on_http(std::string url) { return http_.on(std::move(url)); }
  /// Says what another stage answers, like on_ask(TG_HISTORY, "list").
  AskAnswer& on_ask(const std::string& extension, const std::string& method) { return asks_.on(extension + ' ' + method); }
  /// Says what becomes of programs whose command line, words joined by blanks, contains the text.
  ProcessAnswer& on_program(std::string command) { return programs_.on(std::move(command)); }
  void cancel() { cancelled_ = true; }
  /// The nth wait from now is cut short by a cancellation.
  void cancel_at_wait(unsigned nth) { cancel_at_wait_ = nth; }
  /// Time left; waits use it up. Default: no deadline.
  void set_remaining_ms(std::int64_t ms) { remaining_ms_ = ms; }

  // ---- what the stage did
  [[nodiscard]] const std::map<std::string, std::string>& published() const { return published_; }
  [[nodiscard]] std::vector<Logged> logged() const { return locked(logged_); }
  /// All log messages, one a line.
  [[nodiscard]] std::string log_text() const {
    std::string out;
    for (const auto& l : logged()) out += l.message + '\n';
    return out;
  }
  [[nodiscard]] std::vector<Event> events() const { return locked(events_); }
  [[nodiscard]] std::vector<Progress> progress() const { return locked(progress_); }
  [[nodiscard]] std::vector<std::int64_t> waits() const { return locked(waits_); }  ///< asked for, not slept
  [[nodiscard]] unsigned changes_announced() const { return changing_; }
  [[nodiscard]] const std::vector<HttpRequest>& requests() const { return requests_; }
  [[nodiscard]] const std::vector<Asked>& asked() const { return asked_; }
  [[nodiscard]] const std::vector<FakePrograms::Started>& programs() const { return programs_.started(); }

 private:
  friend struct FakeServices;
  template <class T>
  T locked(const T& list) const {
    const std::lock_guard lock(mutex_);
    return list;
  }
  template <class T>
  FakeHost& assign(std::string_view path, const T& value) {
    settings_.make(path).assign(value);
    return *this;
  }
  static FakeHost& of(const tg_host* raw) { return *const_cast<FakeHost*>(static_cast<const FakeHost*>(raw)); }
  static inline const void* on_service(const tg_host* raw, const char* id);
  std::int32_t wait(std::int64_t ms) {
    const std::lock_guard lock(mutex_);
    waits_.push_back(ms);
    if (cancel_at_wait_ != 0 && --cancel_at_wait_ == 0) cancelled_ = true;
    if (remaining_ms_ != std::numeric_limits<std::int64_t>::max()) remaining_ms_ = remaining_ms_ > ms ? remaining_ms_ - ms : 0;
    return cancelled_ || remaining_ms_ <= 0 ? 1 : 0;
  }
  tg_status http(const tg_http_request& in, void* user, tg_on_http take, tg_report* report) {
    HttpRequest request{
        std::string(view(in.method)), std::string(view(in.url)), std::string(view(in.body)), {}, in.timeout_ms, in.attempts};
    for (std::uint32_t i = 0; i < in.header_count; ++i) request.headers.emplace_back(view(in.headers[i]));
    requests_.push_back(request);
    const auto* answer = http_.answer(request.url);
    if (answer == nullptr) return report_to(report, Error{Status::internal, "FakeHost has no answer for a request to " + request.url});
    if (answer->error_) return report_to(report, *answer->error_);
    std::vector<tg_str> headers;
    for (const auto& h : answer->response_.headers) headers.push_back(to_abi(h));
    const tg_http_response raw{sizeof(tg_http_response), answer->response_.code,        static_cast<std::uint32_t>(headers.size()), 1,
                               headers.data(),           to_abi(answer->response_.body),       answer->response_.retry_after_ms};
    take(user, &raw);
    return TG_OK;
  }
  tg_status ask(Asked question, void* user, tg_take take, tg_report* report) {
    asked_.push_back(question);
    const auto* answer = asks_.answer(question.extension + ' ' + question.method);
    if (answer == nullptr) return report_to(report, Error{Status::not_found, "no stage of this pipeline offers " + question.extension});
    if (answer->error_) return report_to(report, *answer->error_);
    take(user, to_abi(answer->json_));
    return TG_OK;
  }

  mutable std::mutex mutex_;  // guards what log and control touch, which any thread may use
  SettingNode settings_;
  std::map<std::string, std::string> context_, published_;
  std::set<std::string, std::less<>> denied_;
  FakeDb db_, scratch_db_;
  Script<HttpAnswer> http_;
  Script<AskAnswer> asks_;
  FakePrograms programs_;
  std::vector<HttpRequest> requests_;
  std::vector<Asked> asked_;
  std::vector<Logged> logged_;
  std::vector<Event> events_;
  std::vector<Progress> progress_;
  std::vector<std::int64_t> waits_;
  std::atomic<bool> cancelled_{false};
  std::atomic<std::int64_t> remaining_ms_{std::numeric_limits<std::int64_t>::max()};
  std::atomic<unsigned> changing_{0};
  unsigned cancel_at_wait_ = 0;
};

}  // namespace tidegate::sdk::testing

#include "fake_services.hpp"
