// SPDX-License-Identifier: Apache-2.0
#include "run/journal/control.hpp"

#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <thread>

namespace tidegate::run {

using base::Clock;
using base::Deadline;
using base::Error;
using base::Result;
using base::Status;
using services::db::Session;

struct Control::Impl {
  std::unique_ptr<Session> session;  // the control thread's alone
  std::mutex mutex;
  std::condition_variable wake;
  std::multimap<Clock::time_point, Work> queue;  // what is due at one time stays in the order asked for
  std::optional<Error> lost;
  bool ending = false;
  std::thread thread;

  void loop() {
    std::unique_lock lock(mutex);
    while (!ending) {
      if (queue.empty()) {
        wake.wait(lock);
        continue;
      }
      const auto due = queue.begin()->first;
      if (due > Clock::now()) {
        wake.wait_until(lock, due);
        continue;
      }
      const auto work = std::move(queue.extract(queue.begin()).mapped());
      lock.unlock();
      const auto done = work(*session);
      const bool alive = session->alive();
      lock.lock();
      if (!alive && !lost)
        lost = !done ? done.error() : Error{Status::unavailable, "the control connection to " + session->target().display + " was lost"};
    }
    queue.clear();  // a call that waits is told by its broken promise
    session->close();
  }

  bool post(Clock::time_point due, Work work) {
    const std::lock_guard lock(mutex);
    if (ending) return false;
    queue.emplace(due, std::move(work));
    wake.notify_one();
    return true;
  }
};

Result<std::unique_ptr<Control>> Control::open(services::db::Hub& hub, Deadline deadline) {
  if (auto main = hub.hand_over_main()) return over(std::move(main));
  auto session = hub.open("main", deadline);
  if (!session) return std::move(session).error();
  return over(std::move(*session));
}

Result<std::unique_ptr<Control>> Control::over(std::unique_ptr<Session> session) {
  session->reset_before_next();
  session->ignore_interrupt_from_now_on();
  // An empty search_path, so that nobody's function stands in for one of pg_catalog; no notices, since they would reach
  // the run's log from this thread.
  std::string settings = "SET client_min_messages = 'error'; SET search_path = ''";
  if (session->server_version() >= 140000) settings += "; SET idle_session_timeout = 0";
  if (const auto failure = session->script(settings, {}, Deadline::in(kStatementLimit))) return failure->error;
  return std::unique_ptr<Control>(new Control(std::move(session)));
}

Control::Control(std::unique_ptr<Session> session) : impl_(std::make_shared<Impl>()) {
  impl_->session = std::move(session);
  impl_->thread = std::thread([impl = impl_.get()] { impl->loop(); });
}

Control::~Control() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->ending = true;
    impl_->wake.notify_one();
  }
  impl_->thread.join();
}

std::optional<Error> Control::lost() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->lost;
}

Result<void> Control::Link::call(Work work) const {
  const Error ended{Status::unavailable, "the run's control connection is closed"};
  const auto impl = impl_.lock();
  if (!impl) return ended;
  auto promise = std::make_shared<std::promise<Result<void>>>();
  auto answer = promise->get_future();
  const bool posted =
      impl->post(Clock::now(), [impl = impl.get(), work = std::move(work), promise = std::move(promise), ended](Session& session) {
        std::optional<Error> lost;
        {
          const std::lock_guard lock(impl->mutex);
          lost = impl->lost;
        }
        auto done = lost ? Result<void>(*lost) : work(session);
        promise->set_value(done);
        return done;
      });
  if (!posted) return ended;
  answer.wait();
  try {
    return answer.get();
  } catch (const std::future_error&) {  // dropped, since the control ended
    return ended;
  }
}

void Control::Link::post_in(std::chrono::milliseconds span, Work work) const {
  if (const auto impl = impl_.lock()) impl->post(Clock::now() + span, std::move(work));
}

}  // namespace tidegate::run
