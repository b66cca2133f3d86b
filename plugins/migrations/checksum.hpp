// SPDX-License-Identifier: Apache-2.0
//
// Prisma's checksum of a migration: SHA-256 of its bytes, and the comparison that forgives line ends. Any thread.
#pragma once
#include <string>
#include <string_view>

namespace tidegate::migrations {

/// 64 lower-case hexadecimal digits.
std::string checksum(std::string_view text);

/// Does the recorded checksum belong to this text, as it is or with all line ends made LF or CRLF? `plain` is
/// checksum(text). Also knows the older unpadded notation (each byte without a leading zero).
bool checksum_matches(std::string_view recorded, std::string_view plain, std::string_view text);
/// The first of its answers, for which the text is not needed.
bool checksum_equals(std::string_view recorded, std::string_view plain);

}  // namespace tidegate::migrations
