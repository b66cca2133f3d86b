// SPDX-License-Identifier: Apache-2.0
#include "services/authorities.hpp"

#include <unistd.h>

namespace tidegate::services {

std::optional<std::string> authorities_file(const base::Environment& variables) {
  if (auto set = variables("SSL_CERT_FILE")) return set;
  for (const char* path :
       {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"})
    if (::access(path, R_OK) == 0) return path;
  return std::nullopt;
}

}  // namespace tidegate::services
