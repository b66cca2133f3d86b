// SPDX-License-Identifier: Apache-2.0
//
// What was rehearsed, as tidegate.rehearse/1 tells it. Pure: any thread.
#pragma once
#include <string>
#include <vector>

#include "rehearsal.hpp"

namespace tidegate::rehearse {

std::string answer_json(const std::vector<Rehearsed>& rehearsed, int server_version);

}  // namespace tidegate::rehearse
