// SPDX-License-Identifier: Apache-2.0
// A plugin with one mistake: the check of that mistake finds it, and no other check complains.
#include "checking.hpp"

namespace tidegate::test {
namespace {

using Names = std::set<std::string>;

struct Mistake {
  std::string name;  ///< of the mistake, or a file below fixtures/
  Names checks;      ///< that find it
  std::string result;
};
std::ostream& operator<<(std::ostream& out, const Mistake& mistake) {
  return out << mistake.name;
}

const std::vector<Mistake>& of_the_code() {
  static const std::vector<Mistake> list{
      {"load_prints", {"load.silent"}, "fail"},
      {"load_thread", {"load.threads"}, "fail"},
      {"load_opens_file", {"load.descriptors"}, "fail"},
      {"load_changes_folder", {"load.surroundings"}, "fail"},
      {"load_crashes", {"load.opens"}, "crash"},
      {"load_hangs", {"load.opens"}, "timeout"},
      {"crashes_at_exit", {"load.exit", "run.exit"}, "crash"},
      {"refuses_its_type", {"create.type"}, "fail"},
      {"short_stage", {"create.stage"}, "fail"},
      {"takes_any_type", {"create.unknown_type"}, "fail"},
      {"one_instance", {"create.two"}, "fail"},
      {"create_opens", {"create.quiet"}, "fail"},
      {"asks_undeclared", {"run.services"}, "warn"},
      {"validate_without_message", {"config.plain"}, "fail"},
      {"wrong_type_crashes", {"config.wrong"}, "crash"},
      {"absent_crashes", {"config.absent"}, "crash"},
      {"large_number_crashes", {"config.random"}, "crash"},
      {"validate_opens", {"config.quiet"}, "fail"},
      {"validate_once", {"config.again"}, "fail"},
      {"reads_undeclared", {"run.settings"}, "fail"},
      {"no_verdict", {"run.answer"}, "fail"},
      {"no_such_verdict", {"run.answer"}, "fail"},
      {"fails_without_message", {"run.answer"}, "fail"},
      {"apply_blocks", {"run.answer", "run.block"}, "fail"},
      {"exits", {"run.answer"}, "crash"},
      {"crashes", {"run.answer"}, "crash"},
      {"allocates", {"run.answer"}, "crash"},
      {"hangs", {"run.answer"}, "timeout"},
      {"blocks_silently", {"run.block"}, "fail"},
      {"needs_wanted_service", {"run.without_service"}, "crash"},
      {"crashes_when_locked", {"run.call_fails"}, "crash"},
      {"passes_without_database", {"run.failure"}, "fail"},
      {"ignores_cancellation", {"run.cancelled"}, "fail"},
      {"waits_beyond_deadline", {"run.deadline"}, "timeout"},
      {"cancel_crashes", {"run.cancel", "run.cancelled", "run.deadline"}, "crash"},
      {"runs_once", {"run.again"}, "crash"},
      {"logs_secret", {"run.secrets"}, "fail"},
      {"emits_undeclared", {"run.declared"}, "fail"},
      {"publishes_undeclared", {"run.declared"}, "fail"},
      {"answers_anything", {"run.method"}, "fail"},
      {"damaged_json_crashes", {"run.arguments"}, "crash"},
      {"writes_in_dry_run", {"run.dry"}, "fail"},
      {"precheck_writes", {"run.read_only"}, "fail"},
      {"changes_unannounced", {"run.changing"}, "fail"},
      {"rolls_back_once", {"run.rollback_twice"}, "fail"},
      {"leaves_thread", {"run.threads"}, "fail"},
      {"leaves_file", {"run.descriptors"}, "fail"},
      {"closes_stderr", {"run.descriptors"}, "fail"},
      {"changes_folder", {"run.surroundings"}, "fail"},
      {"changes_environment", {"run.surroundings"}, "fail"},
      {"changes_locale", {"run.surroundings"}, "fail"},
      {"changes_signal", {"run.surroundings"}, "fail"},
      {"changes_umask", {"run.surroundings"}, "fail"},
      {"leaves_child", {"run.children"}, "fail"},
      {"prints", {"run.silent"}, "warn"},
      {"leaves_memory", {"run.memory"}, "fail"},
      {"dies_at_exit", {"run.exit"}, "crash"},
      {"wants_equal_size", {"growth.newer"}, "fail"},
      {"reads_beyond_struct", {"growth.older"}, "crash"},
      {"crashes_at_later_status", {"growth.status"}, "crash"},
  };
  return list;
}

const std::vector<Mistake>& of_the_file() {
  static const std::vector<Mistake> list{
      {"bad/not_a_plugin", {"file.library"}, "fail"},
      {"bad/bad_manifest", {"file.manifest"}, "fail"},
      {"bad/wrong_major", {"file.accepted"}, "fail"},
      {"bad/unknown_service", {"file.accepted"}, "fail"},
      {"bad/missing_dependency", {"load.opens"}, "fail"},
      {"bad/no_entry", {"file.exports", "load.entry"}, "fail"},
      {"bad/short_struct", {"load.entry"}, "fail"},
      {"bad/no_create", {"load.entry"}, "fail"},
      {"bad/wrong_entry_major", {"load.entry"}, "fail"},
      {"bad/lying_manifest", {"load.manifest"}, "fail"},
      {"fixture_plain_c", {"file.described"}, "warn"},
      {"check/linked_UNIQUE", {"file.unique"}, "fail"},
      {"check/linked_EXPORTS", {"file.exports"}, "fail"},
      {"check/linked_STACK", {"file.stack"}, "fail"},
      {"check/linked_RELOCATIONS", {"file.relocations"}, "fail"},
      {"check/linked_LAZY", {"file.now"}, "warn"},
      {"check/linked_SEARCH_PATH", {"file.path"}, "warn"},
      {"check/linked_SHARED_RUNTIME", {"file.runtime"}, "warn"},
  };
  return list;
}

std::string name_of(const testing::TestParamInfo<Mistake>& info) {
  auto out = info.param.name;
  for (char& c : out)
    if (c == '/') c = '_';
  return out;
}

class MistakeOfTheCode : public testing::TestWithParam<Mistake> {};

TEST_P(MistakeOfTheCode, IsFoundByItsCheckAlone) {
  const auto& mistake = GetParam();
  std::vector<std::string> arguments{"--time-limit", "60s"};
  if (mistake.result == "timeout")
    arguments = {"--time-limit", "1s", "--only", *mistake.checks.begin()};  // on a slow machine others might take longer
  const auto checked = check(FIXTURES "/check/fixture_mistaken.tidegate.so", arguments, mistake.name);
  EXPECT_EQ(checked.with({"warn", "fail", "crash", "timeout"}), mistake.checks) << checked.messages();
  EXPECT_EQ(checked.with({mistake.result}), mistake.checks) << checked.messages();
  EXPECT_EQ(checked.process.exit_code, mistake.result == "warn" ? 0 : 3);
}

INSTANTIATE_TEST_SUITE_P(Check, MistakeOfTheCode, testing::ValuesIn(of_the_code()), name_of);

class MistakeOfTheFile : public testing::TestWithParam<Mistake> {};

TEST_P(MistakeOfTheFile, IsFoundByItsCheckAlone) {
  const auto& mistake = GetParam();
  auto path = std::string(FIXTURES "/") + mistake.name + ".tidegate.so";
  const auto slash = path.rfind('/');
  if (path.find("/fixture_") == std::string::npos) path.insert(slash + 1, "fixture_");
  auto found = check(path, {"--time-limit", "60s"}).with({mistake.result});
  if (mistake.result == "fail") found.erase("file.described");
  EXPECT_TRUE(std::includes(found.begin(), found.end(), mistake.checks.begin(), mistake.checks.end()));
  EXPECT_EQ(found.size(), mistake.checks.size()) << check(path).messages();
}

INSTANTIATE_TEST_SUITE_P(Check, MistakeOfTheFile, testing::ValuesIn(of_the_file()), name_of);

TEST(Mistakes, EveryCheck_HasAPluginThatItFindsFault_With) {
  Names proven{"file.name"};  // Check_FileOfAnotherName_IsFound
  for (const auto* list : {&of_the_code(), &of_the_file()})
    for (const auto& mistake : *list) proven.insert(mistake.checks.begin(), mistake.checks.end());
  Names all;
  const auto checked = check(FIXTURES "/check/fixture_mistaken.tidegate.so");
  for (const auto& result : checked.answer["files"][0]["results"]) all.insert(result["check"]);
  EXPECT_EQ(proven, all);
}

TEST(Mistakes, PluginWithoutOne_PassesAll) {
  for (const auto* path : {FIXTURES "/check/fixture_mistaken.tidegate.so", FIXTURES "/check/fixture_linked_RIGHT.tidegate.so"}) {
    const auto checked = check(path, {"--time-limit", "60s"});
    EXPECT_EQ(checked.process.exit_code, 0);
    EXPECT_EQ(checked.messages(), "");
  }
}

}  // namespace
}  // namespace tidegate::test
