// SPDX-License-Identifier: Apache-2.0
#include "base/redact.hpp"

#include <gtest/gtest.h>

using tidegate::base::Redactor;

namespace {

/// Plain base64, written apart from the product's so that both would have to be wrong in the same way.
std::string base64(const std::string& text, const char* last_two = "+/") {
  std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  alphabet += last_two;
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    unsigned triple = 0;
    for (std::size_t k = 0; k < 3; ++k) triple = triple * 256 + (i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k) out += i + k > text.size() ? '=' : alphabet[triple >> (18 - 6 * k) & 63U];
  }
  return out;
}

const std::string kSecret = "hunter2!pass~>?word";

}  // namespace

TEST(Redactor, SecretItself_IsMasked) {
  Redactor redactor;
  redactor.add(kSecret);
  EXPECT_EQ(redactor.apply("password=" + kSecret + " failed; " + kSecret), "password=*** failed; ***");
}

TEST(Redactor, PercentEncodedForms_AreMasked) {
  Redactor redactor;
  redactor.add("p@ss/w:rd");
  EXPECT_EQ(redactor.apply("postgres://u:p%40ss%2Fw%3Ard@host/db"), "postgres://u:***@host/db");
  EXPECT_EQ(redactor.apply("postgres://u:p%40ss%2fw%3ard@host/db"), "postgres://u:***@host/db");
}

TEST(Redactor, JsonEscapedForm_IsMasked) {
  Redactor redactor;
  redactor.add("pa\"ss\\wo\nrd");
  EXPECT_EQ(redactor.apply(R"({"p":"pa\"ss\\wo\nrd"})"), R"({"p":"***"})");
}

class RedactorBase64 : public testing::TestWithParam<std::string> {};
TEST_P(RedactorBase64, SecretInsideEncodedText_LeavesNoPartToDecode) {
  Redactor redactor;
  redactor.add(kSecret);
  for (const char* alphabet : {"+/", "-_"}) {
    const auto encoded = base64(GetParam() + kSecret + "@host", alphabet);
    const auto shown = redactor.apply("Authorization: Basic " + encoded);
    EXPECT_NE(shown.find("***"), std::string::npos) << encoded;
    // What stays holds at most the characters that the secret shares with its neighbours.
    const auto whole = base64(GetParam(), alphabet).size() + base64("@host", alphabet).size();
    EXPECT_LE(shown.size(), std::string("Authorization: Basic ***").size() + whole + 4) << shown;
  }
}
INSTANTIATE_TEST_SUITE_P(Offsets, RedactorBase64, testing::Values("", "u", "us", "use", "user", "user:"));

TEST(Redactor, ShortSecret_IsLeftSoThatWordsSurvive) {
  Redactor redactor;
  redactor.add("abc");
  redactor.add("");
  EXPECT_EQ(redactor.apply("abc of abcdef"), "abc of abcdef");
  redactor.add("abcd");
  EXPECT_EQ(redactor.apply("abcd"), "***");
}

TEST(Redactor, SecretInsideAnother_LeavesNoRest) {
  Redactor redactor;
  redactor.add("secret");
  redactor.add("secret-and-more");
  EXPECT_EQ(redactor.apply("x secret-and-more y secret z"), "x *** y *** z");
}

TEST(Redactor, MaskItselfAsSecret_EndsAllTheSame) {
  Redactor redactor;
  redactor.add("****");
  EXPECT_EQ(redactor.apply("a ******** b"), "a ****** b");
}

TEST(WithoutUrlPasswords, EachUrlOfAText_KeepsAllButThePassword) {
  using tidegate::base::without_url_passwords;
  EXPECT_EQ(without_url_passwords("url = \"postgresql://u:p/w@d@h:5432/d?a=b\" # x"), "url = \"postgresql://u:***@h:5432/d?a=b\" # x");
  EXPECT_EQ(without_url_passwords("a://u:p@h b://v:q@i"), "a://u:***@h b://v:***@i");
  for (const char* harmless : {"", "postgresql://u@h:5432/d", "https://h:80/a:b", "a:b@c", "x ://"}) EXPECT_EQ(without_url_passwords(harmless), harmless);
}

TEST(Redactor, WithoutSecrets_TextIsUnchanged) {
  EXPECT_EQ(Redactor().apply("nothing to hide"), "nothing to hide");
}
