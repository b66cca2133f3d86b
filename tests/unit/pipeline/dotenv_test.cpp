// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "fixture.hpp"

namespace tidegate::pipeline::testing {
namespace {

using Values = std::map<std::string, std::string>;

TEST(Dotenv, Lines_AreRead) {
  EXPECT_EQ(parse_dotenv("A=1\nB = two words  \nexport C=3\r\nD=\n  E=5"),
            (Values{{"A", "1"}, {"B", "two words"}, {"C", "3"}, {"D", ""}, {"E", "5"}}));
}

TEST(Dotenv, LaterLine_Wins) {
  EXPECT_EQ(parse_dotenv("A=1\nA=2\n"), (Values{{"A", "2"}}));
}

TEST(Dotenv, Comments_AreLeftOut) {
  EXPECT_EQ(parse_dotenv("# A=1\nB=2 # two\nC=\"a#b\" # c\nD='#'\n"), (Values{{"B", "2"}, {"C", "a#b"}, {"D", "#"}}));
}

TEST(Dotenv, Quotes_AreTakenOff) {
  EXPECT_EQ(parse_dotenv("A=\"x y\"\nB='x y'\nC=`it's \"so\"`\nD=\"open\nE=it's\n"),
            (Values{{"A", "x y"}, {"B", "x y"}, {"C", "it's \"so\""}, {"D", "\"open"}, {"E", "it's"}}));
}

TEST(Dotenv, QuotedValue_MaySpanLines) {
  EXPECT_EQ(parse_dotenv("A=\"one\ntwo\"\nB=3\n"), (Values{{"A", "one\ntwo"}, {"B", "3"}}));
  EXPECT_EQ(parse_dotenv("A=\"one\\ntwo\"\nB='one\\ntwo'\n"), (Values{{"A", "one\ntwo"}, {"B", "one\\ntwo"}}));
}

TEST(Dotenv, References_AreExpanded) {
  EXPECT_EQ(parse_dotenv("HOST=db\nURL=postgres://${HOST}:$PORT/x\nOTHER='${HOST}'\n", variables({{"PORT", "5433"}})),
            (Values{{"HOST", "db"}, {"URL", "postgres://db:5433/x"}, {"OTHER", "${HOST}"}}));
  EXPECT_EQ(parse_dotenv("A=${NO:-default}\n"), (Values{{"A", "default"}}));
}

TEST(Dotenv, ProcessVariable_WinsInReferences) {
  EXPECT_EQ(parse_dotenv("HOST=file\nURL=${HOST}\n", variables({{"HOST", "process"}})).at("URL"), "process");
}

TEST(Dotenv, DollarThatNamesNothing_StaysAsWritten) {
  EXPECT_EQ(parse_dotenv("A=pa$word\nB=${NOTHING}\nC=cost \\$5\nD=$5\n"),
            (Values{{"A", "pa$word"}, {"B", "${NOTHING}"}, {"C", "cost $5"}, {"D", "$5"}}));
}

TEST(Dotenv, ByteOrderMarkAndNonsense_AreSkipped) {
  EXPECT_EQ(parse_dotenv("\xEF\xBB\xBF"
                         "A=1\nnonsense\n=x\nB C=3\nD=4\n"),
            (Values{{"A", "1"}, {"D", "4"}}));
  EXPECT_EQ(parse_dotenv(""), Values{});
}

}  // namespace
}  // namespace tidegate::pipeline::testing
