#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

// The character classes of RFC 9110 and 9112, and the scans built on them. Scans never look at or
// behind `end`.
namespace weir::http::detail {

constexpr bool is_alpha(unsigned char c) noexcept {
  return static_cast<unsigned char>((c | 0x20) - 'a') < 26;
}
constexpr bool is_digit(unsigned char c) noexcept {
  return static_cast<unsigned char>(c - '0') < 10;
}

template <class Predicate>
constexpr std::array<bool, 256> make_class(Predicate belongs) {
  std::array<bool, 256> table{};
  for (unsigned c = 0; c < 256; ++c) table[c] = belongs(static_cast<unsigned char>(c));
  return table;
}

inline constexpr auto token_class = make_class([](unsigned char c) {
  return is_alpha(c) || is_digit(c) ||
         std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos;
});
// Field values, reasons: no control but the tab; obs-text passes.
inline constexpr auto value_class =
    make_class([](unsigned char c) { return c == '\t' || (c >= 0x20 && c != 0x7f); });
// Targets: visible ASCII without '#'. Browsers send some characters unencoded that RFC 3986 would
// have encoded ({}|^ in a query), and none of those can confuse framing.
inline constexpr auto target_class =
    make_class([](unsigned char c) { return c > 0x20 && c < 0x7f && c != '#'; });
inline constexpr auto unreserved_class = make_class([](unsigned char c) {
  return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
});

inline bool is_token_char(char c) noexcept {
  return token_class[static_cast<unsigned char>(c)];
}
inline bool is_value_char(char c) noexcept {
  return value_class[static_cast<unsigned char>(c)];
}
inline bool is_unreserved(char c) noexcept {
  return unreserved_class[static_cast<unsigned char>(c)];
}
inline bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t';
}

inline int hex_value(char c) noexcept {
  if (is_digit(static_cast<unsigned char>(c))) return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

inline const char* skip_token(const char* p, const char* end) noexcept {
  while (p != end && is_token_char(*p)) ++p;
  return p;
}

inline const char* skip_value(const char* p, const char* end) noexcept {
#if defined(__SSE2__)
  const __m128i highest_control = _mm_set1_epi8(0x1f);
  const __m128i tab = _mm_set1_epi8('\t');
  const __m128i del = _mm_set1_epi8(0x7f);
  while (end - p >= 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const __m128i control = _mm_cmpeq_epi8(_mm_max_epu8(block, highest_control), highest_control);
    const __m128i stop = _mm_or_si128(_mm_andnot_si128(_mm_cmpeq_epi8(block, tab), control),
                                      _mm_cmpeq_epi8(block, del));
    const int mask = _mm_movemask_epi8(stop);
    if (mask != 0) return p + __builtin_ctz(static_cast<unsigned>(mask));
    p += 16;
  }
#endif
  while (p != end && is_value_char(*p)) ++p;
  return p;
}

// Stops at the first character that no target has. `question` becomes the first '?' before it, if
// any.
inline const char* skip_target(const char* p, const char* end, const char*& question) noexcept {
#if defined(__SSE2__)
  const __m128i lowest = _mm_set1_epi8(0x21);
  const __m128i del = _mm_set1_epi8(0x7f);
  const __m128i hash = _mm_set1_epi8('#');
  const __m128i mark = _mm_set1_epi8('?');
  while (end - p >= 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    // A signed comparison: bytes of 0x80 and above count as less.
    const __m128i stop =
        _mm_or_si128(_mm_cmplt_epi8(block, lowest),
                     _mm_or_si128(_mm_cmpeq_epi8(block, del), _mm_cmpeq_epi8(block, hash)));
    const unsigned stops = static_cast<unsigned>(_mm_movemask_epi8(stop));
    unsigned marks = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(block, mark)));
    if (stops != 0) marks &= (stops & (0U - stops)) - 1;
    if (question == nullptr && marks != 0) question = p + __builtin_ctz(marks);
    if (stops != 0) return p + __builtin_ctz(stops);
    p += 16;
  }
#endif
  for (; p != end && target_class[static_cast<unsigned char>(*p)]; ++p) {
    if (*p == '?' && question == nullptr) question = p;
  }
  return p;
}

inline std::string_view trim_blanks(std::string_view s) noexcept {
  while (!s.empty() && is_blank(s.front())) s.remove_prefix(1);
  while (!s.empty() && is_blank(s.back())) s.remove_suffix(1);
  return s;
}

// The elements of a comma-separated list, blanks trimmed, empty ones included. `each` returns false
// to stop.
template <class Each>
void for_each_element(std::string_view list, Each&& each) {
  for (;;) {
    const auto comma = list.find(',');
    if (!each(trim_blanks(list.substr(0, comma))) || comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace weir::http::detail
