// SPDX-License-Identifier: Apache-2.0
//
// Prints the layout table, to record it when TG_ABI_MINOR grows: abi_table > tests/abi/layout-MAJOR.MINOR.txt
#include <cstdio>

#include "table.hpp"

int main() {
  for (const auto& row : layout()) std::puts(to_text(row).c_str());
}
