// SPDX-License-Identifier: Apache-2.0
// What a run costs on the wire, counted by a proxy in front of the server: numbers that hold on every machine.
#include <algorithm>

#include "project.hpp"
#include "support/wire_proxy.hpp"

namespace tidegate::test {
namespace {

class RoundTrips : public ProjectTest {
 protected:
  void migrations(int count) {
    for (int i = 0; i < count; ++i) {
      const auto n = std::to_string(1000 + i);
      project.migration("20240101" + n + "00_t",
                        "CREATE TABLE t" + n + " (id int PRIMARY KEY);\nCREATE INDEX i" + n + " ON t" + n + " (id);\n");
    }
  }
  WireProxy::Counts counted(std::vector<std::string> args) {
    proxy_.reset_counts();
    args.insert(args.end(), {"--url", proxy_.url(project.db.name())});
    EXPECT_CODE(project.tidegate(args), 0);
    return proxy_.counts();
  }
  static int counted_of(const WireProxy::Counts& counts, const std::string& text) {
    return static_cast<int>(std::count_if(counts.statements.begin(), counts.statements.end(),
                                          [&](const std::string& statement) { return statement.find(text) != std::string::npos; }));
  }
  static std::string told(const WireProxy::Counts& counts) {
    std::string out;
    for (const auto& statement : counts.statements) out += statement.substr(0, 400) + "\n--\n";
    return out;
  }

 private:
  WireProxy proxy_;
};

TEST_F(RoundTrips, NothingToDo_TakesOneConnectionAndFourAtMost) {
  migrations(30);
  counted({"run"});
  const auto counts = counted({"run"});
  EXPECT_EQ(counts.connections, 1);
  EXPECT_LE(counts.round_trips(), 4) << told(counts);
}

TEST_F(RoundTrips, NothingToDo_DoesNotDependOnTheLengthOfTheHistory) {
  migrations(1);
  counted({"run"});
  const auto with_few = counted({"run"}).round_trips();
  migrations(200);
  counted({"run"});
  EXPECT_EQ(counted({"run"}).round_trips(), with_few);
}

TEST_F(RoundTrips, Apply_TakesOneForEachMigration) {
  constexpr int kMany = 100;
  migrations(kMany);
  const auto counts = counted({"run", "minimal"});
  EXPECT_EQ(project.applied().size(), static_cast<std::size_t>(kMany));
  const int looks = counted_of(counts, "pg_backend_pid() = $1");  // at the lease, and so one more every five seconds
  EXPECT_LE(counts.round_trips() - looks, kMany + 24) << told(counts);
}

TEST_F(RoundTrips, Journal_TakesLessThanOneForEachMigration) {
  constexpr int kMany = 100;
  migrations(kMany);
  const auto counts = counted({"run"});
  EXPECT_EQ(project.applied().size(), static_cast<std::size_t>(kMany));
  const auto writes = counted_of(counts, "INSERT INTO tidegate.events");
  EXPECT_GE(writes, 2) << "with the begin and with the end";
  EXPECT_LE(writes, kMany);
}

TEST_F(RoundTrips, ConnectionsOfAWholeRun_AreFew) {
  migrations(5);
  const auto counts = counted({"run"});
  const int watch = counted_of(counts, "pg_blocking_pids") > 0 ? 1 : 0;  // when a statement took its time
  EXPECT_LE(counts.connections, 3 + watch) << "control, main, and a fresh one for health\n" << told(counts);
}

}  // namespace
}  // namespace tidegate::test
