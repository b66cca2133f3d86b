// SPDX-License-Identifier: Apache-2.0
//
// The host's names for the SDK's Result, Error and Status, and small makers. Plain values: any thread.
#pragma once
#include <tidegate/result.hpp>

namespace tidegate::base {

using sdk::Error;
using sdk::name_of;
using sdk::Result;
using sdk::Status;

/// A place in a file of the user; line and column are 1-based, 0 means unknown.
struct Place {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

/// "file:12:3", "file:12" or "file"; empty without a file.
std::string to_string(const Place& place);

/// An error at a place of the user's file.
Error error_at(const Place& place, Status code, std::string message, std::string hint = {});

}  // namespace tidegate::base
