#include "weir/json/parser.hpp"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <new>
#include <vector>

#include "grammar.hpp"
#include "weir/json/utf8.hpp"

namespace weir::json {
namespace {

constexpr std::size_t smallest_index = 16 * 1024;
constexpr std::size_t largest_kept_index = 1024 * 1024;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

// The first pass only says that something is wrong with the bytes; this finds the place.
parse_error find_byte_fault(std::string_view text) noexcept {
  std::size_t opened = std::string_view::npos;  // where the string began that we are in
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    const std::size_t length = utf8_sequence(text.substr(at));
    if (length == 0) return {"this is not UTF-8", at};
    if (opened != std::string_view::npos) {
      if (static_cast<unsigned char>(c) < 0x20) {
        return {"a control character in a string must be escaped", at};
      }
      if (c == '"') opened = std::string_view::npos;
    } else if (c == '"') {
      opened = at;
    } else if (c == '\\') {
      return {"a backslash has no meaning outside a string", at};
    }
    // An escaped quote does not end the string; what else is escaped is looked at by itself.
    at += c == '\\' && at + 1 < text.size() && (text[at + 1] == '"' || text[at + 1] == '\\')
              ? 2
              : length;
  }
  if (opened != std::string_view::npos) return {"this string has no end", opened};
  return {"this is not JSON", 0};
}

}  // namespace

struct parser::index {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> stage;

  void reserve(std::size_t bytes) {
    if (stage && stage->capacity() >= bytes) return;
    const std::size_t wanted = std::max(smallest_index, std::bit_ceil(bytes));
    // The second pass of simdjson is never run: the least depth saves its stacks.
    const auto error =
        stage ? stage->set_capacity(wanted)
              : simdjson::get_active_implementation()->create_dom_parser_implementation(wanted, 1,
                                                                                        stage);
    if (error) {
      stage.reset();
      throw std::bad_alloc();
    }
  }
  void trim() noexcept {
    if (stage && stage->capacity() > largest_kept_index) stage.reset();
  }
};

// An index for an outsize document is not kept, however the parsing ends.
struct parser::trim_at_end {
  index& of;
  ~trim_at_end() { of.trim(); }
};

parser::parser() : index_(std::make_unique<index>()) {}
parser::~parser() = default;
parser::parser(parser&&) noexcept = default;
parser& parser::operator=(parser&&) noexcept = default;

result<value, parse_error> parser::parse(std::string_view text, arena& memory,
                                         const parse_limits& limits) {
  const std::size_t skipped = text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
  text.remove_prefix(skipped);
  const auto wrong = [&](parse_error error) {
    error.offset += skipped;
    return failure(error);
  };
  // bit_ceil of it must stay within what simdjson takes, 4 GiB - 1.
  constexpr std::size_t most = std::size_t{1} << 31;
  if (text.size() > std::min(limits.bytes, most)) return wrong({"too large", 0});
  if (text.empty()) return wrong({"the document is empty", 0});

  index_->reserve(text.size());
  const trim_at_end trimmed{*index_};
  auto& stage = *index_->stage;
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto error = stage.stage1(bytes, text.size(), simdjson::stage1_mode::regular);
  const std::span<const std::uint32_t> starts(stage.structural_indexes.get(),
                                              stage.n_structural_indexes);
  if (error == simdjson::EMPTY || (!error && starts.empty())) {
    return wrong({"the document is empty", 0});
  }
  if (error) return wrong(find_byte_fault(text));

  auto* const made = memory.make<document>();
  // Not cleared first: the grammar writes each node that it counts.
  const std::size_t room = (starts.size() + 1) / 2 + 1;
  const std::span<node> nodes(
      static_cast<node*>(memory.allocate(room * sizeof(node), alignof(node))), room);
  grammar pass(text, starts, limits.depth);
  auto outcome = pass.run(nodes);
  if (outcome == grammar::outcome::no_room) {
    // Such a document is wrong for certain; a second look with room enough says why.
    std::vector<node> enough(starts.size() + 1);
    pass = grammar(text, starts, limits.depth);
    outcome = pass.run(enough);
  }
  if (outcome != grammar::outcome::ok) return wrong(pass.error());
  *made = {text, nodes.data()};
  return value(*made, 0);
}

position locate(std::string_view text, std::size_t offset) noexcept {
  const auto before = text.substr(0, offset);
  const auto last = before.rfind('\n');
  const auto line = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1;
  const auto on_line = last == std::string_view::npos ? before : before.substr(last + 1);
  return {line, utf8_length(on_line) + 1};
}

}  // namespace weir::json
