// SPDX-License-Identifier: Apache-2.0
//
// The dynamic section of a shared library that is a plugin for this machine, read from the file: exports, libraries,
// flags. Pure function of the file: any thread.
#pragma once
#include <string>
#include <vector>

#include "base/error.hpp"

namespace tidegate::conformance {

struct Dynamic {
  std::vector<std::string> exports;    ///< defined symbols that others can bind to, but for the unique ones
  std::vector<std::string> unique;     ///< those of binding GNU_UNIQUE
  std::vector<std::string> libraries;  ///< DT_NEEDED
  std::vector<std::string> paths;      ///< DT_RPATH and DT_RUNPATH
  bool binds_now = false;
  bool executable_stack = false;
  bool text_relocations = false;
};

/// The error says that the file is damaged, and where.
base::Result<Dynamic> read_dynamic(const std::string& path);

}  // namespace tidegate::conformance
