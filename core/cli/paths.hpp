// SPDX-License-Identifier: Apache-2.0
//
// Where things are: the installation around this executable, the pipeline file, the working folder. Reads the file
// system; main thread.
#pragma once
#include <string>
#include <vector>

#include "base/error.hpp"

namespace tidegate::cli {

struct Installation {
  std::string plugins;    ///< folder of the bundled plugins
  std::string pipelines;  ///< folder of the bundled pipelines
  std::string templates;  ///< folder of what `plugin new` writes
  std::string worker;     ///< the program that runs a plugin that is not bundled
};
/// Found from the running executable, so that an installation works from any prefix.
Installation installation();

std::string working_folder();

struct PipelineFile {
  std::string path;
  bool bundled = false;
};
/// By argument: a file, else the name of a bundled pipeline. Without: tidegate.toml here or in a parent folder, else
/// the bundled default.
base::Result<PipelineFile> find_pipeline(const std::string& argument);

/// What `extends = "NAME"` in a pipeline file means: the bundled pipeline of that name; a name with a slash or that ends
/// in .toml is a file, and starts at the folder of the one that names it.
base::Result<PipelineFile> find_extended(const std::string& name, const PipelineFile& from);

/// The path as shortest seen from the working folder.
std::string shown(const std::string& path);

}  // namespace tidegate::cli
