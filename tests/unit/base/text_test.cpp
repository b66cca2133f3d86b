// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"

#include <gtest/gtest.h>

using namespace tidegate::base;
using std::chrono::milliseconds;

TEST(Nearest, Misspelling_FindsTheNameThatWasMeant) {
  const std::vector<std::string> names{"migrations", "timeout", "lock_wait", "on"};
  EXPECT_EQ(nearest("migratons", names), "migrations");
  EXPECT_EQ(nearest("Timeout", names), "timeout");
  EXPECT_EQ(nearest("lockwait", names), "lock_wait");
  EXPECT_EQ(nearest("of", names), "on");
  EXPECT_EQ(nearest("timeuot", names), "timeout") << "two letters swapped are one mistake";
}

TEST(Nearest, SomethingElse_FindsNothing) {
  EXPECT_EQ(nearest("colour", {"migrations", "timeout"}), std::nullopt);
  EXPECT_EQ(nearest("x", {}), std::nullopt);
  EXPECT_EQ(did_you_mean("colour", {"timeout"}), "");
  EXPECT_EQ(did_you_mean("timeot", {"timeout"}), "; did you mean 'timeout'?");
}

TEST(Duration, WrittenForms_AreRead) {
  EXPECT_EQ(parse_duration("250ms"), milliseconds(250));
  EXPECT_EQ(parse_duration("10s"), milliseconds(10'000));
  EXPECT_EQ(parse_duration("1.5m"), milliseconds(90'000));
  EXPECT_EQ(parse_duration("2h"), milliseconds(7'200'000));
  EXPECT_EQ(parse_duration("1h30m"), milliseconds(5'400'000));
  EXPECT_EQ(parse_duration("1h 30m"), milliseconds(5'400'000));
  EXPECT_EQ(parse_duration(" 5 s "), milliseconds(5'000));
  EXPECT_EQ(parse_duration("1d"), milliseconds(86'400'000));
  EXPECT_EQ(parse_duration("0"), milliseconds(0));
}

class NoDuration : public testing::TestWithParam<const char*> {};
TEST_P(NoDuration, Text_IsRefused) {
  EXPECT_EQ(parse_duration(GetParam()), std::nullopt);
}
INSTANTIATE_TEST_SUITE_P(Texts, NoDuration,
                         testing::Values("", " ", "10", "s", "-1s", "1x", "1s2", "soon", "1e3s", "inf s", "nan", "9999999999999d",
                                         "1..5s"));

TEST(Duration, Shown_IsShort) {
  EXPECT_EQ(format_duration(milliseconds(0)), "0 ms");
  EXPECT_EQ(format_duration(milliseconds(412)), "412 ms");
  EXPECT_EQ(format_duration(milliseconds(3'200)), "3.2 s");
  EXPECT_EQ(format_duration(milliseconds(125'000)), "2 min 5 s");
  EXPECT_EQ(format_duration(milliseconds(7'260'000)), "2 h 1 min");
}

TEST(Size, WrittenForms_AreBinaryMultiples) {
  EXPECT_EQ(parse_size("512"), 512);
  EXPECT_EQ(parse_size("64kB"), 65'536);
  EXPECT_EQ(parse_size("10 MB"), 10'485'760);
  EXPECT_EQ(parse_size("1.5GiB"), 1'610'612'736);
  EXPECT_EQ(parse_size("1TB"), 1'099'511'627'776);
}

class NoSize : public testing::TestWithParam<const char*> {};
TEST_P(NoSize, Text_IsRefused) {
  EXPECT_EQ(parse_size(GetParam()), std::nullopt);
}
INSTANTIATE_TEST_SUITE_P(Texts, NoSize, testing::Values("", "kB", "-1", "1 x", "1kB1", "99999999TB"));

TEST(Utf8, ValidText_HasNoInvalidByte) {
  EXPECT_EQ(find_invalid_utf8(""), std::nullopt);
  EXPECT_EQ(find_invalid_utf8("plain, é, €, 😀, \xED\x9F\xBF, \xEE\x80\x80, \xF4\x8F\xBF\xBF"), std::nullopt);
}

struct Broken {
  const char* text;
  std::size_t at;
};
class InvalidUtf8 : public testing::TestWithParam<Broken> {};
TEST_P(InvalidUtf8, Text_IsPointedAt) {
  EXPECT_EQ(find_invalid_utf8(GetParam().text), GetParam().at);
}
INSTANTIATE_TEST_SUITE_P(Texts, InvalidUtf8,
                         testing::Values(Broken{"ab\xFF", 2}, Broken{"\x80", 0}, Broken{"a\xC3", 1}, Broken{"\xC3(", 0},
                                         Broken{"\xC0\xAF", 0}, Broken{"\xE0\x80\xAF", 0}, Broken{"\xF0\x80\x80\x80", 0},
                                         Broken{"\xED\xA0\x80", 0}, Broken{"\xF4\x90\x80\x80", 0}, Broken{"\xF5\x80\x80\x80", 0},
                                         Broken{"\xE2\x82", 0}));

TEST(Text, WordsSplitTrimAndCase_DoWhatTheySay) {
  EXPECT_EQ(join_words({}), "");
  EXPECT_EQ(join_words({"a"}), "a");
  EXPECT_EQ(join_words({"a", "b", "c"}), "a, b and c");
  EXPECT_EQ(split("a,,b", ','), (std::vector<std::string>{"a", "", "b"}));
  EXPECT_EQ(split("", ','), std::vector<std::string>{""});
  EXPECT_EQ(trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(trim(" \n"), "");
  EXPECT_EQ(to_lower("ÄbC1"), "Äbc1") << "letters beyond ASCII stay";
}

TEST(Time, Shown_IsRfc3339InUtc) {
  EXPECT_EQ(format_time(std::chrono::system_clock::time_point(milliseconds(1'795'368'439'007))), "2026-11-22T17:27:19.007Z");
  EXPECT_EQ(format_time({}), "1970-01-01T00:00:00.000Z");
}
