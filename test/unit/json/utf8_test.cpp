#include "weir/json/utf8.hpp"

#include <gtest/gtest.h>

#include <string>

namespace weir::json {
namespace {

TEST(Utf8, EveryCodePointIsOneSequenceOfTheRightLength) {
  for (std::uint32_t code = 0; code <= 0x10FFFF; ++code) {
    if (code >= 0xD800 && code <= 0xDFFF) continue;
    char text[4];
    const std::size_t length = utf8_encode(code, text);
    ASSERT_EQ(length, code < 0x80 ? 1u : code < 0x800 ? 2u : code < 0x10000 ? 3u : 4u);
    ASSERT_EQ(utf8_sequence({text, length}), length) << code;
    for (std::size_t cut = 1; cut < length; ++cut)
      ASSERT_EQ(utf8_sequence({text, cut}), 0u) << code;
  }
}

TEST(Utf8, WhatIsNoCodePointBecomesTheReplacementCharacter) {
  for (const std::uint32_t code : {0xD800u, 0xDFFFu, 0x110000u, 0xFFFFFFFFu}) {
    char text[4];
    EXPECT_EQ(std::string_view(text, utf8_encode(code, text)), "\xEF\xBF\xBD");
  }
}

TEST(Utf8, RefusesEveryTwoByteSequenceThatIsNone) {
  for (unsigned first = 0x80; first <= 0xFF; ++first) {
    for (unsigned second = 0; second <= 0xFF; ++second) {
      const char text[2] = {static_cast<char>(first), static_cast<char>(second)};
      const bool sound = first >= 0xC2 && first <= 0xDF && second >= 0x80 && second <= 0xBF;
      ASSERT_EQ(utf8_sequence({text, 2}), sound ? 2u : 0u) << first << ' ' << second;
    }
  }
}

TEST(Utf8, RefusesOverlongFormsSurrogatesAndWhatLiesAboveTheLast) {
  for (const auto text :
       {"\xC0\xAF", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFE", "\xFF"}) {
    EXPECT_EQ(utf8_sequence(text), 0u) << text;
  }
}

TEST(Utf8, FindsWhereSoundTextEnds) {
  const std::string sound(50, 'a');
  for (std::size_t at = 0; at < sound.size(); ++at) {
    auto broken = sound;
    broken[at] = '\xFF';
    EXPECT_EQ(utf8_valid_prefix(broken), at);
  }
  EXPECT_EQ(utf8_valid_prefix(sound + "\xC3\xA9"), sound.size() + 2);
  EXPECT_EQ(utf8_valid_prefix(""), 0u);
}

TEST(Utf8, CountsAndFindsCodePoints) {
  const std::string_view text = "a\xC3\xA9\xE2\x82\xAC\xF0\x9D\x84\x9Ez";
  EXPECT_EQ(utf8_length(text), 5u);
  EXPECT_EQ(utf8_offset(text, 0), 0u);
  EXPECT_EQ(utf8_offset(text, 2), 3u);
  EXPECT_EQ(utf8_offset(text, 4), 10u);
  EXPECT_EQ(utf8_offset(text, 5), text.size());
  EXPECT_EQ(utf8_offset(text, 99), text.size());
}

TEST(Utf8, ShowsTheBeginningOfALongTextWithoutHalfACharacter) {
  EXPECT_EQ(utf8_front("aдд", 5), "aдд");
  EXPECT_EQ(utf8_front("aдд", 4), "aд");
  EXPECT_EQ(utf8_front("aдд", 3), "aд");
  EXPECT_EQ(utf8_front("aдд", 2), "a");
  EXPECT_EQ(utf8_front("дд", 1), "");
  EXPECT_EQ(utf8_front("a\xF0\x9F\x98\x80z", 4), "a");
}

}  // namespace
}  // namespace weir::json
