// SPDX-License-Identifier: Apache-2.0
//
// How long work over relations of a known size takes, as a range: by what one backend gets done on ordinary cloud disks, from
// cold storage to a warm cache. An estimate of what has to be read and written, not of what has to be waited for. Pure: any thread.
#pragma once
#include <optional>
#include <string>

#include "migrations/catalog/catalog.hpp"
#include "migrations/effects/effects.hpp"

namespace tidegate::safety::rules {

enum class Work { read, build, rewrite };

struct Cost {
  double fast = 0, slow = 0;  ///< seconds
  std::int64_t bytes = 0;

  void add(const Cost& other) { fast += other.fast, slow += other.slow, bytes += other.bytes; }
};

/// Of one relation: read from end to end, read to build an index, or written anew with its indexes.
Cost cost_of(const migrations::catalog::Size& size, Work work);

/// Of everything that a statement reads and rewrites, before it is replayed; nullopt: the size of something is not known.
std::optional<Cost> cost_of(const migrations::syntax::Action& action, const migrations::effects::Effects& effects,
                            const migrations::catalog::Catalog& catalog);

/// "about 2 to 7 min (14 GB)"; empty when it is too short to be worth saying.
std::string text_of(const Cost& cost);
/// "45 s", "7 min"
std::string span_text(double seconds);

}  // namespace tidegate::safety::rules
