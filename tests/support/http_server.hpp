// SPDX-License-Identifier: Apache-2.0
//
// An HTTP server on a loopback port that records what it is sent and answers as told. Its own threads serve; every
// member may be called from any thread.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tidegate::test {

struct HttpAnswer {
  int code = 200;
  std::string body = {};
  std::multimap<std::string, std::string> headers = {};
};

struct HttpRecord {
  std::string method, path, body;
  std::multimap<std::string, std::string> headers;  ///< names in lower case
  /// The first value, "" when there is none.
  [[nodiscard]] std::string header(const std::string& lower_case_name) const;
};

class HttpServer {
 public:
  HttpServer();
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  [[nodiscard]] std::string url(const std::string& path = "/") const;
  [[nodiscard]] int port() const;
  /// The answers to the next requests, in order; then 200 with an empty body.
  void answer_with(std::vector<HttpAnswer> answers);
  /// From now on requests are read and never answered, until the end of this object.
  void hang();
  [[nodiscard]] std::vector<HttpRecord> requests() const;
  /// Waits for that many requests; false after 30 s.
  [[nodiscard]] bool wait_for_requests(std::size_t count) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate::test
