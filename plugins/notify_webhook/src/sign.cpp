// SPDX-License-Identifier: Apache-2.0
#include "sign.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <random>
#include <vector>

namespace tidegate::notify_webhook {
namespace {

constexpr std::string_view kPrefix = "whsec_";

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string base64(const unsigned char* data, std::size_t size) {
  std::vector<unsigned char> out((size + 2) / 3 * 4 + 1);
  const int length = EVP_EncodeBlock(out.data(), data, static_cast<int>(size));
  return {reinterpret_cast<const char*>(out.data()), static_cast<std::size_t>(length)};
}

}  // namespace

sdk::Result<std::string> signing_key(std::string_view secret) {
  const sdk::Error wrong{sdk::Status::config, "the webhook's signing secret is not of the form whsec_<base64>",
                         "make one with: echo \"whsec_$(openssl rand -base64 32)\""};
  if (secret.substr(0, kPrefix.size()) != kPrefix) return wrong;
  std::string text(secret.substr(kPrefix.size()));
  const auto end = text.find_last_not_of('=');
  const std::size_t padding = end == std::string::npos ? text.size() : text.size() - end - 1;
  if (text.empty() || text.size() % 4 != 0 || padding > 2) return wrong;
  std::vector<unsigned char> out(text.size() / 4 * 3);
  const int length = EVP_DecodeBlock(out.data(), bytes(text), static_cast<int>(text.size()));  // counts the padding as bytes
  if (length < 0) return wrong;
  return std::string(reinterpret_cast<const char*>(out.data()), static_cast<std::size_t>(length) - padding);
}

std::string sign(std::string_view key, std::string_view id, std::string_view unix_seconds, std::string_view body) {
  std::string signed_text(id);
  signed_text.append(".").append(unix_seconds).append(".").append(body);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes(signed_text), signed_text.size(), digest.data(), &size);
  return "v1," + base64(digest.data(), size);
}

std::string new_message_id() {
  std::array<unsigned char, 16> random{};
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) {  // unique is enough: the id is no secret
    std::random_device device;
    std::generate(random.begin(), random.end(), [&] { return static_cast<unsigned char>(device()); });
  }
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out = "msg_";
  for (const unsigned char byte : random) {
    out += digits[byte >> 4U];
    out += digits[byte & 15U];
  }
  return out;
}

}  // namespace tidegate::notify_webhook
