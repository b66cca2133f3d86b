// SPDX-License-Identifier: Apache-2.0
//
// What one look at the database and the application came to, and the words for it. Values: any thread.
#pragma once
#include <algorithm>
#include <string>
#include <tidegate/plugin.hpp>
#include <vector>

namespace tidegate::health {

struct Findings {
  sdk::Verdict worst = sdk::Verdict::pass;
  std::vector<sdk::Finding> all;

  void add(sdk::Verdict verdict, std::string rule, std::string message, std::string fix) {
    if (worst != sdk::Verdict::block) worst = verdict;
    sdk::Finding finding{verdict, std::move(rule), std::move(message)};
    finding.fix = std::move(fix);
    all.push_back(std::move(finding));
  }
  /// The message of the first one that blocks, "" without one.
  [[nodiscard]] std::string first_block() const {
    for (const auto& finding : all)
      if (finding.verdict == sdk::Verdict::block) return finding.message;
    return {};
  }
};

inline std::string names(const std::vector<std::string>& all) {
  constexpr std::size_t shown = 5;
  std::string out;
  for (std::size_t i = 0; i < std::min(all.size(), shown); ++i) out += (i == 0 ? "" : ", ") + all[i];
  if (all.size() > shown) out += " and " + std::to_string(all.size() - shown) + " more";
  return out;
}

inline std::string count_of(std::size_t n, const std::string& one, const std::string& many) {
  return std::to_string(n) + " " + (n == 1 ? one : many);
}

/// "250 ms", "90 s".
inline std::string span_of(std::int64_t ms) {
  return ms % 1'000 == 0 || ms > 10'000 ? std::to_string(ms / 1'000) + " s" : std::to_string(ms) + " ms";
}

}  // namespace tidegate::health
