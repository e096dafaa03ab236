#include "weir/redis/client.hpp"

#include <hiredis/hiredis.h>

#include <algorithm>
#include <array>
#include <deque>
#include <utility>

#include "weir/base/random.hpp"
#include "weir/io/connect.hpp"
#include "weir/io/resolver.hpp"

namespace weir::redis {
namespace {

// What may wait for a server that reads slowly; above it the connection is given up, so that an
// outage costs bounded memory.
constexpr std::size_t most_unsent = 4 * 1024 * 1024;

struct reader_free {
  void operator()(redisReader* r) const noexcept { redisReaderFree(r); }
};
struct reply_free {
  void operator()(redisReply* r) const noexcept { freeReplyObject(r); }
};

}  // namespace

struct client::impl final : io::connector::receiver, io::stream_handler {
  impl(io::loop& on, settings to, listener told_)
      : loop(on),
        where(std::move(to)),
        told(std::move(told_)),
        names(on),
        again(on, delegate<void()>::to<&impl::connect>(*this)),
        silence(on, delegate<void()>::to<&impl::on_silence>(*this)),
        look(on, delegate<void()>::to<&impl::ask_whether_it_is_there>(*this)),
        flush(on, delegate<void()>::to<&impl::write_out>(*this)) {}

  ~impl() {
    *alive = false;
    // Last words, such as a lease given back; what the server does not take at once is lost.
    if (!stream || unsent.empty()) return;
    const iovec piece{unsent.data(), unsent.size()};
    stream->write({&piece, 1});
  }

  void connect() {
    std::shared_ptr<bool> here = alive;
    const time_point until = saturating_add(loop.now(), where.connect_timeout);
    names.resolve(where.host, where.port, until, [this, here, until](const auto& answer) {
      if (!*here) return;
      if (!answer) {
        lose("the name " + where.host + " does not resolve: " + answer.error());
        return;
      }
      connector = std::make_unique<io::connector>(loop, *this);
      connector->start({.addresses = *answer, .tls = nullptr, .server_name = {}}, until);
    });
  }

  void on_connected(std::unique_ptr<io::stream> connected) override {
    connector.reset();
    stream = std::move(connected);
    stream->set_handler(this);
    reader.reset(redisReaderCreate());
    greet();
  }

  void on_connect_failed(const io::connect_failure& why) override {
    const std::string text =
        why.kind == io::connect_error::timed_out ? "connecting took too long" : why.detail;
    connector.reset();
    lose(text.empty() ? "no connection" : text);
  }

  // AUTH, SELECT and the subscription, as needed; up with the last of their replies.
  void greet() {
    std::vector<std::vector<std::string_view>> words;
    const std::string database = std::to_string(where.database);
    if (!where.password.empty()) {
      words.push_back({"AUTH"});
      if (!where.username.empty()) words.back().push_back(where.username);
      words.back().push_back(where.password);
    }
    if (where.database != 0) words.push_back({"SELECT", database});
    words.push_back({"PING"});
    for (std::size_t i = 0; i < words.size(); ++i) {
      const bool last = i + 1 == words.size();
      put(words[i], [this, last](const reply* answer, std::string_view) {
        if (!answer) return;
        if (answer->is_error()) {
          lose(std::string("refused: ") + std::string(answer->text()));
        } else if (last) {
          let_in();
        }
      });
    }
  }

  void let_in() {
    if (!channels.empty()) {
      std::vector<std::string_view> command = {"SUBSCRIBE"};
      command.insert(command.end(), channels.begin(), channels.end());
      append(command);
      to_confirm = channels.size();
      expect_reply();
      return;
    }
    come_up();
  }

  void come_up() {
    ready = true;
    said_down = false;
    pause = where.first_pause;
    if (!channels.empty()) look.arm(saturating_add(loop.now(), where.look_after));
    if (told.on_up) told.on_up();
  }

  // Who only listens sends nothing that would fail, and would listen for ever to a server that is
  // gone without a word, or to which the way has been forgotten.
  void ask_whether_it_is_there() {
    append({"PING"});
    expect_reply();
    look.arm(saturating_add(loop.now(), where.look_after));
  }

  void append(const std::vector<std::string_view>& command) {
    std::vector<const char*> words;
    std::vector<std::size_t> lengths;
    for (const std::string_view w : command) {
      words.push_back(w.data());
      lengths.push_back(w.size());
    }
    char* text = nullptr;
    const auto size =
        redisFormatCommandArgv(&text, static_cast<int>(words.size()), words.data(), lengths.data());
    if (size > 0) unsent.append(text, static_cast<std::size_t>(size));
    redisFreeCommand(text);
    flush.schedule();
  }

  void put(const std::vector<std::string_view>& command, done then) {
    append(command);
    waiting.push_back(std::move(then));
    expect_reply();
  }

