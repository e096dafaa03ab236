#include "weir/http/uri.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace weir::http {
namespace {

std::string normal(std::string_view path) {
  std::string storage;
  const auto result = normalise_path(path, storage);
  return result ? std::string(*result) : "refused";
}

TEST(Uri, LeavesANormalPathWhereItIs) {
  std::string storage;
  const std::string_view path = "/users/7/a-b_c~d/x.json;v=1@!$&'()*+,:=";
  const auto result = normalise_path(path, storage);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->data(), path.data());
  EXPECT_EQ(normal("*"), "*");
}

TEST(Uri, GivesEachPathOneSpelling) {
  const std::pair<const char*, const char*> rows[] = {
      {"/", "/"},
      {"//", "/"},
      {"///a//b///", "/a/b/"},
      {"/a/./b", "/a/b"},
      {"/a/.", "/a/"},
      {"/.", "/"},
      {"/a/../b", "/b"},
      {"/a/b/../../c", "/c"},
      {"/a/..", "/"},
      {"/a/b/..", "/a/"},
      {"/a//../b", "/b"},
      {"/a/%2e%2e/b", "/b"},
      {"/a/.%2E/b", "/b"},
      {"/a/%2e/b", "/a/b"},
      {"/...", "/..."},
      {"/.well-known/x", "/.well-known/x"},
      {"/a..b", "/a..b"},
      {"/%41%7e", "/A~"},
      {"/a%2fb", "/a%2Fb"},
      {"/a%2F%2Fb", "/a%2F%2Fb"},
      {"/%d0%bf", "/%D0%BF"},
      {"/Second%20Presentation", "/Second%20Presentation"},
      {"/a|b{c}\"<>^`", "/a%7Cb%7Bc%7D%22%3C%3E%5E%60"},
      {"/%3f%23", "/%3F%23"},
      {"/%252e%252e/", "/%252e%252e/"},
  };
  for (const auto& [path, expected] : rows) EXPECT_EQ(normal(path), expected) << path;
}

TEST(Uri, RefusesPathsThatAreReadInTwoWays) {
  for (const auto* path :
       {"",        "a",           "/%",         "/%2",       "/%zz",         "/%00",
        "/a%00b",  "/%0d%0a",     "/%1f",       "/%7f",      "/a\\b",        "/a%5cb",
        "/..",     "/../a",       "/a/../../b", "/%2e%2e/a", "/a/..%2fb",    "/a/%2e%2e%2fb",
        "/a%2f..", "/a%2f..%2fb", "/a%2f.",     "/.%2fa",    "/a%2f%2e%2e/b"}) {
    EXPECT_EQ(normal(path), "refused") << path;
  }
}

TEST(Uri, NormalisingTwiceChangesNothingMore) {
  for (const auto* path : {"/a/./b/../c//d%2fe%20%7e", "/%25%32%65", "/{x}/.."}) {
    const auto once = normal(path);
    EXPECT_EQ(normal(once), once) << path;
  }
}

TEST(Uri, EncodesWhateverWouldLeaveItsSegment) {
  std::string out;
  percent_encode("a/../b?c#d&e=f\r\n\"'\xc3\xa4 %+~._-", out);
  EXPECT_EQ(out, "a%2F..%2Fb%3Fc%23d%26e%3Df%0D%0A%22%27%C3%A4%20%25%2B~._-");
  std::string back;
  ASSERT_TRUE(percent_decode(out, back));
  EXPECT_EQ(back, "a/../b?c#d&e=f\r\n\"'\xc3\xa4 %+~._-");
}

TEST(Uri, EncodesAndDecodesEveryByte) {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  std::string encoded;
  std::string decoded;
  percent_encode(all, encoded);
  ASSERT_TRUE(percent_decode(encoded, decoded));
  EXPECT_EQ(decoded, all);
}

TEST(Uri, RefusesToDecodeABrokenEscape) {
  for (const auto* text : {"%", "%1", "a%", "%g0", "%0g", "%%41"}) {
    std::string out;
    EXPECT_FALSE(percent_decode(text, out)) << text;
  }
}

}  // namespace
}  // namespace weir::http
