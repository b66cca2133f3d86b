// SPDX-License-Identifier: Apache-2.0
//
// The log of a CI system: the lines for people, in a section a stage that closes before what the stage found, so that
// this is seen without opening it, and what is wrong as annotations. A Dialect says how one system writes that; each has
// a file of its own (ci_github.cpp, ci_gitlab.cpp, ci_azure.cpp). All goes to one stream, since the order of two is lost.
#pragma once
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "base/world.hpp"
#include "cli/render.hpp"

namespace tidegate::cli {

/// Something that is wrong with the run, or might be.
struct Problem {
  bool error = false;  ///< else a warning
  std::string title, message;
  std::string file;  ///< from the repository's root; "" = no place, or one outside of it
  std::int64_t line = 0, column = 0;
};

class Dialect {
 public:
  virtual ~Dialect() = default;
  [[nodiscard]] virtual std::string open_section(const std::string& name, std::time_t now) const = 0;
  [[nodiscard]] virtual std::string close_section(const std::string& name, std::time_t now) const = 0;
  /// Whole lines that the system takes for nothing but text, whoever wrote them.
  [[nodiscard]] virtual std::string harmless(const std::string& lines) const = 0;
  /// Lines that show the problems, at most as many as are shown; "" where there is no such thing.
  [[nodiscard]] virtual std::string annotate(const std::vector<Problem>& problems) const = 0;
  /// The variable that names the folder of the repository.
  [[nodiscard]] virtual const char* root_variable() const = 0;
};
/// `token` must not be guessed by who writes text of the log.
std::unique_ptr<Dialect> github_dialect(std::string token);
std::unique_ptr<Dialect> gitlab_dialect();
std::unique_ptr<Dialect> azure_dialect();

/// The error of a finished run and its findings, the gravest first, each once. `root`: the repository's folder.
std::vector<Problem> problems_of(const base::Value& finished, const std::string& root, const std::string& working_folder);
/// Not more than `most`: the last one then says how many are left out.
std::vector<Problem> capped(std::vector<Problem> problems, std::size_t most_errors, std::size_t most_warnings);
/// The path from `root`; "" when it is not below it.
std::string path_in_repository(const std::string& path, const std::string& root, const std::string& working_folder);

/// Its lines, for what is said outside of a run (a pipeline that can't be used).
class CiLog : public run::Reader, public Lines {};
std::unique_ptr<CiLog> make_ci_log(std::FILE* out, std::unique_ptr<Dialect> dialect, const base::Environment& variables, const TextOptions& options,
                                   bool only_annotations);

}  // namespace tidegate::cli
