// SPDX-License-Identifier: Apache-2.0
#include "worker/codec.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace tidegate::worker {
namespace {

const base::Error kError{base::Status::locked, "message", "hint", "a file", 3, 4, "55P03", "detail", "relation", "constraint"};

std::string everything() {
  Writer out;
  out.u8(0xFE).u32(0xFEDCBA98U).i32(-5).u64(std::numeric_limits<std::uint64_t>::max()).i64(std::numeric_limits<std::int64_t>::min());
  out.real(-0.25).text(std::string("zero \0 byte", 11)).text("").error(kError);
  return out.bytes();
}

void read_everything(Reader& in) {
  in.u8();
  in.u32();
  in.i32();
  in.u64();
  in.i64();
  in.real();
  in.text();
  in.text();
  in.error();
}

TEST(Codec, EveryType_ComesBackAsItWas) {
  const auto bytes = everything();
  Reader in(bytes);
  EXPECT_EQ(in.u8(), 0xFE);
  EXPECT_EQ(in.u32(), 0xFEDCBA98U);
  EXPECT_EQ(in.i32(), -5);
  EXPECT_EQ(in.u64(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(in.i64(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(in.real(), -0.25);
  EXPECT_EQ(in.text(), std::string_view("zero \0 byte", 11));
  EXPECT_EQ(in.text(), "");
  const auto error = in.error();
  EXPECT_EQ(error.code, kError.code);
  EXPECT_EQ(error.message + error.hint + error.file, "messagehinta file");
  EXPECT_EQ(error.line * 10 + error.column, 34U);
  EXPECT_EQ(error.sqlstate + error.detail + error.relation + error.constraint, "55P03detailrelationconstraint");
  EXPECT_TRUE(in.done());
}

TEST(Codec, CutAnywhere_IsNotOk) {
  const auto bytes = everything();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    Reader in(std::string_view(bytes).substr(0, size));
    read_everything(in);
    EXPECT_FALSE(in.ok()) << size;
  }
}

TEST(Codec, MoreThanWasAskedFor_IsNotDone) {
  const auto bytes = everything() + "x";
  Reader in(bytes);
  read_everything(in);
  EXPECT_TRUE(in.ok());
  EXPECT_FALSE(in.done());
}

TEST(Codec, TextLongerThanWhatIsThere_IsNotOk) {
  for (const std::uint64_t length : {std::uint64_t{6}, std::uint64_t{1} << 40U, std::numeric_limits<std::uint64_t>::max()}) {
    Writer out;
    out.u64(length).raw("hello");
    Reader in(out.bytes());
    EXPECT_EQ(in.text(), "");
    EXPECT_FALSE(in.ok());
  }
}

TEST(Codec, ErrorOfNoKnownClass_IsNotOk) {
  Writer out;
  out.i32(99);
  for (int i = 0; i < 3; ++i) out.text("");
  out.u32(0).u32(0);
  for (int i = 0; i < 4; ++i) out.text("");
  Reader in(out.bytes());
  in.error();
  EXPECT_FALSE(in.ok());
}

TEST(Frames, ByteByByte_ComeOutWhole) {
  const auto bytes = encode(FrameType::call, 7, "hello") + encode(FrameType::answer, 0xFFFFFFFFU, "") +
                     encode(FrameType::piece, 1, std::string(1000, '\0'));
  Frames frames;
  std::vector<Frame> got;
  for (const char c : bytes) {
    frames.add({&c, 1});
    while (auto frame = frames.next()) got.push_back(*std::move(frame));
  }
  ASSERT_EQ(got.size(), 3U);
  EXPECT_EQ(got[0].type, FrameType::call);
  EXPECT_EQ(got[0].id, 7U);
  EXPECT_EQ(got[0].payload, "hello");
  EXPECT_EQ(got[1].id, 0xFFFFFFFFU);
  EXPECT_EQ(got[1].payload, "");
  EXPECT_EQ(got[2].payload, std::string(1000, '\0'));
  EXPECT_FALSE(frames.malformed());
}

TEST(Frames, TheLargest_IsTakenAndOneMoreIsNot) {
  Frames fits;
  fits.add(encode(FrameType::call, 1, std::string(kMostInFrame, 'x')));
  const auto frame = fits.next();
  ASSERT_TRUE(frame.has_value());
  EXPECT_EQ(frame->payload.size(), kMostInFrame);

  Frames too_large;
  too_large.add(encode(FrameType::call, 1, std::string(kMostInFrame + 1, 'x')).substr(0, 4));  // the length alone says it
  EXPECT_FALSE(too_large.next().has_value());
  EXPECT_TRUE(too_large.malformed());
}

TEST(Frames, ShorterThanItsHead_IsMalformed) {
  Frames frames;
  frames.add(std::string_view("\x04\x00\x00\x00", 4));
  EXPECT_FALSE(frames.next().has_value());
  EXPECT_TRUE(frames.malformed());
}

TEST(Frames, UnknownType_IsMalformed) {
  for (const char type : {'\0', '\x08', '\xFF'}) {
    Frames frames;
    frames.add(std::string("\x05\x00\x00\x00", 4) + type + std::string(4, '\0'));
    EXPECT_FALSE(frames.next().has_value());
    EXPECT_TRUE(frames.malformed());
  }
}

TEST(Frames, AfterAMalformedOne_NothingIsRead) {
  Frames frames;
  frames.add("garbage of no kind");
  EXPECT_FALSE(frames.next().has_value());
  frames.add(encode(FrameType::call, 1, "x"));
  EXPECT_FALSE(frames.next().has_value());
  EXPECT_TRUE(frames.malformed());
}

TEST(Frames, RandomBytes_NeverGiveMoreThanTheyHold) {
  std::minstd_rand random(20240607);
  for (int round = 0; round < 2'000; ++round) {
    std::string bytes(random() % 64, '\0');
    for (auto& c : bytes) c = static_cast<char>(random() % (round % 2 == 0 ? 256 : 9));
    Frames frames;
    frames.add(bytes);
    std::size_t taken = 0;
    while (const auto frame = frames.next()) {
      taken += 9 + frame->payload.size();
      Reader in(frame->payload);
      read_everything(in);
    }
    EXPECT_LE(taken, bytes.size());
  }
}

}  // namespace
}  // namespace tidegate::worker
