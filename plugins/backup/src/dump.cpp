// SPDX-License-Identifier: Apache-2.0
#include "dump.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <tidegate/process.hpp>

#include "listing.hpp"

namespace tidegate::backup {
namespace {

using sdk::Error;
using sdk::Result;
using sdk::Status;
namespace fs = std::filesystem;

/// Removes the file unless it was kept.
class Partial {
 public:
  explicit Partial(fs::path path) : path_(std::move(path)) {}
  ~Partial() {
    std::error_code ignored;
    if (!kept_) fs::remove(path_, ignored);
  }
  Partial(const Partial&) = delete;
  Partial& operator=(const Partial&) = delete;
  Result<void> keep_as(const fs::path& name) {
    std::error_code failure;
    fs::rename(path_, name, failure);
    if (failure) return Error{Status::failed, "the dump could not be renamed to " + name.string() + ": " + failure.message()};
    kept_ = true;
    return {};
  }

 private:
  fs::path path_;
  bool kept_ = false;
};

/// The rows of a database are nobody else's business: folder and file are made for their owner alone.
Result<void> make_file(const fs::path& folder, const fs::path& file) {
  std::error_code failure;
  if (fs::create_directories(folder, failure)) fs::permissions(folder, fs::perms::owner_all, failure);
  if (failure) return Error{Status::failed, "the folder for the dump, " + folder.string() + ", could not be made: " + failure.message()};
  fs::remove(file, failure);
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return Error{Status::failed, "the dump " + file.string() + " could not be made: " + std::strerror(errno)};
  ::close(fd);
  return {};
}

/// Runs one of PostgreSQL's programs; its complaints go to the log, and the first error into ours.
Result<void> run(const sdk::Host& host, sdk::Program program, const sdk::Lines::OnLine& on_out) {
  program.env = sdk::basic_environment();
  program.env.emplace_back("LC_MESSAGES", "C");
  std::string complaint;
  const auto exit_code = sdk::run_program(host, program, on_out, [&](std::string_view line) {
    host.info(line);
    if (complaint.empty() && line.find("error: ") != std::string_view::npos) complaint = line;
  });
  if (!exit_code) return exit_code.error();
  if (*exit_code == 0) return {};
  const auto name = fs::path(program.argv.front()).filename().string();
  return Error{Status::failed,
               "no backup: " + name + " ended with exit code " + std::to_string(*exit_code) + (complaint.empty() ? "" : ": " + complaint),
               "nothing was changed; see what it printed"};
}

sdk::Program dump_program(const Order& order, const fs::path& file) {
  sdk::Program out;
  out.argv = {order.programs.folder + "/pg_dump", "--format=custom", "--no-password",
              "--lock-wait-timeout=" + std::to_string(order.lock_wait_ms), "--file=" + file.string()};
  if (!order.selection.all) {
    out.argv.emplace_back("--strict-names");
    for (const auto& name : order.selection.names) out.argv.push_back("--table=" + name);
  }
  out.connection = "main";  // as libpq's own variables: pg_dump reads no URL from elsewhere than its command line
  return out;
}

Result<std::size_t> tables_listed(const sdk::Host& host, const Order& order, const fs::path& file) {
  sdk::Program program;
  program.argv = {order.programs.folder + "/pg_restore", "--list", file.string()};
  std::size_t tables = 0;
  const auto listed = run(host, program, [&](std::string_view line) { tables += static_cast<std::size_t>(tables_in_entry(line)); });
  if (!listed) return listed.error();
  return tables;
}

/// As SQL that nobody reads: every block of rows is read and decompressed.
Result<void> read_back(const sdk::Host& host, const Order& order, const fs::path& file) {
  sdk::Program program;
  program.argv = {order.programs.folder + "/pg_restore", "--file=/dev/null", file.string()};
  return run(host, program, {});
}

}  // namespace

Result<Made> dump(const sdk::Host& host, const Order& order) {
  const fs::path folder = order.folder;
  const fs::path file = folder / (order.name + ".partial");
  if (auto made = make_file(folder, file); !made) return made.error();
  Partial partial(file);
  if (auto done = run(host, dump_program(order, file), {}); !done) return done.error();
  const auto tables = tables_listed(host, order, file);
  if (!tables) return tables.error();
  const auto wanted = order.selection.with_rows;
  if (*tables < wanted)
    return Error{
        Status::failed,
        "no backup: the dump lists the rows of " + std::to_string(*tables) + " tables, " + std::to_string(wanted) + " are expected",
        "row security or a change at the same time may be why; nothing was changed"};
  if (auto read = read_back(host, order, file); !read) return read.error();
  Made out{(folder / order.name).string(), 0, *tables};
  std::error_code failure;
  out.bytes = fs::file_size(file, failure);
  if (failure) return Error{Status::failed, "the dump " + file.string() + " is gone: " + failure.message()};
  if (auto kept = partial.keep_as(out.path); !kept) return kept.error();
  return out;
}

}  // namespace tidegate::backup
