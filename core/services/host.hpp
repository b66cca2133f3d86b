// SPDX-License-Identifier: Apache-2.0
//
// Host: what one stage instance sees of tidegate: the tg_host behind its services. Each service's table lives in a
// file of its own and finds its stage's Host by from(). Made by the stage layer, outlives the instance. The members
// that change between calls (`call`) belong to the stage thread.
#pragma once
#include <tidegate/services.h>

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "base/redact.hpp"
#include "base/value.hpp"
#include "base/world.hpp"
#include "manifest/model.hpp"
#include "services/interruption.hpp"

namespace tidegate::services {

namespace db {
class Hub;
}

/// What a call may do to the database.
enum class Access { none, read, write };

/// The call into the stage that is under way.
struct Call {
  Access access = Access::none;
  base::Deadline deadline;
  std::thread::id thread = std::this_thread::get_id();  ///< the stage thread
};

/// A statement of a stage that takes its time, as the server tells of it; "" and -1: it does not say.
struct Running {
  std::chrono::milliseconds took{0};
  std::string command, phase, relation, index;  ///< of an index that is being built
  int percent = -1;                             ///< of the phase
  std::string blockers;                         ///< one a line
};

/// Where services report to; the run implements it. Calls come from any thread.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void log(const std::string& stage, int level, std::string_view message) = 0;
  virtual void progress(const std::string& stage, std::uint64_t done, std::uint64_t total, std::string_view what) = 0;
  virtual void emit(const std::string& stage, std::string_view type, std::string_view fields_json) = 0;
  /// The stage is about to touch the target.
  virtual void changing(const std::string& stage) = 0;
  /// A statement of the stage waits for locks; one blocker a line, or empty when nobody in particular holds it up.
  virtual void waiting(const std::string& stage, std::chrono::milliseconds waited, std::string_view blockers) = 0;
  /// A statement of the stage has been running for a second, then at growing intervals.
  virtual void running(const std::string& /*stage*/, const Running& /*statement*/) {}
};

/// Values handed from stage to stage, by full key ("apply.prisma.applied", "environment.name"). Main thread.
using ContextStore = std::map<std::string, std::string, std::less<>>;

/// Asks the stage that offers an extension; the run implements it. Access is that of the asker.
using AskStage = std::function<base::Result<std::string>(std::string_view extension, std::string_view method, std::string_view arguments_json,
                                                         Access access, base::Deadline deadline)>;

/// What all stages of a run share. Outlives every Host.
struct Shared {
  base::Redactor& redactor;
  ContextStore& context;
  Sink& sink;
  Interruption& interruption;
  db::Hub& databases;
  AskStage ask;
  base::Environment variables;  ///< for `${VAR}` of secrets
};

class Host : public tg_host {
 public:
  Host(Shared& shared, std::string stage_id, const manifest::StageType& type, base::Value config, const std::vector<std::string>& granted);
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  static const Host& from(const tg_host* raw) { return *static_cast<const Host*>(raw); }

  Shared& shared;
  const std::string stage_id;
  const manifest::StageType& type;
  const base::Value config;  ///< checked; secrets still as `${VAR}`
  const std::vector<std::pair<std::string_view, const void*>> services;  ///< id and table of what it was granted and has asked for
  Call call;
};

/// The ids of `granted` for a stage type: what its manifest requires or wants and this host knows.
std::vector<std::string> grants_for(const manifest::StageType& type);

// The tables, one a file (control.cpp, config.cpp, db/service.cpp, …).
const tg_log_v1* log_table();
const tg_control_v1* control_table();
const tg_config_v1* config_table();
const tg_context_v1* context_table();
const tg_secrets_v1* secrets_table();
const tg_db_v1* db_table();
const tg_http_v1* http_table();
const tg_process_v1* process_table();
const tg_stages_v1* stages_table();
const tg_scratch_v1* scratch_table();

/// Hands an Error to the plugin's report; returns its status for `return report_error(…)`.
tg_status report_error(tg_report* report, const base::Error& error);

}  // namespace tidegate::services
