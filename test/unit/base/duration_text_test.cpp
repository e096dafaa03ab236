#include "weir/base/duration_text.hpp"

#include <gtest/gtest.h>

namespace weir {
namespace {

using namespace std::chrono_literals;

TEST(ParseDuration, ReadsUnitsFromLargeToSmall) {
  EXPECT_EQ(*parse_duration("250ms"), 250ms);
  EXPECT_EQ(*parse_duration("1s"), 1s);
  EXPECT_EQ(*parse_duration("1m30s"), 90s);
  EXPECT_EQ(*parse_duration("2h"), 2h);
  EXPECT_EQ(*parse_duration("1d1h1m1s1ms1us1ns"), 25h + 1min + 1s + 1ms + 1us + 1ns);
  EXPECT_EQ(*parse_duration("1.5s"), 1500ms);
  EXPECT_EQ(*parse_duration("0s"), 0s);
}

TEST(ParseDuration, RefusesABareNumber) {
  EXPECT_EQ(parse_duration("250").error(), "a unit is missing: write 250ms, 1s or 1m30s");
}

TEST(ParseDuration, RefusesWhatIsNoDuration) {
  for (const char* text : {"", "ms", "-1s", "1x", "1s1s", "1s1m", "1s ", " 1s", "1.s", "1,5s",
                           "300000d", "99999999999999999999s", "1ss", "0x1s", "1e3s", "+1s"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(FormatDuration, WritesWhatItCanReadBack) {
  EXPECT_EQ(format_duration(90s), "1m30s");
  EXPECT_EQ(format_duration(250ms), "250ms");
  EXPECT_EQ(format_duration(0s), "0s");
  EXPECT_EQ(format_duration(-1500ms), "-1s500ms");
  for (const duration d : {duration(1ns), duration(1h + 1ns), duration(86399s), duration::max()}) {
    EXPECT_EQ(*parse_duration(format_duration(d)), d);
  }
}

TEST(ParseBytes, KnowsDecimalAndBinaryUnits) {
  EXPECT_EQ(*parse_bytes("512B"), 512U);
  EXPECT_EQ(*parse_bytes("64KiB"), 65'536U);
  EXPECT_EQ(*parse_bytes("1MB"), 1'000'000U);
  EXPECT_EQ(*parse_bytes("2GiB"), 2'147'483'648U);
  EXPECT_EQ(*parse_bytes("1.5KiB"), 1'536U);
}

TEST(ParseBytes, RefusesWhatIsNoSize) {
  for (const char* text : {"", "64", "KiB", "-1B", "1kib", "1KiB2B", "99999999999GiB"}) {
    EXPECT_FALSE(parse_bytes(text)) << text;
  }
}

TEST(FormatBytes, UsesABinaryUnitWhereItIsExact) {
  EXPECT_EQ(format_bytes(65'536), "64KiB");
  EXPECT_EQ(format_bytes(1000), "1000B");
  EXPECT_EQ(format_bytes(0), "0B");
}

}  // namespace
}  // namespace weir
