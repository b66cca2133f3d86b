// SPDX-License-Identifier: Apache-2.0
// Describes a database's schema and prints the description, so that the whole can be timed as a process.
#include <cstdio>
#include <exception>

#include "migrations/fingerprint/catalog.hpp"
#include "migrations/tests/libpq_session.hpp"

int main(int argc, char** argv) {
  using namespace tidegate::migrations;
  if (argc != 2) return 2;
  try {
    auto db = test::libpq_session(argv[1], test::Access::read);
    const auto description = fingerprint::describe(db);
    if (!description) {
      std::fprintf(stderr, "%s\n%s\n", description.error().message.c_str(), description.error().hint.c_str());
      return 1;
    }
    const auto stored = description->stored();
    std::fwrite(stored.data(), 1, stored.size(), stdout);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
