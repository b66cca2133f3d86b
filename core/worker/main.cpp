// SPDX-License-Identifier: Apache-2.0
//
// tidegate-worker: runs one stage of one plugin for the host that started it. Its standard output is the plugin's log;
// it speaks with the host on a socket that it inherits.
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "loader/library.hpp"
#include "stage/collector.hpp"
#include "worker/proxies.hpp"

namespace tidegate::worker {
namespace {

using sdk::to_abi;

void limit(__rlimit_resource_t what, rlim_t most) {
  rlimit now{};
  ::getrlimit(what, &now);
  most = std::min(most, now.rlim_max);
  const rlimit wanted{most, most};
  ::setrlimit(what, &wanted);
}

void settle(pid_t host) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != host) ::_exit(0);  // it died before the line above
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_CPU, kCpuSeconds);
  limit(RLIMIT_NOFILE, kFiles);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  limit(RLIMIT_AS, kMemory);
#endif
  std::signal(SIGPIPE, SIG_IGN);  // as in the host
}

/// The stage, from one request to the next.
class Worker {
 public:
  explicit Worker(Link& link) : link_(link) {}

  void cancel() {
    if (stage_ != nullptr && stage_->cancel != nullptr) stage_->cancel(stage_);
  }

  [[noreturn]] void work() {
    for (;;) {
      const auto request = link_.next_request();
      Reader in(request.payload);
      const auto what = static_cast<What>(in.u8());
      link_.begin(in.i64());
      stage::Collector report;
      tg_verdict verdict = TG_VERDICT_UNSET;
      std::optional<std::string> answer;
      const auto status = handle(what, in, report, verdict, answer);
      std::fflush(nullptr);  // what was printed is this call's
      link_.answer(request.id, written(status, report, verdict, answer));
      if (what == What::destroy) ::_exit(0);
    }
  }

 private:
  static Writer written(tg_status status, stage::Collector& report, tg_verdict verdict, const std::optional<std::string>& answer) {
    Writer out;
    out.i32(status).u8(report.error ? 1 : 0);
    if (report.error) {
      if (report.error->code > base::Status::internal || report.error->code < base::Status::ok) report.error->code = base::Status::internal;
      out.error(*report.error);
    }
    out.u32(static_cast<std::uint32_t>(report.findings.size()));
    for (const auto& f : report.findings)
      out.i32(static_cast<std::int32_t>(f.verdict))
          .text(f.rule)
          .text(f.message)
          .text(f.file)
          .u32(f.line)
          .u32(f.column)
          .text(f.fix)
          .text(f.attributes_json);
    out.i32(verdict).u8(answer ? 1 : 0);
    if (answer) out.text(*answer);
    return out;
  }

  tg_status handle(What what, Reader& in, stage::Collector& report, tg_verdict& verdict, std::optional<std::string>& answer) {
    if (what == What::create) return create(in, report);
    if (stage_ == nullptr) return TG_E_INTERNAL;
    switch (what) {
      case What::validate:
        return stage_->validate == nullptr ? TG_OK : stage_->validate(stage_, &report);
      case What::run: {
        const auto flags = in.u32();
        const auto run_id = in.text(), stage_id = in.text(), kind = in.text();
        const tg_run run{sizeof(tg_run), flags, to_abi(run_id), to_abi(stage_id), to_abi(kind), in.u32(), 0};
        return stage_->run(stage_, &run, &verdict, &report);
      }
      case What::call: {
        const auto extension = in.text(), method = in.text(), arguments = in.text();
        if (stage_->call == nullptr) return TG_E_UNSUPPORTED;
        std::string text;
        const auto status = stage_->call(stage_, to_abi(extension), to_abi(method), to_abi(arguments), &text, &sdk::take_string, &report);
        if (status == TG_OK) answer = std::move(text);
        return status;
      }
      case What::destroy:
        stage_->destroy(stage_);
        stage_ = nullptr;
        return TG_OK;
      case What::create:
        break;
    }
    return TG_E_INTERNAL;
  }

  tg_status create(Reader& in, stage::Collector& report) {
    loader::Plugin plugin;
    plugin.path = in.text();
    plugin.manifest_text = in.text();
    plugin.manifest.abi = in.u32();
    const auto type = in.text();
    std::vector<std::string> services(in.u32());
    for (auto& id : services) id = in.text();
    const auto entry = loader::open_library(plugin);
    if (!entry) {
      report.error = entry.error();
      return static_cast<tg_status>(entry.error().code);
    }
    host_ = new ProxyHost(link_, std::move(services));
    const auto status = (*entry)->create(host_, to_abi(type), &stage_, &report);
    if (status != TG_OK) {
      stage_ = nullptr;
      return status;
    }
    if (stage_ != nullptr && TG_HAS(stage_, tg_stage, destroy) && stage_->run != nullptr && stage_->destroy != nullptr) return TG_OK;
    stage_ = nullptr;
    report.error = base::Error{base::Status::internal, "create answered ok without a complete stage",
                               "this is a bug in the plugin: report it to its author"};
    return TG_E_INTERNAL;
  }

  Link& link_;
  ProxyHost* host_ = nullptr;
  tg_stage* stage_ = nullptr;
};

}  // namespace
}  // namespace tidegate::worker

int main(int argc, char** argv) {
  int type = 0;
  socklen_t size = sizeof type;
  if (argc != 2 || ::getsockopt(tidegate::worker::kSocket, SOL_SOCKET, SO_TYPE, &type, &size) != 0) {
    std::fputs("tidegate starts this program by itself, for plugins that are not bundled; docs/security.md says what for\n", stderr);
    return 2;
  }
  tidegate::worker::settle(static_cast<pid_t>(std::strtol(argv[1], nullptr, 10)));
  // On the heap for ever: a plugin may leave by exit(), whose handlers would end them under its threads.
  auto* link = new tidegate::worker::Link(tidegate::worker::kSocket);
  auto* worker = new tidegate::worker::Worker(*link);
  link->start([worker] { worker->cancel(); });
  worker->work();
}
