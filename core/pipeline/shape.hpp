// SPDX-License-Identifier: Apache-2.0
//
// Holds a value tree against the declared keys: unknown and misplaced keys, wrong types, values that are not among the
// choices. Private to the layer. Pure function: any thread.
#pragma once
#include <string>
#include <vector>

#include "base/value.hpp"
#include "pipeline/keys.hpp"

namespace tidegate::pipeline {

/// Appends every mistake. The tree is left as it is: readers take what has the right type and skip the rest.
/// `extending`: an entry with an id may leave out what the one that it changes has.
void check_shape(const base::Value& table, const Section& section, bool extending, std::vector<base::Error>& errors);

/// "a duration such as …": what a key wants, for messages.
std::string expectation(const Key& key);

/// An error of class config at a place.
base::Error mistake(const base::Place& where, std::string message, std::string hint = {});

/// By file, line and column; the same mistake at the same place once.
void sort_by_place(std::vector<base::Error>& errors);

}  // namespace tidegate::pipeline
