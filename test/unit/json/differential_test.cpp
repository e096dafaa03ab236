// Our grammar over simdjson's index, against simdjson's own tree: whatever the tree accepts we must
// accept and read alike. Where we accept more, it is for a known reason.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <random>

#include "parse_support.hpp"

namespace weir::json {
namespace {

void expect_same(const simdjson::dom::element& theirs, const value& ours, arena& memory) {
  using simdjson::dom::element_type;
  switch (theirs.type()) {
    case element_type::NULL_VALUE:
      EXPECT_TRUE(ours.is_null());
      break;
    case element_type::BOOL:
      EXPECT_EQ(ours.as_bool(), bool(theirs));
      break;
    case element_type::INT64:
      EXPECT_EQ(ours.as_int64(), std::int64_t(theirs));
      break;
    case element_type::UINT64:
      EXPECT_EQ(ours.as_uint64(), std::uint64_t(theirs));
      break;
    case element_type::DOUBLE:
      EXPECT_EQ(ours.as_double(), double(theirs)) << ours.raw();
      break;
    case element_type::STRING:
      EXPECT_EQ(ours.as_string(memory), std::string_view(theirs));
      EXPECT_TRUE(ours.equals(std::string_view(theirs)));
      break;
    case element_type::ARRAY: {
      const auto elements = ours.elements();
      auto here = elements.begin();
      std::size_t count = 0;
      for (const auto element : simdjson::dom::array(theirs)) {
        ASSERT_NE(here, elements.end());
        expect_same(element, *here, memory);
        EXPECT_EQ(ours.at(count).index(), (*here).index());
        ++here;
        ++count;
      }
      EXPECT_EQ(here, elements.end());
      EXPECT_EQ(ours.size(), count);
      break;
    }
    case element_type::OBJECT: {
      const auto members = ours.members();
      auto here = members.begin();
      for (const auto field : simdjson::dom::object(theirs)) {
        ASSERT_NE(here, members.end());
        EXPECT_EQ((*here).name.as_string(memory), field.key);
        expect_same(field.value, (*here).value, memory);
        ++here;
      }
      EXPECT_EQ(here, members.end());
      break;
    }
    default:
      ADD_FAILURE() << "a type newer than this test";
  }
}

bool has_number_beyond_theirs(const value& v) {
  if (v.is(kind::number)) {
    return v.is_integer_literal() ? !v.as_int64() && !v.as_uint64() : !v.as_double();
  }
  for (const auto element : v.elements()) {
    if (has_number_beyond_theirs(element)) return true;
  }
  for (const auto [name, content] : v.members()) {
    if (has_number_beyond_theirs(content)) return true;
  }
  return false;
}

void compare(const std::string& text) {
  simdjson::dom::parser theirs;
  simdjson::dom::element root;
  const auto refused = theirs.parse(text).get(root);
  parsed ours(text);
  if (!refused) {
    ASSERT_FALSE(ours.error) << text << ": " << ours.error->reason;
    expect_same(root, ours.root, ours.memory);
  } else if (!ours.error) {
    // Ours alone: large numbers and surrogates without a partner.
    EXPECT_TRUE(has_number_beyond_theirs(ours.root) || text.find("\\ud") != std::string::npos)
        << text << ": " << refused;
  }
}

// Random documents, printed in a random style.
class generator {
 public:
  explicit generator(std::uint64_t seed) : draw_(seed) {}

  std::string document() {
    out_.clear();
    if (below(8) == 0) {
      value(0);
      return out_;
    }
    out_ += '[';
    value(0);
    for (std::size_t n = below(12); n > 0; --n) {
      out_ += ',';
      value(0);
    }
    out_ += ']';
    return out_;
  }
  std::size_t below(std::size_t n) { return draw_() % n; }

