#include "systems/stage/visitor.hpp"

#include <optional>

namespace weir::stage {

namespace {

// Short enough that a condition which no event announces is looked at soon.
constexpr auto glance = std::chrono::milliseconds(5);

}  // namespace

std::string_view answer::field(std::string_view name) const noexcept {
  for (const auto& [key, value] : fields) {
    if (http::iequals(key, name)) return value;
  }
  return {};
}

// One question under way. Destroyed at the end of the batch in which it ended: a pool must not
// lose the receiver it is calling.
struct visitor::talk final : http::client_receiver {
  talk(visitor& v, question q, receiver r)
      : at(v),
        asked(std::move(q)),
        done(std::move(r)),
        authority("127.0.0.1:" + std::to_string(asked.port)),
        since(now()),
        limit(v.loop_, delegate<void()>::to<&talk::too_late>(*this)),
        end(v.loop_, delegate<void()>::to<&talk::finish>(*this)) {}

  void start() {
    http::client_request request;
    request.verb = http::parse_method(asked.method);
    request.verb_token = asked.method;
    request.target = asked.target;
    request.authority = authority;
    request.header_lines = asked.header_lines;
    request.body = asked.body;
    request.send_length = !asked.body.empty();
    request.connect_until = since + asked.patience;
    limit.arm(since + asked.patience);
    exchange = &at.pool(asked.port).start(request, *this);
  }

  void on_head(const http::response_head& head) override {
    got.status = head.status;
    for (const http::field& f : head.fields) got.fields.emplace_back(f.name, f.value);
  }
  void on_body(std::string_view piece) override { got.body.append(piece); }
  void on_end() override { close(); }
  void on_failed(http::client_error why, std::string_view detail) override {
    fail(std::string(http::to_string(why)).append(": ").append(detail));
  }

  void too_late() {
    exchange->cancel();
    fail("no answer in time");
  }

  void fail(std::string why) {
    got.status = 0;
    got.failure = std::move(why);
    close();
  }

  void close() {
    exchange = nullptr;
    limit.disarm();
    got.took = now() - since;
    end.schedule();
  }

  void finish() {
    const receiver tell = std::move(done);
    const answer told = std::move(got);
    at.over(*this);  // the end of this object
    tell(told);
  }

  visitor& at;
  question asked;
  receiver done;
  const std::string authority;
  const time_point since;
  http::client_exchange* exchange = nullptr;
  answer got;
  io::timer limit;
  io::deferred end;
};

visitor::visitor(io::loop& on) : loop_(on) {}

visitor::~visitor() {
  pools_.clear();  // cancels what runs
}

http::client_pool& visitor::pool(std::uint16_t port) {
  auto& made = pools_[port];
  if (!made) {
    io::connector::target where;
    where.addresses.push_back(*io::address::parse("127.0.0.1", port));
    made = http::make_client_pool(loop_, std::move(where), {});
  }
  return *made;
}

void visitor::ask(question what, receiver done) {
  auto made = std::make_unique<talk>(*this, std::move(what), std::move(done));
  talk& t = *made;
  talks_[&t] = std::move(made);
  t.start();
}

answer visitor::ask(question what) {
  // Shared: should the loop stand still beyond all limits, the late answer finds a place.
  auto got = std::make_shared<std::optional<answer>>();
  const duration longest = what.patience + std::chrono::seconds(1);
  ask(std::move(what), [got](const answer& a) { *got = a; });
  wait_until(loop_, longest, [&] { return got->has_value(); });
  if (!got->has_value()) got->emplace().failure = "no answer in time";
  return std::move(**got);
}

void visitor::over(talk& which) {
  talks_.erase(&which);
}

void wait(io::loop& on, duration how_long) {
  wait_until(on, how_long, [] { return false; });
}

bool wait_until(io::loop& on, duration longest, const std::function<bool()>& done) {
  const time_point until = now() + longest;
  while (!done()) {
    if (now() >= until) return false;
    on.run_once(glance);
  }
  return true;
}

}  // namespace weir::stage
