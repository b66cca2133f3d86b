// SPDX-License-Identifier: Apache-2.0
#include "support/wire_proxy.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <list>
#include <mutex>
#include <optional>
#include <thread>

#include "support/postgres.hpp"
#include "support/sockets.hpp"

namespace tidegate::test {
namespace {

constexpr std::uint32_t kCancelRequest = 80877102, kSslRequest = 80877103, kGssRequest = 80877104;

std::uint32_t number_at(const std::string& bytes, std::size_t at) {
  std::uint32_t out = 0;
  for (std::size_t i = 0; i < 4; ++i) out = out << 8U | static_cast<unsigned char>(bytes[at + i]);
  return out;
}

struct Link {
  int client = -1, server = -1;
  bool started = false;  // past the untyped messages at the beginning
  std::string pending;   // from the client, not yet a whole message
};

bool write_all(int fd, const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t put = ::send(fd, data, size, MSG_NOSIGNAL);
    if (put <= 0) return false;
    data += put;
    size -= static_cast<std::size_t>(put);
  }
  return true;
}

}  // namespace

struct WireProxy::Impl {
  std::string upstream;
  int listener = -1, wake = -1, port = 0;
  std::thread thread;
  mutable std::mutex mutex;
  Counts counts;
  std::list<Link> links;
  bool ending = false, frozen = false, held = false, cut_now = false, cut_after = false;
  int cut_in = 0;  // 0: not asked for
  std::function<void()> instead_of_cutting;
  std::optional<std::uint64_t> bytes_left;  // until everything is cut

