// SPDX-License-Identifier: Apache-2.0
#include "migrations/checksum.hpp"

// The functions of libcrypto's core. Those of EVP that are not "deprecated" first set up the whole of its providers and
// its configuration, which costs more than the digests of a thousand migrations.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <array>

namespace tidegate::migrations {
namespace {

std::string replace_all(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0;;) {
    const auto hit = text.find(from, i);
    out.append(text.substr(i, hit == std::string_view::npos ? hit : hit - i));
    if (hit == std::string_view::npos) return out;
    out.append(to);
    i = hit + from.size();
  }
}

std::string unpadded(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    if (hex[i] != '0') out += hex[i];
    out += hex[i + 1];
  }
  return out;
}

}  // namespace

std::string checksum(std::string_view text) {
  SHA256_CTX context;
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256_Init(&context);
  SHA256_Update(&context, text.data(), text.size());
  SHA256_Final(digest.data(), &context);
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out(64, '0');
  for (std::size_t i = 0; i < digest.size(); ++i) {
    out[2 * i] = kDigits[digest[i] >> 4U];
    out[2 * i + 1] = kDigits[digest[i] & 15U];
  }
  return out;
}

bool checksum_equals(std::string_view recorded, std::string_view plain) {
  if (recorded.size() != 64 && !recorded.empty()) return recorded == unpadded(plain);
  return recorded == plain;
}

bool checksum_matches(std::string_view recorded, std::string_view plain, std::string_view text) {
  return checksum_equals(recorded, plain) || checksum_equals(recorded, checksum(replace_all(text, "\r\n", "\n"))) ||
         checksum_equals(recorded, checksum(replace_all(text, "\n", "\r\n")));
}

}  // namespace tidegate::migrations
