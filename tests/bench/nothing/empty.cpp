// SPDX-License-Identifier: Apache-2.0
// The least that a C++ program does: its runtime is there, and that is all.
#include <iostream>

int main() {
  return std::cout.good() ? 0 : 1;
}
