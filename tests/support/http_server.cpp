// SPDX-License-Identifier: Apache-2.0
#include "support/http_server.hpp"

#include <httplib.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "base/text.hpp"

namespace tidegate::test {

std::string HttpRecord::header(const std::string& lower_case_name) const {
  const auto found = headers.find(lower_case_name);
  return found == headers.end() ? "" : found->second;
}

struct HttpServer::Impl {
  httplib::Server server;
  int port = 0;
  std::thread thread;
  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  std::deque<HttpAnswer> answers;
  std::vector<HttpRecord> records;
  bool hangs = false, ending = false;

  void serve(const httplib::Request& request, httplib::Response& response) {
    std::unique_lock lock(mutex);
    auto& record = records.emplace_back(HttpRecord{request.method, request.target, request.body, {}});
    for (const auto& [name, value] : request.headers) record.headers.emplace(base::to_lower(name), value);
    changed.notify_all();
    if (hangs) changed.wait(lock, [&] { return ending; });
    HttpAnswer answer;
    if (!answers.empty()) {
      answer = answers.front();
      answers.pop_front();
    }
    response.status = answer.code;
    response.set_content(answer.body, "text/plain");
    for (const auto& [name, value] : answer.headers) response.set_header(name, value);
  }
};

HttpServer::HttpServer() : impl_(std::make_unique<Impl>()) {
  const auto handler = [me = impl_.get()](const httplib::Request& request, httplib::Response& response) { me->serve(request, response); };
  auto& server = impl_->server;
  server.Get(".*", handler).Post(".*", handler).Put(".*", handler).Patch(".*", handler).Delete(".*", handler);
  impl_->port = server.bind_to_any_port("127.0.0.1");
  if (impl_->port <= 0) throw std::runtime_error("no port for the HTTP server");
  impl_->thread = std::thread([me = impl_.get()] { me->server.listen_after_bind(); });
  while (!server.is_running()) std::this_thread::yield();  // stop() before that would be lost
}

HttpServer::~HttpServer() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->ending = true;
    impl_->changed.notify_all();
  }
  impl_->server.stop();
  impl_->thread.join();
}

std::string HttpServer::url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(impl_->port) + path;
}
int HttpServer::port() const {
  return impl_->port;
}

void HttpServer::answer_with(std::vector<HttpAnswer> answers) {
  const std::lock_guard lock(impl_->mutex);
  impl_->answers.assign(answers.begin(), answers.end());
}

void HttpServer::hang() {
  const std::lock_guard lock(impl_->mutex);
  impl_->hangs = true;
}

std::vector<HttpRecord> HttpServer::requests() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->records;
}

bool HttpServer::wait_for_requests(std::size_t count) const {
  std::unique_lock lock(impl_->mutex);
  return impl_->changed.wait_for(lock, std::chrono::seconds(30), [&] { return impl_->records.size() >= count; });
}

}  // namespace tidegate::test
