// Any bytes at all: the parser must judge them without fault, its values must answer every
// question, and what it accepts must survive being written out again.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "weir/json/parser.hpp"
#include "weir/json/writer.hpp"

namespace {

using namespace weir::json;

void demand(bool truth) {
  if (!truth) std::abort();
}

// Writes with our own brackets and commas; scalars by meaning where `by_meaning`, else by slice.
void copy(const value& v, writer& to, weir::arena& memory, bool by_meaning) {
  switch (v.get_kind()) {
    case kind::array:
      to.begin_array();
      for (std::size_t i = 0; const auto element : v.elements()) {
        if (v.size() < 64) demand(v.at(i++).index() == element.index());
        copy(element, to, memory, by_meaning);
      }
      to.end_array();
      return;
    case kind::object:
      to.begin_object();
      for (const auto [name, content] : v.members()) {
        const auto text = *name.as_string(memory);
        demand(name.equals(text));
        if (v.size() < 64) demand(static_cast<bool>(v.find(text)));
        to.key(text);
        copy(content, to, memory, by_meaning);
      }
      to.end_object();
      return;
    case kind::string:
      if (!by_meaning) break;
      to.string(*v.as_string(memory));
      return;
    case kind::number:
      v.as_int64();
      v.as_uint64();
      if (const auto number = v.as_double(); by_meaning && number) {
        to.number(*number);
        return;
      }
      break;
    default:
      break;
  }
  to.raw(v.raw());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static parser reader;
  weir::arena memory;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto root = reader.parse(text, memory);
  if (!root) {
    demand(!root.error().reason.empty() && root.error().offset <= size);
    locate(text, root.error().offset);
    return 0;
  }
  for (const bool by_meaning : {false, true}) {
    std::string once;
    writer out(once);
    copy(*root, out, memory, by_meaning);
    const auto again = reader.parse(once, memory);
    demand(again.has_value());
    std::string twice;
    writer second(twice);
    copy(*again, second, memory, by_meaning);
    demand(once == twice);
  }
  return 0;
}
