// SPDX-License-Identifier: Apache-2.0
//
// The event stream of a run: everything that happens is one Event, and every view (terminal, NDJSON, notifications)
// is a Reader of it. Readers cannot change the run. docs/events.md lists the types. emit: any thread, one at a time.
#pragma once
#include <chrono>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/redact.hpp"
#include "base/value.hpp"
#include "stage/stage.hpp"

namespace tidegate::run {

struct Event {
  std::uint64_t seq = 0;  ///< from 1, without gaps
  std::chrono::system_clock::time_point time;
  std::string run;
  std::string type;    ///< "stage.finished"
  std::string stage;   ///< "" = of the run
  base::Value fields;  ///< a table; secrets already redacted
};

class Reader {
 public:
  virtual ~Reader() = default;
  virtual void on_event(const Event& event) = 0;
};

/// The event as a table in the order of the NDJSON contract: v, seq, time, run, type, stage, then its fields.
base::Value to_value(const Event& event);
/// A finding in the contract's form; `where` is absent when there is no place.
base::Value to_value(const stage::Finding& finding);
/// An error as {"class","message","hint","where","sqlstate","detail",…}; absent members have nothing to say.
base::Value to_value(const base::Error& error);

/// Takes every secret out of every text of the tree.
void redact(base::Value& value, const base::Redactor& redactor);

class EventStream {
 public:
  EventStream(std::string run_id, const base::Redactor& redactor) : run_id_(std::move(run_id)), redactor_(redactor) {}
  /// Not owned; added before the first event.
  void add(Reader& reader) { readers_.push_back(&reader); }
  /// A reader that ends before the stream does.
  void remove(Reader& reader);
  void emit(std::string_view type, std::string_view stage, base::Table fields);
  /// emit for the last words of a process that hangs: gives up, without an event, when the stream is busy that long.
  void emit_unless_busy(std::string_view type, std::string_view stage, base::Table fields, std::chrono::milliseconds limit);
  [[nodiscard]] const std::string& run_id() const { return run_id_; }

 private:
  const std::string run_id_;
  const base::Redactor& redactor_;
  Event make(std::string_view type, std::string_view stage, base::Table fields) const;
  void hand_out(Event& event);
  std::vector<Reader*> readers_;
  std::timed_mutex mutex_;
  std::uint64_t seq_ = 0;
};

}  // namespace tidegate::run
