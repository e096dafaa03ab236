#include "weir/redis/client.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/redis_server.hpp"

namespace weir::redis {
namespace {

using namespace std::chrono_literals;

// Runs the loop until it holds; false after five seconds.
template <class Condition>
bool until(io::loop& loop, Condition holds) {
  const time_point end = weir::now() + 5s;
  while (!holds() && weir::now() < end) loop.run_once(10ms);
  return holds();
}

struct told {
  int ups = 0;
  std::vector<std::string> downs;
  client::listener listener() {
    return {.on_up = [this] { ++ups; },
            .on_down = [this](std::string_view why) { downs.emplace_back(why); }};
  }
};

TEST(RedisClient, SendsCommandsAndTheirAnswersComeInOrder) {
  test::redis_server server;
  io::loop loop;
  told t;
  client c(loop, server.settings(), t.listener());
  c.start();
  ASSERT_TRUE(until(loop, [&] { return c.up(); }));
  std::vector<std::string> answers;
  const auto keep = [&](const reply* r, std::string_view) {
    ASSERT_TRUE(r);
    answers.push_back(r->what() == reply::kind::integer ? std::to_string(r->integer())
                                                        : std::string(r->text()));
  };
  const std::string binary("a\0b\r\n", 5);
  c.send({"SET", "key", binary}, keep);
  c.send({"GET", "key"}, keep);
  c.send({"INCR", "n"}, keep);
  c.send({"NONSENSE"}, [&](const reply* r, std::string_view) { EXPECT_TRUE(r->is_error()); });
  c.send({"MGET", "key", "none"}, [&](const reply* r, std::string_view) {
    ASSERT_EQ(r->size(), 2U);
    EXPECT_EQ((*r)[1].what(), reply::kind::none);
    answers.push_back("list");
  });
  ASSERT_TRUE(until(loop, [&] { return answers.size() == 4; }));
  EXPECT_EQ(answers, (std::vector<std::string>{"OK", binary, "1", "list"}));
}

TEST(RedisClient, WithoutAServerEveryCommandIsAnsweredAtOnceAndItConnectsWhenThereIsOne) {
  test::redis_server server;
  server.stop();
  io::loop loop;
  told t;
  client c(loop, server.settings(), t.listener());
  c.start();
  ASSERT_TRUE(until(loop, [&] { return !t.downs.empty(); }));
  bool answered = false;
  c.send({"PING"}, [&](const reply* r, std::string_view why) {
    answered = true;
    EXPECT_FALSE(r);
    EXPECT_FALSE(why.empty());
  });
  EXPECT_TRUE(answered);
  server.start();
  EXPECT_TRUE(until(loop, [&] { return c.up(); }));
  EXPECT_EQ(t.downs.size(), 1U) << "told once, not at every try";
}

TEST(RedisClient, ALostConnectionAnswersWhatWaitedAndComesBack) {
  test::redis_server server;
  io::loop loop;
  told t;
  client c(loop, server.settings(), t.listener());
  c.start();
  ASSERT_TRUE(until(loop, [&] { return c.up(); }));
  int lost = 0;
  c.send({"DEBUG", "SLEEP", "0"}, {});
  c.send({"BLPOP", "never", "0"}, [&](const reply* r, std::string_view) { lost += !r; });
  loop.run_once(10ms);
  server.stop();
  ASSERT_TRUE(until(loop, [&] { return lost == 1; }));
  EXPECT_FALSE(c.up());
  server.start();
  EXPECT_TRUE(until(loop, [&] { return t.ups == 2; }));
}

TEST(RedisClient, ASilentServerIsGivenUp) {
  test::redis_server server;
  io::loop loop;
  told t;
  settings s = server.settings();
  s.reply_timeout = 100ms;
  client c(loop, s, t.listener());
  c.start();
  ASSERT_TRUE(until(loop, [&] { return c.up(); }));
  std::string why;
  c.send({"BLPOP", "never", "0"}, [&](const reply*, std::string_view w) { why = w; });
  ASSERT_TRUE(until(loop, [&] { return !why.empty(); }));
  EXPECT_EQ(why, "no reply in time");
}

TEST(RedisClient, LetsItselfInWithAPassword) {
  test::redis_server server("s e:cret");
  io::loop loop;
  told t;
  client c(loop, server.settings(), t.listener());
  c.start();
  EXPECT_TRUE(until(loop, [&] { return c.up(); }));

  settings wrong = server.settings();
  wrong.password = "other";
  told u;
  client d(loop, wrong, u.listener());
  d.start();
  ASSERT_TRUE(until(loop, [&] { return !u.downs.empty(); }));
  EXPECT_EQ(u.downs[0].rfind("refused: ", 0), 0U) << u.downs[0];
}

TEST(RedisClient, SubscribesAgainAfterALoss) {
  test::redis_server server;
  io::loop loop;
  told t;
  told u;
  std::vector<std::string> heard;
  client listening(loop, server.settings(), t.listener());
  listening.subscribe({"news"}, [&](std::string_view channel, std::string_view text) {
    heard.push_back(std::string(channel) + ":" + std::string(text));
  });
  client speaking(loop, server.settings(), u.listener());
  listening.start();
  speaking.start();
  ASSERT_TRUE(until(loop, [&] { return listening.up() && speaking.up(); }));
  speaking.send({"PUBLISH", "news", "one"}, {});
  ASSERT_TRUE(until(loop, [&] { return heard.size() == 1; }));
  server.stop();
  ASSERT_TRUE(until(loop, [&] { return !t.downs.empty() && !u.downs.empty(); }));
  server.start();
  ASSERT_TRUE(until(loop, [&] { return t.ups == 2 && u.ups == 2; }));
  speaking.send({"PUBLISH", "news", "two"}, {});
  ASSERT_TRUE(until(loop, [&] { return heard.size() == 2; }));
  EXPECT_EQ(heard, (std::vector<std::string>{"news:one", "news:two"}));
}

TEST(RedisClient, NoticesThatWhatItSubscribedToIsSilentForGood) {
  test::redis_server server;
  io::loop loop;
  told t;
  settings s = server.settings();
  s.reply_timeout = 100ms;
  s.look_after = 50ms;
  client listening(loop, s, t.listener());
  listening.subscribe({"news"}, {});
  listening.start();
  ASSERT_TRUE(until(loop, [&] { return listening.up(); }));
  const time_point end = weir::now() + 300ms;
  while (weir::now() < end) loop.run_once(10ms);
  EXPECT_TRUE(t.downs.empty()) << "looking does no harm";
  server.freeze();
  ASSERT_TRUE(until(loop, [&] { return !t.downs.empty(); }));
  EXPECT_EQ(t.downs[0], "no reply in time");
}

TEST(RedisUrl, IsReadAndWrongOnesAreExplained) {
  const auto full = parse_url("redis://us%40er:p%3Ass@[::1]:7000/3");
  ASSERT_TRUE(full);
  EXPECT_EQ(full->username, "us@er");
  EXPECT_EQ(full->password, "p:ss");
  EXPECT_EQ(describe(*full), "[::1]:7000/3");
  EXPECT_EQ(parse_url("redis://:secret@cache")->password, "secret");
  EXPECT_EQ(parse_url("redis://cache")->port, 6379);
  for (const char* wrong : {"http://x", "redis://", "redis://x:0", "redis://x:70000", "redis://x/a",
                            "redis://[::1", "redis://a%zz@x", "redis://x:1x"}) {
    const auto r = parse_url(wrong);
    EXPECT_FALSE(r) << wrong;
  }
}

}  // namespace
}  // namespace weir::redis