  explicit Impl(std::string path)
      : upstream(std::move(path)), listener(bound_loopback_socket()), wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    port = port_of(listener);
    ::listen(listener, 64);
    thread = std::thread([this] { serve(); });
  }
  ~Impl() {
    change([this] { ending = true; });
    thread.join();
    ::close(listener);
    ::close(wake);
  }

  template <class Change>
  void change(Change what) {
    const std::lock_guard lock(mutex);
    what();
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto put = ::write(wake, &one, sizeof one);
  }

  void drop_all() {
    for (auto& link : links) {
      ::close(link.client);
      ::close(link.server);
    }
    links.clear();
  }

  /// Counts the whole messages at the front of link.pending and passes them on; false: the link is to be closed.
  bool pass_messages(Link& link) {
    for (;;) {
      auto& bytes = link.pending;
      const std::size_t head = link.started ? 5 : 4;
      if (bytes.size() < head) return true;
      const std::size_t size = number_at(bytes, head - 4) + head - 4;
      if (bytes.size() < size) return true;
      const std::string message = bytes.substr(0, size);
      bytes.erase(0, size);
      bool trip = false;
      if (!link.started) {
        const auto code = size >= 8 ? number_at(message, 4) : 0;
        if (code == kCancelRequest)
          ++counts.cancels;
        else if (code != kSslRequest && code != kGssRequest)
          link.started = true, ++counts.connections;
      } else {
        const char type = message[0];
        ++counts.messages[type];
        trip = type == 'Q' || type == 'S';
        if (type == 'Q') ++counts.queries, counts.statements.emplace_back(message.c_str() + 5);
        if (type == 'S') ++counts.syncs;
        if (type == 'P') counts.statements.emplace_back(message.c_str() + 5 + std::string(message.c_str() + 5).size() + 1);
      }
      const bool cut = trip && cut_in > 0 && --cut_in == 0;
      if (cut && !cut_after && !goes_on()) return false;
      if (!write_all(link.server, message.data(), message.size())) return false;
      if (cut && cut_after && !goes_on()) return false;
    }
  }

  /// The moment that was asked for; false: the link is cut.
  bool goes_on() const {
    if (!instead_of_cutting) return false;
    instead_of_cutting();
    return true;
  }

  /// How many of these bytes still pass.
  std::size_t allowed(std::size_t got) {
    if (!bytes_left) return got;
    const auto pass = static_cast<std::size_t>(std::min<std::uint64_t>(got, *bytes_left));
    *bytes_left -= pass;
    if (*bytes_left == 0) cut_now = true, bytes_left.reset();
    return pass;
  }

  bool from_client(Link& link) {
    char piece[65536];
    const ssize_t got = ::recv(link.client, piece, sizeof piece, 0);
    if (got <= 0) return false;
    counts.sent += static_cast<std::uint64_t>(got);
    link.pending.append(piece, allowed(static_cast<std::size_t>(got)));
    const bool keep = pass_messages(link);
    if (cut_now && keep) (void)write_all(link.server, link.pending.data(), link.pending.size());  // half a message
    return keep && !cut_now;
  }

  bool from_server(const Link& link) {
    char piece[65536];
    const ssize_t got = ::recv(link.server, piece, sizeof piece, 0);
    if (got <= 0) return false;
    counts.received += static_cast<std::uint64_t>(got);
    return write_all(link.client, piece, allowed(static_cast<std::size_t>(got))) && !cut_now;
  }

  void accept_one() {
    const int client = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    const int server = connect_unix(upstream);
    if (server < 0)
      ::close(client);
    else
      links.push_back(Link{client, server, false, {}});
  }

  void serve() {
    for (;;) {
      std::vector<pollfd> waits{{wake, POLLIN, 0}, {listener, POLLIN, 0}};
      {
        const std::lock_guard lock(mutex);
        if (ending || cut_now) drop_all();
        cut_now = false;
        if (ending) return;
        for (const auto& link : links) {
          waits.push_back({link.client, static_cast<short>(frozen ? 0 : POLLIN), 0});
          waits.push_back({link.server, static_cast<short>(frozen || held ? 0 : POLLIN), 0});
        }
      }
      ::poll(waits.data(), waits.size(), -1);
      const std::lock_guard lock(mutex);
      std::uint64_t count = 0;
      if (waits[0].revents != 0) [[maybe_unused]]
        const auto got = ::read(wake, &count, sizeof count);
      std::size_t at = 2;
      for (auto link = links.begin(); link != links.end() && at + 1 < waits.size(); at += 2) {
        const auto asked = [&](std::size_t i) { return (waits[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0; };
        bool keep = true;
        if (!frozen && asked(at)) keep = from_client(*link);
        if (keep && !frozen && !held && asked(at + 1)) keep = from_server(*link);
        if (frozen && (waits[at].revents & (POLLHUP | POLLERR)) != 0) keep = false;  // the client gave up
        if (keep) {
          ++link;
          continue;
        }
        ::close(link->client);
        ::close(link->server);
        link = links.erase(link);
      }
      if (waits[1].revents != 0) accept_one();
    }
  }
};

WireProxy::WireProxy() : WireProxy(server_socket_dir() + "/.s.PGSQL.5432") {}
WireProxy::WireProxy(const std::string& socket_path) : impl_(std::make_unique<Impl>(socket_path)) {}
WireProxy::~WireProxy() = default;

int WireProxy::port() const {
  return impl_->port;
}

std::string WireProxy::url(const std::string& database, const std::string& user) const {
  return "postgresql://" + user + "@127.0.0.1:" + std::to_string(impl_->port) + "/" + database + "?sslmode=disable&gssencmode=disable";
}

WireProxy::Counts WireProxy::counts() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->counts;
}

void WireProxy::reset_counts() {
  impl_->change([this] { impl_->counts = {}; });
}

void WireProxy::cut() {
  impl_->change([this] { impl_->cut_now = true; });
}

void WireProxy::cut_at(int round_trip, bool after_passing_on) {
  impl_->change([&] {
    impl_->cut_in = round_trip;
    impl_->cut_after = after_passing_on;
    impl_->instead_of_cutting = nullptr;
  });
}

void WireProxy::call_at(int round_trip, bool after_passing_on, std::function<void()> what) {
  impl_->change([&] {
    impl_->cut_in = round_trip;
    impl_->cut_after = after_passing_on;
    impl_->instead_of_cutting = std::move(what);
  });
}

void WireProxy::cut_after_bytes(std::uint64_t bytes) {
  impl_->change([&] { impl_->bytes_left = bytes; });
}

void WireProxy::freeze(bool frozen) {
  impl_->change([&] { impl_->frozen = frozen; });
}

void WireProxy::hold_answers(bool held) {
  impl_->change([&] { impl_->held = held; });
}

}  // namespace tidegate::test