 private:
  void space() {
    static constexpr std::string_view all[] = {"", "", "", "", " ", "\n", "  \t", "\r\n"};
    out_ += all[below(std::size(all))];
  }
  void string() {
    static constexpr std::string_view pieces[] = {
        "a",
        "name",
        "\\n",
        "\\\"",
        "\\\\",
        "\\u00e9",
        "\xC3\xA9",
        "\\ud834\\udd1e",
        "\xF0\x9D\x84\x9E",
        "[{:,}]",
        "/",
        "\\/",
        "a rather longer run of plain text, to leave the block",
        "\x7F"};
    out_ += '"';
    for (std::size_t n = below(5); n > 0; --n) out_ += pieces[below(std::size(pieces))];
    out_ += '"';
  }
  void number() {
    static constexpr std::string_view all[] = {"0",
                                               "-0",
                                               "1",
                                               "-17",
                                               "3.25",
                                               "1e5",
                                               "-2.5E-3",
                                               "9223372036854775807",
                                               "-9223372036854775808",
                                               "18446744073709551615",
                                               "0.1",
                                               "1e-320",
                                               "123456789.123456789",
                                               "1.7976931348623157e308"};
    out_ += all[below(std::size(all))];
  }
  void value(int depth) {
    space();
    switch (below(depth > 5 ? 5 : 8)) {
      case 0:
        out_ += "null";
        break;
      case 1:
        out_ += "true";
        break;
      case 2:
        out_ += "false";
        break;
      case 3:
        number();
        break;
      case 4:
        string();
        break;
      case 5:
      case 6:
        out_ += '[';
        for (std::size_t n = below(5), i = 0; i < n; ++i) {
          if (i) out_ += ',';
          value(depth + 1);
        }
        space();
        out_ += ']';
        break;
      default:
        out_ += '{';
        for (std::size_t n = below(5), i = 0; i < n; ++i) {
          if (i) out_ += ',';
          space();
          string();
          space();
          out_ += ':';
          value(depth + 1);
        }
        space();
        out_ += '}';
    }
    space();
  }

  std::mt19937_64 draw_;
  std::string out_;
};

TEST(JsonDifferential, ReadsRandomDocumentsLikeSimdjson) {
  generator make(7);
  for (int i = 0; i < 5'000; ++i) compare(make.document());
}

TEST(JsonDifferential, JudgesDamagedDocumentsLikeSimdjson) {
  generator make(8);
  static constexpr std::string_view junk = "\"\\{}[],:0-9e.+tfn \n\x01\x0C\xC3\xA9\xFF\x80u";
  for (int i = 0; i < 15'000; ++i) {
    auto text = make.document();
    for (std::size_t n = 1 + make.below(3); n > 0 && !text.empty(); --n) {
      const auto at = make.below(text.size());
      switch (make.below(3)) {
        case 0:
          text.erase(at, 1);
          break;
        case 1:
          text.insert(at, 1, junk[make.below(junk.size())]);
          break;
        default:
          text[at] = junk[make.below(junk.size())];
      }
    }
    compare(text);
  }
}

TEST(JsonDifferential, EveryImplementationOfTheFirstPassGivesTheSame) {
  generator make(9);
  const simdjson::implementation* const usual = simdjson::get_active_implementation();
  for (const auto* const implementation : simdjson::get_available_implementations()) {
    if (!implementation->supported_by_runtime_system()) continue;
    simdjson::get_active_implementation() = implementation;
    for (int i = 0; i < 1'500; ++i) compare(make.document());
  }
  simdjson::get_active_implementation() = usual;
}

TEST(JsonDifferential, ADocumentRewrittenFromItsSlicesHasTheSameSlices) {
  generator make(10);
  for (int i = 0; i < 5'000; ++i) {
    const parsed first(make.document());
    ASSERT_FALSE(first.error);
    const auto once = rewritten(first.root);
    const parsed second(once);
    ASSERT_FALSE(second.error) << once;
    ASSERT_EQ(second.root.raw(), once);
    ASSERT_EQ(rewritten(second.root), once);
  }
}

}  // namespace
}  // namespace weir::json
