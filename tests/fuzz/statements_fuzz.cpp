// SPDX-License-Identifier: Apache-2.0
// Whatever bytes a file has, reading it as a migration ends: split, planned, parsed, judged, told by a headline; with a place
// for what is wrong, and never with a crash. For libFuzzer.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "migrations/headline.hpp"
#include "migrations/lex.hpp"
#include "migrations/plan.hpp"
#include "migrations/statements.hpp"
#include "migrations/syntax/parse.hpp"
#include "rules/analyse.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tidegate;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto lexed = migrations::lex(text);
  if (lexed.trouble != migrations::Trouble::none && lexed.at > text.size()) std::abort();
  if (const auto plan = migrations::plan_file(text, "migration.sql"); plan)
    for (const auto& part : plan->parts)
      for (const auto& statement : part.statements)
        if (statement.offset + statement.length > text.size()) std::abort();
  constexpr std::size_t kMost = 80, kEllipsis = 3;
  if (migrations::headline(text, kMost).size() > kMost + kEllipsis) std::abort();
  safety::rules::Analysis analysis({}, {});
  const auto report = analysis.migration(text, "migration.sql", {});
  for (const auto& finding : report.findings)
    if (finding.at > text.size()) std::abort();
  return 0;
}
