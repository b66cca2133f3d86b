// SPDX-License-Identifier: Apache-2.0
#include "support/silent_server.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include "support/sockets.hpp"

namespace tidegate::test {

// The kernel completes connections up to the backlog; nobody needs to accept them.
SilentServer::SilentServer() : listener_(bound_loopback_socket()), port_(port_of(listener_)) {
  ::listen(listener_, 64);
}
SilentServer::~SilentServer() {
  ::close(listener_);
}

ClosedPort::ClosedPort() : socket_(bound_loopback_socket()), port_(port_of(socket_)) {}
ClosedPort::~ClosedPort() {
  ::close(socket_);
}

}  // namespace tidegate::test
