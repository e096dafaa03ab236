#include "weir/base/intrusive_list.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace weir {
namespace {

struct item : list_hook<> {
  explicit item(char n) : name(n) {}
  char name;
};

std::string names(intrusive_list<item>& list) {
  std::string out;
  for (const item& i : list) out += i.name;
  return out;
}

TEST(IntrusiveList, KeepsOrder) {
  item a('a'), b('b'), c('c');
  intrusive_list<item> list;
  list.push_back(b);
  list.push_back(c);
  list.push_front(a);
  EXPECT_EQ(names(list), "abc");
  EXPECT_EQ(list.pop_front(), &a);
  EXPECT_FALSE(a.linked());
  EXPECT_EQ(list.back().name, 'c');
}

TEST(IntrusiveList, LosesAnElementThatIsDestroyed) {
  item a('a'), c('c');
  intrusive_list<item> list;
  list.push_back(a);
  {
    item b('b');
    list.push_back(b);
    list.push_back(c);
  }
  EXPECT_EQ(names(list), "ac");
  a.unlink();
  a.unlink();
  EXPECT_EQ(names(list), "c");
}

TEST(IntrusiveList, MayGoBeforeItsElements) {
  item a('a');
  {
    intrusive_list<item> list;
    list.push_back(a);
  }
  EXPECT_FALSE(a.linked());
}

TEST(IntrusiveList, TakesOverAnother) {
  item a('a'), b('b'), c('c');
  intrusive_list<item> first, second;
  first.push_back(a);
  second.push_back(b);
  second.push_back(c);
  first.splice_back(second);
  EXPECT_EQ(names(first), "abc");
  EXPECT_TRUE(second.empty());
  first.splice_back(second);
  EXPECT_EQ(names(first), "abc");
  EXPECT_EQ(second.pop_front(), nullptr);
}

}  // namespace
}  // namespace weir
