// SPDX-License-Identifier: Apache-2.0
#include "run/journal/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>

#include "base/text.hpp"
#include "base/world.hpp"
#include "run/journal/rows.hpp"
#include "run/json.hpp"

namespace tidegate::run {
namespace {

using base::Error;
using base::Result;
using base::Status;
using base::Table;
using base::Value;
using services::db::Session;

Error system_error(const std::string& what) {
  return {Status::failed, "the journal file cannot be kept: " + what + ": " + std::strerror(errno),
          "give the folder to the user that runs tidegate, or set run.journal = \"none\""};
}

Result<void> write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const auto written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_error(path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Value list_of(const std::vector<std::string>& texts) {
  return {base::Array(texts.begin(), texts.end())};
}

std::string now() {
  return base::format_time(std::chrono::system_clock::now());
}

class FilePlace : public JournalPlace {
 public:
  FilePlace(int fd, std::string path, TargetIdentity target) : fd_(fd), path_(std::move(path)), target_(std::move(target)) {}
  ~FilePlace() override { ::close(fd_); }
  FilePlace(const FilePlace&) = delete;
  FilePlace& operator=(const FilePlace&) = delete;

  Result<void> begin(Session*, const RunStart& start, const std::vector<Event>& events) override {
    run_ = start.id;
    Table line{{"v", 1},
               {"time", now()},
               {"run", run_},
               {"type", "journal.begin"},
               {"pipeline", start.pipeline},
               {"environment", start.environment},
               {"holder", start.holder},
               {"version", start.version},
               {"host", target_.host},
               {"port", target_.port},
               {"database", target_.database},
               {"database_oid", target_.database_oid},
               {"system_identifier", target_.system_identifier},
               {"pending", list_of(start.pending)}};
    if (!start.reason.is_nil()) line.emplace_back("reason", start.reason);
    // A line that a crash cut short ends here, so that this one stands alone.
    return put("\n" + to_json(Value(std::move(line))) + "\n" + lines_of(events), true);
  }

  Result<void> add(Session*, const std::vector<Event>& events) override { return put(lines_of(events), false); }

  Result<void> finish(Session*, const RunEnd& end, const std::vector<Event>& events) override {
    Table line{{"v", 1},
               {"time", now()},
               {"run", run_},
               {"type", "journal.end"},
               {"outcome", name_of(end.outcome)},
               {"exit", end.exit},
               {"ms", static_cast<std::int64_t>(end.ms.count())},
               {"applied", list_of(end.applied)},
               {"pending", list_of(end.pending)},
               {"kept", list_of(end.kept)},
               {"undone", list_of(end.undone)}};
    if (end.error) line.emplace_back("error", to_value(*end.error));
    return put(lines_of(events) + to_json(Value(std::move(line))) + "\n", true);
  }

 private:
  static std::string lines_of(const std::vector<Event>& events) {
    std::string out;
    for (const auto& event : events) out += to_json(to_value(event)) + "\n";
    return out;
  }

  /// All of it or nothing: what is written again later is not to follow a half of itself. Under the lease nobody else writes.
  Result<void> put(const std::string& lines, bool to_the_disk) {
    const auto size = ::lseek(fd_, 0, SEEK_END);
    if (auto written = write_all(fd_, lines, path_); !written) {
      if (size >= 0) (void)!::ftruncate(fd_, size);
      return written;
    }
    if (to_the_disk && ::fdatasync(fd_) != 0) return system_error(path_);
    return {};
  }

  const int fd_;
  const std::string path_;
  const TargetIdentity target_;
  std::string run_;
};

bool is_target(const Value& line, const TargetIdentity& target) {
  const auto text = [&](const char* key) { return line.find(key) != nullptr ? line.find(key)->text() : ""; };
  const auto number = [&](const char* key) { return line.find(key) != nullptr ? line.find(key)->integer() : 0; };
  const auto system = text("system_identifier");
  return text("host") == target.host && number("port") == target.port && text("database") == target.database &&
         number("database_oid") == target.database_oid &&
         (system.empty() || target.system_identifier.empty() || system == target.system_identifier);
}

void take_begin(const Value& line, RunRecord& run) {
  const auto text = [&](const char* key) { return line.find(key) != nullptr ? line.find(key)->text() : ""; };
  run.pipeline = text("pipeline");
  run.environment = text("environment");
  run.holder = text("holder");
  run.outcome = "interrupted";  // unless its end comes
  run.started_at = text("time");
  if (const auto* pending = line.find("pending")) run.pending = texts_of(*pending);
  if (const auto* reason = line.find("reason")) run.reason = *reason;
}

void take_end(const Value& line, RunRecord& run) {
  const auto list = [&](const char* key) { return line.find(key) != nullptr ? texts_of(*line.find(key)) : std::vector<std::string>(); };
  run.outcome = line.find("outcome") != nullptr ? line.find("outcome")->text() : "";
  run.finished_at = line.find("time") != nullptr ? line.find("time")->text() : "";
  run.ms = line.find("ms") != nullptr ? line.find("ms")->integer() : 0;
  run.applied = list("applied");
  run.pending = list("pending");
  run.kept = list("kept");
  run.undone = list("undone");
  if (const auto* error = line.find("error")) run.error = *error;
}

}  // namespace

std::string journal_folder(const pipeline::Pipeline& pipeline) {
  return pipeline.folder + "/.tidegate";
}

std::string journal_file_of(const std::string& folder, const TargetIdentity& target) {
  std::string name = target.host + "-" + std::to_string(target.port) + "-" + target.database;
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.' && c != '-' && c != '_') c = '_';
  constexpr std::size_t kLongest = 200;  // of 255 bytes that a file's name may have
  if (name.size() > kLongest) name.erase(0, name.size() - kLongest);
  while (name.starts_with('.')) name.erase(0, 1);
  return folder + "/" + name + ".ndjson";
}

Result<std::unique_ptr<JournalPlace>> open_journal_file(const std::string& folder, const TargetIdentity& target) {
  if (::mkdir(folder.c_str(), 0700) == 0) {
    const auto ignore = folder + "/.gitignore";
    const int fd = ::open(ignore.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0) {
      (void)write_all(fd, "*\n", ignore);  // a convenience: nothing hangs on it
      ::close(fd);
    }
  } else if (errno != EEXIST) {
    return system_error(folder);
  }
  const auto path = journal_file_of(folder, target);
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return system_error(path);
  return std::unique_ptr<JournalPlace>(std::make_unique<FilePlace>(fd, path, target));
}

Result<std::vector<RunRecord>> recent_runs_in(const std::string& folder, const TargetIdentity& target, std::size_t most) {
  std::vector<RunRecord> runs;
  auto text = base::read_file(journal_file_of(folder, target));
  if (!text && text.error().code == Status::not_found) return runs;
  if (!text) return std::move(text).error();
  for (std::string_view rest = *text; !rest.empty();) {
    const auto end = rest.find('\n');
    const auto line = from_json(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    const auto* type = line ? line->find("type") : nullptr;
    const auto* id = line ? line->find("run") : nullptr;
    if (type == nullptr || id == nullptr) continue;
    if (type->text() == "journal.begin" && is_target(*line, target)) {
      take_begin(*line, runs.emplace_back());
      runs.back().id = id->text();
      continue;
    }
    const auto run = std::find_if(runs.begin(), runs.end(), [&](const RunRecord& one) { return one.id == id->text(); });
    if (run == runs.end()) continue;
    const auto* name = line->find("name");
    const auto* stage = line->find("stage");
    const auto* handle = line->find("handle");
    if (type->text() == "journal.end")
      take_end(*line, *run);
    else if (type->text() == "backup.made" && stage != nullptr && handle != nullptr)
      run->backups.push_back({stage->text(), handle->text()});
    else if (type->text() == "migration.finished" && name != nullptr)
      run->applied.push_back(name->text());
  }
  std::reverse(runs.begin(), runs.end());
  if (runs.size() > most) runs.resize(most);
  return runs;
}

}  // namespace tidegate::run
