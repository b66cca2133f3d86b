// SPDX-License-Identifier: Apache-2.0
//
// Which rule counts how much: defaults, the pipeline's settings, sizes, and comments in the file. Plain data; any thread.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "rules/rule.hpp"

namespace tidegate::safety::rules {

/// One entry of the policy. The last that matches wins.
struct Level {
  std::vector<std::string> rules;  ///< ids; "destructive": all of the group; "*": all
  Severity severity = Severity::warn;
  std::vector<std::string> paths;  ///< globs; none: everywhere
};

/// Tables up to `small` are no matter, beyond `large` they are; a warning in between. Rows or bytes, whichever is more.
struct Sizes {
  double small_rows = 10'000, large_rows = 1'000'000;
  std::int64_t small_bytes = 10LL << 20, large_bytes = 1LL << 30;
  double busy_writes = 100;  ///< rows a second
};

struct Policy {
  std::vector<Level> levels;
  Sizes sizes;
  std::vector<std::string> baseline;  ///< globs of migrations that are not judged

  [[nodiscard]] bool judges(std::string_view path) const;
  /// Of a finding: the rule's, or what a level says, lowered by the size of the relation where that is known.
  [[nodiscard]] Severity severity(const Rule& rule, std::string_view path, const catalog::Relation* relation) const;
};

bool glob_matches(std::string_view pattern, std::string_view path);

/// `-- tidegate: allow(rule, rule) reason`
struct Allowance {
  std::size_t at = 0, end = 0;  ///< the comment
  std::vector<std::string> rules;
  std::string reason;
  std::size_t statement = 0;    ///< that it stands beside; the number of statements: none
  bool used = false;
};
struct Extent {
  std::size_t begin = 0, end = 0;
};
std::vector<Allowance> allowances(std::string_view text, const std::vector<Extent>& statements);

/// "about 2 to 7 min (14 GB)": how long a lock is held over a relation of this size; empty when that is unknown or short.
std::string estimate(const catalog::Relation& relation, const Hit& hit);

}  // namespace tidegate::safety::rules
