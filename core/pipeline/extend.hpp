// SPDX-License-Identifier: Apache-2.0
//
// A pipeline file and what it extends, put together into one document: tables key by key, [[stage]], [[rollback]] and
// [[notify]] by id. Each value keeps the place it was read from. Private to the layer. Reads files through the seam only;
// one thread.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "pipeline/read.hpp"

namespace tidegate::pipeline {

struct Document {
  base::Value root;
  bool complete = true;  ///< false: something that it extends could not be read, so what is missing says nothing
};

/// Appends every mistake of every file. nullopt: the file itself is no TOML.
std::optional<Document> read_document(const Source& source, const Opener& open, std::vector<base::Error>& errors);

/// What the entry goes by: its id, else its use; "" when it has neither.
std::string id_of(const base::Value& entry);

}  // namespace tidegate::pipeline
