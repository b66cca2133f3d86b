// SPDX-License-Identifier: Apache-2.0
#include "cli/offering.hpp"

namespace tidegate::cli {

std::unique_ptr<Job> job_offering(std::string_view extension, const Otherwise& otherwise, const Options& options, bool late, int& exit_code) {
  auto job = Job::make_to_ask(options, exit_code);
  if (!job) return nullptr;
  if (late) job->runner().connect_when_needed();
  if (auto prepared = job->runner().prepare_to_ask(); !prepared) {
    exit_code = job->fail(prepared.error());
    return nullptr;
  }
  if (job->runner().offering(extension) != nullptr) return job;
  if (options.file.empty() && (otherwise.replaces_own || job->pipeline().bundled)) {
    auto bundled = options;
    bundled.file = otherwise.bundled;
    return job_offering(extension, otherwise, bundled, late, exit_code);
  }
  const auto type = job->stage_type_offering(extension);
  exit_code = job->fail({base::Status::config,
                         "no stage of this pipeline " + std::string(otherwise.does) + " here (offers " + std::string(extension) + ")",
                         (type.empty() ? std::string("add one") : "add [[stage]] use = \"" + type + "\"") + ", or leave " + otherwise.option +
                             " out; a stage whose `when` does not hold does not count (--environment)"});
  return nullptr;
}

}  // namespace tidegate::cli
