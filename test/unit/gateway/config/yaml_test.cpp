#include "weir/gateway/config/yaml.hpp"

#include <gtest/gtest.h>

#include <string>

namespace weir::gateway::config {
namespace {

struct parsed {
  explicit parsed(const std::string& text)
      : in("f.yaml", text), sound(parse_yaml(in, root, found)) {}
  std::string told() const { return print(found, in); }

  source in;
  node root;
  problems found;
  bool sound;
};

TEST(Yaml, KeepsScalarsAsTextWithTheirPlaces) {
  const parsed p("a: yes\nb: 010\nc: \"x\\ty\"\n");
  ASSERT_TRUE(p.sound) << p.told();
  EXPECT_EQ(p.root.find("a")->text, "yes");
  EXPECT_EQ(p.root.find("b")->text, "010");
  const node& c = *p.root.find("c");
  EXPECT_EQ(c.text, "x\ty");
  EXPECT_EQ(c.written, node::style::double_quoted);
  EXPECT_EQ(p.in.text().substr(c.where.offset, c.where.length), "x\\ty");
}

TEST(Yaml, KeepsTheOrderOfMappingsAndKnowsWhereTheyEnd) {
  const parsed p("z: {b: 1, a: [2, 3]}\ny:\n  k: v\n");
  ASSERT_TRUE(p.sound);
  ASSERT_EQ(p.root.keys.size(), 2u);
  EXPECT_EQ(p.root.keys[0].text, "z");
  const node& z = p.root.items[0];
  EXPECT_EQ(p.in.text().substr(z.where.offset, z.where.length), "{b: 1, a: [2, 3]}");
  EXPECT_EQ(z.keys[0].text, "b");
  EXPECT_EQ(z.find("a")->items.size(), 2u);
  const node& y = p.root.items[1];
  EXPECT_EQ(p.in.text().substr(y.where.offset, y.where.length), "k: v");
}

TEST(Yaml, TellsNothingFromEmptyText) {
  const parsed p("a:\nb: ''\nc: ~\n");
  EXPECT_TRUE(p.root.find("a")->is_empty());
  EXPECT_TRUE(p.root.find("b")->is_scalar());
  EXPECT_TRUE(p.root.find("c")->is_scalar());
}

TEST(Yaml, TakesTheFilesOfWindows) {
  const parsed p("a: 1\r\nb:\r\n  - x\r\n");
  ASSERT_TRUE(p.sound) << p.told();
  EXPECT_EQ(p.root.find("a")->text, "1");
  EXPECT_EQ(p.root.find("b")->items[0].text, "x");
}

TEST(Yaml, TakesAByteOrderMark) {
  const parsed p(
      "\xef\xbb\xbf"
      "a: 1\n");
  ASSERT_TRUE(p.sound) << p.told();
  EXPECT_NE(p.root.find("a"), nullptr);
}

// The words are libfyaml's and differ between its versions; the place and the advice are ours.
TEST(Yaml, TellsWhereTheSyntaxBreaks) {
  const parsed tab("routes:\n\tGET /a: 1\n");
  EXPECT_FALSE(tab.sound);
  EXPECT_TRUE(tab.told().starts_with("f.yaml:2:")) << tab.told();
  EXPECT_NE(tab.told().find("error: this is not YAML: "), std::string::npos);

  const parsed indentation("routes:\n  a: 1\n b: 2\n");
  EXPECT_FALSE(indentation.sound);
  EXPECT_TRUE(indentation.told().starts_with("f.yaml:3:")) << indentation.told();

  const parsed quote("a: \"never closed\n");
  EXPECT_FALSE(quote.sound);
  EXPECT_NE(quote.told().find("this is not YAML"), std::string::npos);
}

TEST(Yaml, MendsExpressionsThatAreNotQuotedAndReadsThemAsTheyWereMeant) {
  const parsed p("a: {x: ${y.z}, w: [1, ${v}]}\nb: ${c ? d : e}\n");
  EXPECT_TRUE(p.sound) << p.told();
  EXPECT_EQ(p.found.errors(), 3u) << p.told();
  EXPECT_EQ(p.root.find("a")->find("x")->text, "${y.z}");
  EXPECT_EQ(p.root.find("a")->find("w")->items[1].text, "${v}");
  EXPECT_EQ(p.root.find("b")->text, "${c ? d : e}");
}

TEST(Yaml, LeavesExpressionsThatYamlTakesWhole) {
  const parsed p("a: x ${b.c} y ${d[0]}\ne: \"${f ? 'g' : h}\"\ni: $${j\nk: costs $\n");
  EXPECT_TRUE(p.sound);
  EXPECT_TRUE(p.found.empty()) << p.told();
  EXPECT_EQ(p.root.find("a")->text, "x ${b.c} y ${d[0]}");
}

// libfyaml 0.7.12 reads such bytes behind a `%` for ever.
TEST(Yaml, RefusesIllFormedUtf8BeforeTheParserHangsInIt) {
  for (const char* text : {"%&\xF7\x89\x89\x89&", "%\xED\xA0\x80", "%&\xE0\x80\x80",
                           "%&\xF4\x90\x80\x80", "%\xF0\x80\x80\x80", "%a\xC3"}) {
    const parsed p(text);
    EXPECT_FALSE(p.sound);
    EXPECT_NE(p.told().find("is not UTF-8"), std::string::npos) << p.told();
  }
}

// The one before was refused itself, and is not among the keys any more.
TEST(Yaml, TellsOfAKeyThatComesTwiceThoughTheFirstWasDropped) {
  const parsed p("b: 0\na: *alias\na: 1\n");
  EXPECT_NE(p.told().find("the key `a` is here twice (first in line 2)"), std::string::npos)
      << p.told();
}

TEST(Yaml, RefusesNestingDeeperThan64) {
  const std::string deep = "a: " + std::string(64, '[') + std::string(64, ']') + "\n";
  const parsed p(deep);
  EXPECT_FALSE(p.sound);
  EXPECT_NE(p.told().find("nested deeper than 64 levels"), std::string::npos) << p.told();
  const parsed bomb(std::string(20'000, '['));
  EXPECT_FALSE(bomb.sound);
}

TEST(Yaml, FindsWhereTheTextOfAScalarStands) {
  const parsed p("a: \"x\\u00e9 y\"\nb: 'it''s'\nc: |\n  one\n    two\n");
  const node& a = *p.root.find("a");
  EXPECT_EQ(p.in.text()[offset_in_source(a, p.in, a.text.find('y'))], 'y');
  const node& b = *p.root.find("b");
  EXPECT_EQ(offset_in_source(b, p.in, b.text.find('s')), p.in.text().find("s'\nc"));
  const node& c = *p.root.find("c");
  EXPECT_EQ(offset_in_source(c, p.in, c.text.find("two")), p.in.text().find("two"));
}

}  // namespace
}  // namespace weir::gateway::config
