// Heads, bodies and paths as a hostile peer would send them. Beyond memory errors it looks for
// verdicts that depend on how the bytes were cut, and for paths that change when they are
// normalised again. The first byte says what the rest is, the second how it is cut.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weir/http/body_decoder.hpp"
#include "weir/http/parser.hpp"
#include "weir/http/query.hpp"
#include "weir/http/uri.hpp"

namespace {

using namespace weir::http;

void require(bool holds) {
  if (!holds) std::abort();
}

// A small generator, so that one byte of input gives many ways to cut the rest.
struct cutter {
  std::uint32_t state;
  std::size_t operator()(std::size_t left) {
    state = state * 1664525U + 1013904223U;
    return std::min<std::size_t>(left, 1 + (state >> 24) % 17);
  }
};

constexpr head_limits limits{.target_bytes = 200, .head_bytes = 1000, .fields = 20};

template <class Parse>
parse_result whole(std::string_view text, Parse parse) {
  const auto exact = std::make_unique<char[]>(text.size());
  std::copy(text.begin(), text.end(), exact.get());
  return parse(std::string_view(exact.get(), text.size()));
}

// Every few pieces the bytes move, as a growing buffer does.
template <class Parse>
parse_result cut(std::string_view text, cutter next, Parse parse) {
  std::unique_ptr<char[]> bytes;
  std::size_t given = 0;
  parse_result result;
  while (result.state == parse_result::outcome::need_more && given < text.size()) {
    given += next(text.size() - given);
    if (!bytes || next.state % 4 == 0) bytes = std::make_unique<char[]>(text.size());
    std::copy_n(text.begin(), given, bytes.get());
    result = parse(std::string_view(bytes.get(), given));
  }
  return result;
}

void same(const parse_result& a, const parse_result& b) {
  require(a.state == b.state && a.status == b.status && a.consumed == b.consumed &&
          a.detail == b.detail);
}

void fuzz_request(std::string_view text, cutter next) {
  std::vector<field> room(limits.fields + 1);
  request_head head;
  request_parser once(limits);
  request_parser often(limits);
  const auto a = whole(text, [&](std::string_view b) { return once.parse(b, room, head); });
  const auto b = cut(text, next, [&](std::string_view c) {
    const auto result = often.parse(c, room, head);
    if (result.state == parse_result::outcome::complete) {
      // Framing that a peer could read otherwise must not get through.
      require(!(head.chunked && head.content_length));
      require(head.minor_version == 0 || !head.host.empty());
      require(!head.target.empty() && (head.target.front() == '/' || head.target == "*"));
      require(head.fields.size() <= limits.fields);
      for (const auto& f : head.fields) {
        require(!f.name.empty() &&
                f.value.find_first_of(std::string_view("\r\n\0", 3)) == f.value.npos);
      }
      std::string storage;
      (void)normalise_path(head.path, storage);
      (void)query_view(head.query).first("a");
    }
    return result;
  });
  same(a, b);
}

void fuzz_response(std::string_view text, cutter next) {
  std::vector<field> room(limits.fields + 1);
  response_head head;
  response_parser once(limits);
  response_parser often(limits);
  same(whole(text, [&](std::string_view b) { return once.parse(b, room, head, false); }),
       cut(text, next, [&](std::string_view b) { return often.parse(b, room, head, false); }));
}

struct decoded {
  std::string body;
  int status = 0;
  bool done = false;
  std::size_t consumed = 0;
};

template <class Cut>
decoded decode(body_decoder decoder, std::string_view text, Cut next) {
  decoded result;
  std::size_t given = 0;
  while (result.status == 0 && !decoder.done()) {
    std::string_view part = text.substr(result.consumed, given - result.consumed);
    if (part.empty()) {
      if (given == text.size()) break;
      given += next(text.size() - given);
      continue;
    }
    const auto step = decoder.decode(part);
    require(step.consumed <= part.size());
    result.body += step.data;
    result.consumed += step.consumed;
    if (step.state == body_decoder::outcome::error) result.status = step.status;
  }
  result.done = decoder.done();
  require(result.body.size() == decoder.received());
  return result;
}

void fuzz_body(std::string_view text, cutter next) {
  const body_limits bounds{
      .body_bytes = 300, .extension_bytes = 20, .trailer_bytes = 60, .trailer_fields = 3};
  const auto decoder = body_decoder::chunked(bounds);
  const auto a = decode(decoder, text, [](std::size_t left) { return left; });
  const auto b = decode(decoder, text, next);
  require(a.body == b.body && a.status == b.status && a.done == b.done);
  require(a.status != 0 || a.consumed == b.consumed);
  require(a.body.size() <= bounds.body_bytes);
}

void fuzz_path(std::string_view text) {
  std::string storage;
  const auto once = normalise_path(text, storage);
  if (!once) return;
  require(*once == "*" || once->front() == '/');
  require(once->find("//") == once->npos && once->find("/../") == once->npos);
  const std::string first(*once);
  std::string again;
  const auto twice = normalise_path(first, again);
  require(twice && *twice == first);
  std::string encoded;
  std::string plain;
  percent_encode(text, encoded);
  require(percent_decode(encoded, plain) && plain == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const cutter next{data[1] * 2654435761U};
  switch (data[0] % 4) {
    case 0:
      fuzz_request(text, next);
      break;
    case 1:
      fuzz_response(text, next);
      break;
    case 2:
      fuzz_body(text, next);
      break;
    default:
      fuzz_path(text);
      break;
  }
  return 0;
}
