// SPDX-License-Identifier: Apache-2.0
//
// HttpListener: answers HTTP requests on one address, all connections in one poll loop on one thread, each with a limit of
// size and time. Its own rather than a library's: docs/decisions/0005-own-http-listener.md. Owned by `serve`.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "cli/http_message.hpp"

namespace tidegate::cli {

class HttpListener {
 public:
  struct Limits {
    std::size_t connections = 64;  ///< more are answered with 503
    std::chrono::milliseconds request{5'000};  ///< from accepting to the end of the head
    std::chrono::milliseconds answer{5'000};   ///< for sending it
    std::chrono::milliseconds ending{2'000};   ///< for what is under way when it is told to stop
  };
  /// Host: a name or an address, IPv6 in brackets or not. Port 0: any. config errors.
  static base::Result<std::unique_ptr<HttpListener>> bind(const std::string& host, int port, Limits limits);
  ~HttpListener();
  HttpListener(const HttpListener&) = delete;
  HttpListener& operator=(const HttpListener&) = delete;

  /// Only this machine reaches it.
  [[nodiscard]] bool is_loopback() const;
  /// "127.0.0.1:8080"
  [[nodiscard]] std::string address() const;

  /// nullopt: the answer is not there yet; asked again after wake(). `waited`: since the request was whole.
  using Answer = std::function<std::optional<HttpAnswer>(const HttpRequest& request, std::chrono::milliseconds waited)>;
  struct Served {
    std::string client, method, path;  ///< "" when there was no request
    int code = 0;
    std::chrono::milliseconds took{0};
  };
  /// Until `stop` is readable and what is under way has ended, or its time has.
  void serve(int stop, const Answer& answer, const std::function<void(const Served&)>& served);
  /// Any thread.
  void wake();

 private:
  struct Impl;
  explicit HttpListener(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate::cli
