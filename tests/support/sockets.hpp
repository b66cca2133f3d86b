// SPDX-License-Identifier: Apache-2.0
//
// Sockets for the test servers; failures throw. Any thread.
#pragma once
#include <string>

namespace tidegate::test {

/// A TCP socket bound to 127.0.0.1 and a free port, not listening yet.
int bound_loopback_socket();
int port_of(int socket);
int connect_unix(const std::string& path);

}  // namespace tidegate::test
