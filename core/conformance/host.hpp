// SPDX-License-Identifier: Apache-2.0
//
// CheckHost: the host that a stage meets in a check. The SDK's FakeHost, with a database that takes everything, calls
// that fail when the check says so, tables of an older or newer host, and a record of what a kind may or may not do.
// Outlives its stages; calls come on any thread as the services allow.
#pragma once
#include <set>
#include <tidegate/testing.hpp>

#include "base/value.hpp"
#include "manifest/model.hpp"

namespace tidegate::conformance {

enum class Age { same, older, newer };

struct Behaviour {
  std::set<std::string> failing = {};  ///< "db.open", "db.query", "scratch.create", "http.send", "process.run", "stages.ask",
                                       ///< "context.get", "context.put", "secrets.get", "config.get"
  tg_status with = TG_E_FAILED;        ///< how those fail
  Age age = Age::same;
};

/// The beginning of every secret that a check hands out.
inline constexpr std::string_view kCanary = "canary-7f3a91c2";

class CheckHost : public sdk::testing::FakeHost {
 public:
  /// `settings` as manifest::check_settings gives them. Services that the type does not name are not granted.
  CheckHost(const manifest::StageType& type, const base::Value& settings, Behaviour behaviour = {});

  /// What the stage did, in the words of a message.
  std::vector<std::string> database_writes;  ///< script, a statement that may write, changing()
  std::vector<std::string> outside_writes;   ///< programs, requests other than GET and HEAD
  std::vector<std::string> touched;          ///< every use of db, scratch, http, process and stages
  std::vector<std::string> too_early;        ///< writes before changing() was called
  std::set<std::string> undeclared_services, read_settings;
  unsigned refused = 0;  ///< calls that failed because the check wanted it
  [[nodiscard]] const tg_host* raw() const { return this; }

 private:
  friend struct CheckServices;
  /// What a tg_db is here: the host's own, or a scratch database, in which a stage of any kind may write.
  struct Session {
    CheckHost* host;
    bool scratch;
  };
  const void* (*inner_)(const tg_host*, const char*);
  const manifest::StageType& type_;
  Behaviour behaviour_;
  std::vector<std::pair<std::string, std::vector<unsigned char>>> tables_;
  Session main_{this, false}, scratch_{this, true};
};

}  // namespace tidegate::conformance
