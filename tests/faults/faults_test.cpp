// SPDX-License-Identifier: Apache-2.0
//
// Whatever ends a run, at whatever moment: after one more run the database is completely migrated, or exactly as before,
// and nobody has anything to do by hand.
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <random>
#include <thread>

#include "scene.hpp"
#include "scratch/server.hpp"
#include "support/wire_proxy.hpp"

namespace tidegate::test {
namespace {

class Faults : public ::testing::TestWithParam<Ending> {
 protected:
  Scene scene{GetParam()};
  int tried = 0, right = 0;

  void judge(const std::string& wrong, const std::string& moment) {
    ++tried;
    if (wrong.empty()) ++right;
    EXPECT_EQ(wrong, "") << moment;
  }
  void TearDown() override { std::printf("%d of %d put right\n", right, tried); }
};

/// Kills the run when it is about to send a message, or has just sent it; false: it came to its end before.
bool killed_at(const Scene& scene, WireProxy& proxy, const std::string& database, int round_trip, bool after) {
  std::atomic<const Process*> process{nullptr};
  std::atomic<bool> killed{false};
  proxy.call_at(round_trip, after, [&] {
    while (process == nullptr) std::this_thread::yield();
    process.load()->signal(SIGKILL);
    killed = true;
  });
  Process run(scene.run(proxy.url(database)));
  process = &run;
  run.wait();
  proxy.cut_at(0);
  return killed;
}

TEST_P(Faults, KilledAtEveryMessage) {
  for (int n = 1;; ++n) {
    bool killed = false;
    for (const bool after : {false, true}) {
      if (sampled(10) == 1 && (n + static_cast<int>(after)) % 3 != 0) {
        killed = true;
        continue;
      }
      TestDatabase database(scene.made_from());
      WireProxy proxy;  // for the next run, too: by another address it is another target
      killed = killed_at(scene, proxy, database.name(), n, after);
      judge(scene.wrong_after_the_next_run(proxy.url(database.name())), (after ? "after message " : "before message ") + std::to_string(n));
    }
    if (!killed) break;
  }
  EXPECT_GT(tried, 10);
}

TEST_P(Faults, KilledAtAnyMoment) {
  std::mt19937 random(20'261'127);
  int hit = 0;
  for (int n = 0; n < sampled(150); ++n) {
    TestDatabase database(scene.made_from());
    const auto moment = std::chrono::microseconds(random() % 200'000);
    Process run(scene.run(database.url()));
    std::this_thread::sleep_for(moment);
    run.signal(SIGKILL);
    if (run.wait().exit_code == 128 + SIGKILL) ++hit;
    judge(scene.wrong_after_the_next_run(database.url()), "killed after " + std::to_string(moment.count()) + " us");
  }
  std::printf("%d were killed before their end\n", hit);
}

TEST_P(Faults, ConnectionCutAtAnyByte) {
  std::mt19937 random(20'261'127);
  std::uint64_t bytes = 0;
  {
    TestDatabase database(scene.made_from());
    WireProxy proxy;
    (void)run(scene.run(proxy.url(database.name())));
    bytes = proxy.counts().sent + proxy.counts().received;
  }
  ASSERT_GT(bytes, 10'000U);
  for (int n = 0; n < sampled(150); ++n) {
    TestDatabase database(scene.made_from());
    WireProxy proxy;
    const auto byte = random() % bytes;
    proxy.cut_after_bytes(byte);
    const auto broken = run(scene.run(proxy.url(database.name())));
    EXPECT_FALSE(broken.timed_out);
    judge(scene.wrong_after_the_next_run(proxy.url(database.name())), "cut after byte " + std::to_string(byte) + ": " + all_output(broken));
  }
}

/// A connection to a server that may just be recovering.
Connection connected(const std::string& url) {
  for (int n = 0;; ++n) {
    try {
      return Connection(url);
    } catch (const std::exception&) {
      if (n == 200) throw;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }
}

TEST_P(Faults, ServerCrashesAtAnyMoment) {
  scratch::Options options;
  options.durable = true;
  auto server = scratch::Server::start(options, base::Deadline::in(std::chrono::minutes(2)));
  ASSERT_TRUE(server) << server.error().message;
  std::mt19937 random(20'261'127);
  int hit = 0;
  for (int n = 0; n < sampled(150); ++n) {
    const auto name = "crash_" + std::to_string(n);
    const auto url = (*server)->url(name);
    connected((*server)->url()).sql("create database " + name);
    connected(url).sql(Scene::before());
    auto watcher = connected((*server)->url());
    const auto moment = std::chrono::microseconds(random() % 200'000);
    Process run(scene.run(url));
    std::this_thread::sleep_for(moment);
    const auto pids = watcher.sql("select pid from pg_stat_activity where datname = '" + name + "' order by random()");
    if (!pids.empty()) {  // the others end with it, and the server recovers from its log
      ++hit;
      ::kill(std::stoi(pids[0][0].value()), SIGKILL);
    }
    const auto broken = run.wait();
    EXPECT_FALSE(broken.timed_out);
    judge(scene.wrong_after_the_next_run(url), "crashed after " + std::to_string(moment.count()) + " us: " + all_output(broken));
    connected((*server)->url()).sql("drop database " + name + " with (force)");
  }
  std::printf("%d met a session of the run\n", hit);
  EXPECT_GT(hit, 0);
}

INSTANTIATE_TEST_SUITE_P(Of, Faults, ::testing::Values(Ending::complete, Ending::goes_back),
                         [](const auto& which) { return which.param == Ending::complete ? "AHistoryThatWorks" : "OneWhoseLastFails"; });

}  // namespace
}  // namespace tidegate::test