  void expect_reply() {
    if (!silence.armed()) silence.arm(saturating_add(loop.now(), where.reply_timeout));
  }

  void on_silence() { lose("no reply in time"); }

  void write_out() {
    while (stream && !unsent.empty()) {
      const iovec piece{unsent.data(), unsent.size()};
      const io::io_result sent = stream->write({&piece, 1});
      if (sent.status == io::io_status::failed || sent.status == io::io_status::end) {
        lose("the connection broke");
        return;
      }
      unsent.erase(0, sent.bytes);
      if (sent.status == io::io_status::would_block || !unsent.empty()) break;
    }
    if (unsent.size() > most_unsent) lose("the server takes nothing");
  }

  void on_writable() override { write_out(); }
  void on_peer_closed() override { on_readable(); }

  void on_readable() override {
    std::array<char, 16 * 1024> block;
    while (stream) {
      const io::io_result got = stream->read(block);
      if (got.status == io::io_status::would_block) return;
      if (got.status != io::io_status::ok) {
        lose("the server closed the connection");
        return;
      }
      if (redisReaderFeed(reader.get(), block.data(), got.bytes) != REDIS_OK || !take_replies()) {
        lose("what came is not Redis' protocol");
        return;
      }
      if (got.drained) return;
    }
  }

  // False when what came cannot be understood. A callback may lose the connection meanwhile.
  bool take_replies() {
    while (reader) {
      void* raw = nullptr;
      if (redisReaderGetReply(reader.get(), &raw) != REDIS_OK) return false;
      if (!raw) return true;
      const std::unique_ptr<redisReply, reply_free> held(static_cast<redisReply*>(raw));
      if (!take(reply(held.get()))) return false;
    }
    return true;
  }

  bool take(const reply& r) {
    silence.disarm();
    if (!waiting.empty()) {
      const done then = std::move(waiting.front());
      waiting.pop_front();
      if (!waiting.empty()) expect_reply();
      if (then) then(&r, {});
      return true;
    }
    if (channels.empty()) return false;  // nobody asked
    if (r.is_error()) {
      lose("refused: " + std::string(r.text()));
      return true;
    }
    if (r.size() == 2 && r[0].text() == "pong") return true;
    if (r.size() != 3) return false;
    if (r[0].text() == "message") {
      if (on_message) on_message(r[1].text(), r[2].text());
    } else if (r[0].text() == "subscribe" && to_confirm > 0) {
      --to_confirm;
      if (to_confirm == 0) come_up();
    }
    return true;
  }

  void lose(const std::string& why) {
    silence.disarm();
    look.disarm();
    flush.cancel();
    connector.reset();
    // Freed at the end of this function: the caller may be using them.
    const auto old_stream = std::move(stream);
    const auto old_reader = std::move(reader);
    unsent.clear();
    to_confirm = 0;
    const bool was_up = std::exchange(ready, false);
    const std::deque<done> lost = std::exchange(waiting, {});
    const duration longest = std::exchange(pause, std::min(pause * 2, where.longest_pause));
    again.arm(loop.now() +
              std::chrono::duration_cast<duration>(longest * (0.5 + 0.5 * thread_random().unit())));
    const std::shared_ptr<bool> here = alive;
    for (const done& one : lost) {
      if (one) one(nullptr, why);
      if (!*here) return;
    }
    if (was_up || !std::exchange(said_down, true)) {
      said_down = true;
      if (told.on_down) told.on_down(why);
    }
  }

  io::loop& loop;
  settings where;
  listener told;
  io::resolver names;
  std::unique_ptr<io::connector> connector;
  std::unique_ptr<io::stream> stream;
  std::unique_ptr<redisReader, reader_free> reader;
  std::string unsent;
  std::deque<done> waiting;
  std::vector<std::string> channels;
  message on_message;
  std::size_t to_confirm = 0;
  duration pause{};
  bool ready = false;
  bool said_down = false;
  io::timer again;
  io::timer silence;
  io::timer look;
  io::deferred flush;
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);
};

client::client(io::loop& on, settings to, listener told)
    : impl_(std::make_unique<impl>(on, std::move(to), std::move(told))) {
  impl_->pause = impl_->where.first_pause;
}

client::~client() = default;

void client::subscribe(std::vector<std::string> channels, message on_message) {
  impl_->channels = std::move(channels);
  impl_->on_message = std::move(on_message);
}

void client::start() {
  impl_->connect();
}

bool client::up() const noexcept {
  return impl_->ready;
}

void client::send(std::initializer_list<std::string_view> command, done then) {
  send(std::vector<std::string_view>(command), std::move(then));
}

void client::send(const std::vector<std::string_view>& command, done then) {
  if (!impl_->ready) {
    if (then) then(nullptr, "there is no connection");
    return;
  }
  impl_->put(command, std::move(then));
}

}  // namespace weir::redis
