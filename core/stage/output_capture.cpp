// SPDX-License-Identifier: Apache-2.0
#include "stage/output_capture.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string>

namespace tidegate::stage {
namespace {

OutputCapture* the_one = nullptr;

std::FILE* private_copy(int fd, std::FILE* otherwise) {
  const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
  std::FILE* file = copy < 0 ? nullptr : ::fdopen(copy, "w");
  return file == nullptr ? otherwise : file;
}

}  // namespace

OutputCapture::OutputCapture() : out_(private_copy(STDOUT_FILENO, stdout)), err_(private_copy(STDERR_FILENO, stderr)) {
  std::setvbuf(err_, nullptr, _IOLBF, 0);
  kept_ = ::memfd_create("tidegate-plugin-output", MFD_CLOEXEC);
  if (kept_ < 0 || out_ == stdout || err_ == stderr) return;  // without a place to keep it, output stays where it was
  std::fflush(nullptr);
  ::fcntl(kept_, F_SETFL, O_APPEND);
  ::dup2(kept_, STDOUT_FILENO);
  ::dup2(kept_, STDERR_FILENO);
  the_one = this;
}

OutputCapture::~OutputCapture() {
  std::fflush(nullptr);
  if (the_one == this) {
    the_one = nullptr;
    ::dup2(::fileno(out_), STDOUT_FILENO);
    ::dup2(::fileno(err_), STDERR_FILENO);
  }
  if (kept_ >= 0) ::close(kept_);
  if (out_ != stdout) std::fclose(out_);
  if (err_ != stderr) std::fclose(err_);
}

OutputCapture* OutputCapture::active() { return the_one; }

void OutputCapture::drain(const std::function<void(std::string_view)>& take) {
  std::fflush(stdout);
  struct stat info {};
  if (the_one != this || ::fstat(kept_, &info) != 0 || info.st_size == 0) return;
  const auto written = static_cast<std::size_t>(info.st_size);
  std::string text(std::min(written, kMostKept), '\0');
  const ssize_t got = ::pread(kept_, text.data(), text.size(), 0);
  if (::ftruncate(kept_, 0) != 0 || got < 0) return;
  text.resize(static_cast<std::size_t>(got));
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    if (const auto line = rest.substr(0, end); !line.empty()) take(line);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  }
  if (written > kMostKept) take("... " + std::to_string(written - kMostKept) + " more bytes were written");
}

}  // namespace tidegate::stage
