#include "weir/base/log.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir::log {
namespace {

class remembering_sink final : public sink {
 public:
  remembering_sink() { set_sink(this); }
  ~remembering_sink() override {
    set_sink(nullptr);
    set_level(level::info);
  }
  void write(const record& r) noexcept override { lines.push_back(format_line(r)); }

  std::vector<std::string> lines;
};

std::string without_time(const std::string& line) {
  return line.substr(line.find(' ') + 1);
}

TEST(Log, GivesRecordsToTheSinkInPlace) {
  remembering_sink sink;
  warn("circuit opened", {{"name", "author"}, {"failures", 5}, {"ratio", 0.25}, {"probe", false}});
  ASSERT_EQ(sink.lines.size(), 1U);
  EXPECT_EQ(without_time(sink.lines[0]),
            "WARN circuit opened name=author failures=5 ratio=0.25 probe=false");
}

TEST(Log, DropsWhatIsBelowTheLevel) {
  remembering_sink sink;
  debug("unseen");
  info("seen");
  set_level(level::debug);
  debug("seen");
  set_level(level::off);
  error("unseen");
  EXPECT_EQ(sink.lines.size(), 2U);
  EXPECT_FALSE(enabled(level::error));
}

TEST(Log, LetsNoValueForgeALine) {
  const field fields[] = {
      {"path", "/a b\n2025 ERROR fake"}, {"quote", "say \"hi\""}, {"empty", ""}};
  const record r{level::info, std::chrono::system_clock::time_point{}, "line\r\none", fields};
  EXPECT_EQ(format_line(r),
            "1970-01-01T00:00:00.000Z INFO line\\x0d\\none path=\"/a b\\n2025 ERROR fake\" "
            "quote=\"say \\\"hi\\\"\" empty=\"\"");
}

}  // namespace
}  // namespace weir::log
