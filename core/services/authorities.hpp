// SPDX-License-Identifier: Apache-2.0
//
// The certificate authorities that the system trusts, for TLS by libraries that were built elsewhere. Any thread.
#pragma once
#include <optional>
#include <string>

#include "base/world.hpp"

namespace tidegate::services {

/// SSL_CERT_FILE, when it is set; else the first file there is of those that Debian, Ubuntu and Alpine, Amazon Linux and Fedora,
/// SUSE and BSD keep them in. nullopt: none of them.
std::optional<std::string> authorities_file(const base::Environment& variables = base::process_environment());

/// What to do when there is none.
inline constexpr const char* kNoAuthorities =
    "install the package ca-certificates, or name a file of certificates (PEM) in SSL_CERT_FILE";

}  // namespace tidegate::services
