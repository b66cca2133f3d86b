// SPDX-License-Identifier: Apache-2.0
#include "run/journal/journal.hpp"

#include <mutex>
#include <utility>

#include "run/journal/file.hpp"

namespace tidegate::run {

using base::Error;
using base::Result;
using base::Status;
using services::db::Session;

struct Journal::Impl : std::enable_shared_from_this<Journal::Impl> {
  enum class State { gathering, in_database, in_file, closed };

  const base::Redactor& redactor;
  const std::chrono::milliseconds batch;
  mutable std::mutex mutex;  // of what follows; never held while something is written
  State state = State::gathering;
  std::vector<Event> waiting;
  bool armed = false;  // a write is due within `batch`
  std::optional<Error> trouble;
  Control::Link control;
  std::mutex writing;  // of the place
  std::unique_ptr<JournalPlace> place;

  Impl(const base::Redactor& red, std::chrono::milliseconds span) : redactor(red), batch(span) {}

  using Write = std::function<Result<void>(JournalPlace& place, const std::vector<Event>& events)>;

  /// One write of everything that waits. What it could not write waits again, unless the connection is gone for good.
  Result<void> write_waiting(const Write& write) {
    const std::lock_guard one_at_a_time(writing);
    std::vector<Event> events;
    {
      const std::lock_guard lock(mutex);
      events.swap(waiting);
      armed = false;
    }
    auto written = write(*place, events);
    if (written) return written;
    const std::lock_guard lock(mutex);
    if (!trouble) trouble = written.error();
    waiting.insert(waiting.begin(), std::make_move_iterator(events.begin()), std::make_move_iterator(events.end()));
    return written;
  }

  Result<void> write_where_it_is_kept(const std::function<Result<void>(JournalPlace&, Session*, const std::vector<Event>&)>& write) {
    State now = State::closed;
    Control::Link link;
    {
      const std::lock_guard lock(mutex);
      now = state;
      link = control;
    }
    if (now == State::in_file) return write_waiting([&](JournalPlace& where, const auto& events) { return write(where, nullptr, events); });
    auto written = link.call([&](Session& session) {
      return write_waiting([&](JournalPlace& where, const auto& events) { return write(where, &session, events); });
    });
    if (!written) note(written.error());
    return written;
  }

  void note(const Error& error) {
    const std::lock_guard lock(mutex);
    if (!trouble) trouble = error;
  }

  Result<void> begin(State kept_in, std::unique_ptr<JournalPlace> where, const RunStart& start) {
    {
      const std::lock_guard lock(mutex);
      if (state != State::gathering) return Error{Status::internal, "the journal was begun before"};
      place = std::move(where);
      state = kept_in;
    }
    RunStart redacted = start;
    for (auto* text : {&redacted.pipeline, &redacted.environment, &redacted.holder}) *text = redactor.apply(*text);
    redact(redacted.reason, redactor);
    auto begun = write_where_it_is_kept(
        [&](JournalPlace& journal, Session* session, const auto& events) { return journal.begin(session, redacted, events); });
    if (begun) return begun;
    const std::lock_guard lock(mutex);
    state = State::gathering;
    trouble.reset();
    return begun;
  }

  void close() {
    const std::lock_guard lock(mutex);
    state = State::closed;
    waiting.clear();
  }

  void use(Control& session) {
    const std::lock_guard lock(mutex);
    control = session.link();
    armed = false;  // what was due on the lost one never comes
  }

  static void write_later(const Control::Link& link, std::weak_ptr<Impl> weak, std::chrono::milliseconds batch) {
    link.post_in(batch, [weak = std::move(weak)](Session& session) -> Result<void> {
      const auto me = weak.lock();
      if (!me || !me->has_waiting()) return {};
      return me->write_waiting([&](JournalPlace& where, const auto& events) { return where.add(&session, events); });
    });
  }

  bool has_waiting() const {
    const std::lock_guard lock(mutex);
    return !waiting.empty();
  }
};

Journal::Journal(const base::Redactor& redactor, std::chrono::milliseconds batch) : impl_(std::make_shared<Impl>(redactor, batch)) {}
Journal::~Journal() {
  impl_->close();
}

void Journal::on_event(const Event& event) {
  auto& me = *impl_;
  if (event.type == "stage.progress" || event.type == "statement.progress") return;
  bool arm = false;
  Impl::State state{};
  Control::Link link;
  {
    const std::lock_guard lock(me.mutex);
    state = me.state;
    if (state == Impl::State::closed) return;
    me.waiting.push_back(event);
    arm = state == Impl::State::in_database && !std::exchange(me.armed, true);
    link = me.control;
  }
  if (arm) Impl::write_later(link, me.weak_from_this(), me.batch);
  if (state == Impl::State::in_file)
    (void)me.write_waiting([](JournalPlace& where, const auto& events) { return where.add(nullptr, events); });  // trouble() tells
}

Result<void> Journal::begin(Control& control, const TargetIdentity& target, const RunStart& start) {
  impl_->use(control);
  return impl_->begin(Impl::State::in_database, database_place(target), start);
}

void Journal::go_on_over(Control& control) {
  impl_->use(control);
}

Result<void> Journal::begin_in(const std::string& folder, const TargetIdentity& target, const RunStart& start) {
  auto file = open_journal_file(folder, target);
  if (!file) {
    impl_->note(file.error());
    impl_->close();
    return std::move(file).error();
  }
  return impl_->begin(Impl::State::in_file, std::move(*file), start);
}

void Journal::begin_nowhere() {
  impl_->close();
}

Result<void> Journal::flush() {
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->state == Impl::State::gathering || impl_->state == Impl::State::closed) return {};
  }
  return impl_->write_where_it_is_kept([](JournalPlace& where, Session* session, const auto& events) -> Result<void> {
    if (events.empty()) return {};
    return where.add(session, events);
  });
}

Result<void> Journal::finish(const RunEnd& end) {
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->state == Impl::State::gathering || impl_->state == Impl::State::closed) return {};
  }
  RunEnd redacted = end;
  for (auto& backup : redacted.backups) backup.handle = impl_->redactor.apply(backup.handle);
  if (redacted.error)
    for (auto* text : {&redacted.error->message, &redacted.error->hint, &redacted.error->detail, &redacted.error->file, &redacted.error->relation,
                       &redacted.error->constraint})
      *text = impl_->redactor.apply(*text);
  auto finished = impl_->write_where_it_is_kept(
      [&](JournalPlace& where, Session* session, const auto& events) { return where.finish(session, redacted, events); });
  impl_->close();
  return finished;
}

std::optional<Error> Journal::trouble() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->trouble;
}

}  // namespace tidegate::run
