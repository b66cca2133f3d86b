// SPDX-License-Identifier: Apache-2.0
//
// A statement as people are told of it while it runs. Pure: any thread.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace tidegate::migrations {

/// The statement on one line, of at most `most` bytes, and "…" when it is cut: without comments, and without its literals, since one may be a
/// secret (CREATE ROLE … PASSWORD '…'). Text that ends within a literal ends there.
std::string headline(std::string_view sql, std::size_t most = 200);

}  // namespace tidegate::migrations
