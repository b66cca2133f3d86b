// SPDX-License-Identifier: Apache-2.0
#include <sys/random.h>

#include <array>
#include <cerrno>
#include <random>

#include "migrations/history.hpp"

namespace tidegate::migrations {

std::string new_id() {
  thread_local std::array<unsigned char, 4096> pool;
  thread_local std::size_t used = pool.size();
  if (used + 16 > pool.size()) {
    std::size_t have = 0;
    while (have < pool.size()) {
      const ssize_t got = ::getrandom(pool.data() + have, pool.size() - have, 0);
      if (got > 0) have += static_cast<std::size_t>(got);
      if (got < 0 && errno != EINTR) {  // no such system call: the library finds another source
        std::random_device device;
        for (auto& byte : pool) byte = static_cast<unsigned char>(device());
        break;
      }
    }
    used = 0;
  }
  unsigned char* b = pool.data() + used;
  used += 16;
  b[6] = static_cast<unsigned char>((b[6] & 0x0fU) | 0x40U);
  b[8] = static_cast<unsigned char>((b[8] & 0x3fU) | 0x80U);
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(36);
  for (int i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += kDigits[b[i] >> 4U];
    out += kDigits[b[i] & 15U];
  }
  return out;
}

}  // namespace tidegate::migrations
