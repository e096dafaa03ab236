#include "weir/http/date.hpp"

#include <chrono>
#include <cstring>
#include <ctime>
#include <string>

namespace weir::http {
namespace {

void two_digits(char* to, unsigned value) noexcept {
  to[0] = static_cast<char>('0' + value / 10 % 10);
  to[1] = static_cast<char>('0' + value % 10);
}

}  // namespace

void date_line::write(std::int64_t unix_seconds) noexcept {
  using namespace std::chrono;
  const sys_seconds instant{seconds(unix_seconds)};
  const auto day = floor<days>(instant);
  const year_month_day date(day);
  const hh_mm_ss time(instant - day);
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));

  char* const t = text_.data();
  std::memcpy(t, "Date: Sun, 00 Jan 0000 00:00:00 GMT\r\n", text_.size());
  std::memcpy(t + 6, &"SunMonTueWedThuFriSat"[weekday(day).c_encoding() * 3], 3);
  two_digits(t + 11, static_cast<unsigned>(date.day()));
  std::memcpy(
      t + 14,
      &"JanFebMarAprMayJunJulAugSepOctNovDec"[(static_cast<unsigned>(date.month()) - 1) * 3], 3);
  two_digits(t + 18, year / 100);
  two_digits(t + 20, year);
  two_digits(t + 23, static_cast<unsigned>(time.hours().count()));
  two_digits(t + 26, static_cast<unsigned>(time.minutes().count()));
  two_digits(t + 29, static_cast<unsigned>(time.seconds().count()));
  written_ = unix_seconds;
}

std::optional<std::int64_t> parse_date(std::string_view text) {
  // The longest there is names its day in full: "Wednesday, 06-Nov-94 08:49:37 GMT".
  constexpr std::size_t longest = 33;
  if (text.size() > longest) return std::nullopt;
  const std::string copy(text);
  for (const char* const form :
       {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"}) {
    std::tm at{};
    const char* const rest = ::strptime(copy.c_str(), form, &at);
    if (rest && *rest == '\0') return ::timegm(&at);
  }
  return std::nullopt;
}

}  // namespace weir::http
