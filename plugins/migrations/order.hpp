// SPDX-License-Identifier: Apache-2.0
//
// The order of migrations. tidegate and older Prisma versions compare bytes; newer ones compare as ICU does for en-US.
// Real names sort the same both ways; where they would not, nobody should guess. Pure: any thread.
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tidegate::migrations {

/// How ICU (root collation) orders two different names, as far as that follows from their ASCII characters; nullopt
/// where it depends on others.
std::optional<bool> icu_less(std::string_view a, std::string_view b);

/// The first two neighbours of a list in byte order that another Prisma version might apply the other way round.
std::optional<std::pair<std::string, std::string>> order_differs(const std::vector<std::string>& in_byte_order);

}  // namespace tidegate::migrations
