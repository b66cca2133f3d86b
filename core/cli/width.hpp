// SPDX-License-Identifier: Apache-2.0
//
// How many columns of a terminal a text takes, and cutting it to fit. UTF-8; what is no UTF-8 counts a column a byte. By tables
// of its own, since the C library's depend on the locale. Pure: any thread.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace tidegate::cli {

/// Of a text without line breaks and escapes.
std::size_t width_of(std::string_view text);

/// As much of it as fits, with `ellipsis` at the end when something was cut off.
std::string cut_to_width(std::string_view text, std::size_t columns, std::string_view ellipsis);

}  // namespace tidegate::cli
