// SPDX-License-Identifier: Apache-2.0
#include "cli/http_listener.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <list>
#include <utility>
#include <vector>

#include "base/world.hpp"

namespace tidegate::cli {
namespace {

using base::Clock;
using base::Error;
using base::Result;
using base::Status;

// A client that still sends is listened to for a moment after the answer: closing at once would reset the connection, and
// the answer with it.
constexpr std::chrono::milliseconds kLinger{1'000};
constexpr std::size_t kMostDiscarded = 1024 * 1024;
constexpr std::chrono::milliseconds kWithoutDescriptors{100};
constexpr std::chrono::milliseconds kAskAgain{1'000};  // without wake(), so that what waits too long is told

class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

std::string shown_address(const sockaddr_storage& address) {
  char host[INET6_ADDRSTRLEN] = "?";
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    ::inet_ntop(AF_INET6, &v6.sin6_addr, host, sizeof host);
    return "[" + std::string(host) + "]:" + std::to_string(ntohs(v6.sin6_port));
  }
  const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
  ::inet_ntop(AF_INET, &v4.sin_addr, host, sizeof host);
  return std::string(host) + ":" + std::to_string(ntohs(v4.sin_port));
}

bool loopback(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) return (ntohl(reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr) >> 24U) == 127;
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
  return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
}

enum class Phase { reading, waiting, writing, lingering, over };

struct Connection {
  Fd socket;
  HttpListener::Served about;
  Phase phase = Phase::reading;
  Clock::time_point began = Clock::now(), until{}, asked{};
  std::string received, to_send;
  std::optional<HttpRequest> request;
  std::size_t sent = 0, discarded = 0;
};

}  // namespace

struct HttpListener::Impl {
  Fd socket, wake{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  sockaddr_storage bound{};
  Limits limits;
  std::list<Connection> connections;
  const Answer* answer = nullptr;
  const std::function<void(const Served&)>* served = nullptr;
  Clock::time_point accept_again{};

  void accept_all() {
    for (;;) {
      sockaddr_storage from{};
      socklen_t size = sizeof from;
      Fd client(::accept4(socket.get(), reinterpret_cast<sockaddr*>(&from), &size, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (client.get() < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) accept_again = Clock::now() + kWithoutDescriptors;
        if (errno == ECONNABORTED || errno == EINTR) continue;
        return;
      }
      auto& c = connections.emplace_back();
      c.socket = std::move(client);
      c.about.client = shown_address(from);
      c.until = c.began + limits.request;
      const auto busy = std::count_if(connections.begin(), connections.end(), [](const Connection& other) { return other.phase != Phase::lingering; });
      if (static_cast<std::size_t>(busy) > limits.connections) {
        auto refusal = http_error(503, "unavailable", "too many connections at once");
        refusal.headers.emplace_back("Retry-After", "1");
        send(c, refusal);
      }
      if (connections.size() > 4 * limits.connections) c.phase = Phase::over;  // not even a refusal
    }
  }

  void send(Connection& c, const HttpAnswer& with) {
    c.to_send = to_http(with, c.request && c.request->method == "HEAD");
    c.about.code = with.code;
    c.phase = Phase::writing;
    c.until = Clock::now() + limits.answer;
    write(c);
  }

  void ask(Connection& c) {
    const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - c.asked);
    if (const auto ready = (*answer)(*c.request, waited)) send(c, *ready);
  }

  void read(Connection& c) {
    char piece[4096];
    for (;;) {
      const ssize_t got = ::recv(c.socket.get(), piece, sizeof piece, 0);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
      if (got <= 0) {
        c.phase = Phase::over;
        return;
      }
      if (c.phase == Phase::lingering) {
        c.discarded += static_cast<std::size_t>(got);
        if (c.discarded > kMostDiscarded) c.phase = Phase::over;
        if (c.phase == Phase::over) return;
        continue;
      }
      c.received.append(piece, static_cast<std::size_t>(got));
      auto parsed = parse_http(c.received);
      if (parsed.unfinished()) continue;
      if (parsed.refusal) return send(c, *parsed.refusal);
      c.request = std::move(parsed.request);
      c.about.method = c.request->method;
      c.about.path = c.request->path;
      c.asked = Clock::now();
      c.phase = Phase::waiting;
      c.until = c.asked + kAskAgain;
      return ask(c);
    }
  }

  void write(Connection& c) {
    while (c.sent < c.to_send.size()) {
      const ssize_t put = ::send(c.socket.get(), c.to_send.data() + c.sent, c.to_send.size() - c.sent, MSG_NOSIGNAL);
      if (put < 0 && errno == EINTR) continue;
      if (put < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
      if (put < 0) {
        c.phase = Phase::over;
        break;
      }
      c.sent += static_cast<std::size_t>(put);
    }
    c.about.took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - c.began);
    (*served)(c.about);
    if (c.phase == Phase::over) return;
    ::shutdown(c.socket.get(), SHUT_WR);
    c.phase = Phase::lingering;
    c.until = Clock::now() + kLinger;
  }

  void out_of_time(Connection& c) {
    if (c.phase == Phase::waiting) {
      c.until = Clock::now() + kAskAgain;
      return ask(c);
    }
    if (c.phase == Phase::reading && !c.received.empty()) return send(c, http_error(408, "deadline", "the request did not come within its time"));
    c.phase = Phase::over;
  }

  void serve(int stop) {
    Clock::time_point end = Clock::time_point::max();
    bool stopping = false;
    while (!stopping || (Clock::now() < end && std::any_of(connections.begin(), connections.end(), [](const Connection& c) {
                           return c.phase == Phase::waiting || c.phase == Phase::writing;
                         }))) {
      auto until = std::min(end, accept_again > Clock::now() ? accept_again : Clock::time_point::max());
      std::vector<pollfd> waits{{stopping || accept_again > Clock::now() ? -1 : socket.get(), POLLIN, 0},
                                {stopping ? -1 : stop, POLLIN, 0},
                                {wake.get(), POLLIN, 0}};
      for (auto& c : connections) {
        const short events = c.phase == Phase::writing ? POLLOUT : c.phase == Phase::waiting ? 0 : POLLIN;
        waits.push_back({c.socket.get(), events, 0});
        until = std::min(until, c.until);
      }
      int limit = -1;
      if (until != Clock::time_point::max())
        limit = static_cast<int>(std::clamp<std::int64_t>(std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count(), 0, 60'000));
      ::poll(waits.data(), waits.size(), limit);
      if (waits[1].revents != 0) {
        stopping = true;
        end = Clock::now() + limits.ending;
      }
      std::uint64_t times = 0;
      const bool woken = waits[2].revents != 0 && ::read(wake.get(), &times, sizeof times) > 0;
      std::size_t at = 3;
      for (auto& c : connections) {
        const short seen = waits[at++].revents;
        if (c.phase == Phase::waiting && (seen & (POLLERR | POLLHUP)) != 0) c.phase = Phase::over;
        else if (c.phase == Phase::waiting && woken) ask(c);
        else if (c.phase == Phase::writing && seen != 0) write(c);
        else if ((c.phase == Phase::reading || c.phase == Phase::lingering) && seen != 0) read(c);
        if (c.phase != Phase::over && Clock::now() >= c.until) out_of_time(c);
      }
      connections.remove_if([](const Connection& c) { return c.phase == Phase::over; });
      if (waits[0].revents != 0) accept_all();
    }
    connections.clear();
  }
};

HttpListener::HttpListener(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpListener::~HttpListener() = default;

Result<std::unique_ptr<HttpListener>> HttpListener::bind(const std::string& host, int port, Limits limits) {
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  const auto name = bracketed ? host.substr(1, host.size() - 2) : host;
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  if (const int failure = ::getaddrinfo(name.c_str(), std::to_string(port).c_str(), &hints, &found); failure != 0)
    return Error{Status::config, "cannot listen on " + host + ": " + ::gai_strerror(failure), "--listen HOST:PORT, as 127.0.0.1:8080 or [::1]:8080"};
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> list(found, ::freeaddrinfo);
  std::string why = "no address";
  for (const auto* address = found; address != nullptr; address = address->ai_next) {
    auto impl = std::make_unique<Impl>();
    impl->limits = limits;
    impl->socket = Fd(::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int on = 1;
    ::setsockopt(impl->socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    socklen_t size = sizeof impl->bound;
    if (::bind(impl->socket.get(), address->ai_addr, address->ai_addrlen) == 0 && ::listen(impl->socket.get(), 128) == 0 &&
        ::getsockname(impl->socket.get(), reinterpret_cast<sockaddr*>(&impl->bound), &size) == 0)
      return std::unique_ptr<HttpListener>(new HttpListener(std::move(impl)));
    why = std::strerror(errno);
  }
  return Error{Status::config, "cannot listen on " + host + ":" + std::to_string(port) + ": " + why, "choose another address with --listen HOST:PORT"};
}

bool HttpListener::is_loopback() const { return loopback(impl_->bound); }
std::string HttpListener::address() const { return shown_address(impl_->bound); }

void HttpListener::serve(int stop, const Answer& answer, const std::function<void(const Served&)>& served) {
  impl_->answer = &answer;
  impl_->served = &served;
  impl_->serve(stop);
}

void HttpListener::wake() {
  const std::uint64_t once = 1;
  if (::write(impl_->wake.get(), &once, sizeof once) < 0) return;  // full: it is awake
}

}  // namespace tidegate::cli
