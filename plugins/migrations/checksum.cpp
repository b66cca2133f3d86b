// SPDX-License-Identifier: Apache-2.0
#include "migrations/checksum.hpp"

#include <openssl/evp.h>

#include <array>
#include <memory>

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
  // Looked up once: a lookup costs more than the digest of a small file.
  static const std::unique_ptr<EVP_MD, void (*)(EVP_MD*)> algorithm(EVP_MD_fetch(nullptr, "SHA256", nullptr), &EVP_MD_free);
  thread_local const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  std::array<unsigned char, 32> digest{};
  unsigned size = 0;
  EVP_DigestInit_ex2(context.get(), algorithm.get(), nullptr);
  EVP_DigestUpdate(context.get(), text.data(), text.size());
  EVP_DigestFinal_ex(context.get(), digest.data(), &size);
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
