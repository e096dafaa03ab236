#include "weir/upstream/fetch.hpp"

#include <utility>

namespace weir::upstream {

std::string_view fetch::answer::header(std::string_view name) const noexcept {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

fetch::fetch(io::loop& on, std::function<void(const answer&)> done)
    : done_(std::move(done)),
      waiter_(delegate<void(bool)>::to<&fetch::on_name>(*this)),
      late_(on, delegate<void()>::to<&fetch::on_late>(*this)),
      tell_(on, delegate<void()>::to<&fetch::finish>(*this)) {}

fetch::~fetch() {
  cancel();
}

void fetch::start(link& through, request what) {
  cancel();
  what_ = std::move(what);
  answer_ = {};
  through_ = &through;
  running_ = true;
  late_.arm(what_.until);
  if (through.pool()) {
    send();
  } else {
    through.wait(waiter_);
  }
}

void fetch::cancel() noexcept {
  waiter_.leave();
  late_.disarm();
  tell_.cancel();
  if (exchange_) std::exchange(exchange_, nullptr)->cancel();
  running_ = false;
}

void fetch::on_name(bool resolved) {
  if (resolved && through_->pool()) {
    send();
  } else {
    fail(through_->last_error().empty() ? "the name has no address" : through_->last_error());
  }
}

void fetch::send() {
  out_ = {};
  out_.verb = what_.verb;
  out_.verb_token = http::to_string(what_.verb);
  out_.target = what_.target;
  out_.authority = what_.authority;
  out_.header_lines = what_.header_lines;
  out_.body = what_.body;
  out_.send_length = what_.verb == http::method::put || what_.verb == http::method::post;
  out_.connect_until = what_.until;
  exchange_ = &through_->pool()->start(out_, *this);
}

void fetch::on_head(const http::response_head& head) {
  answer_.status = head.status;
  for (const std::string_view name : what_.keep) {
    if (const auto value = head.fields.find(name)) answer_.headers.emplace_back(name, *value);
  }
}

void fetch::on_body(std::string_view piece) {
  if (answer_.body.size() + piece.size() > what_.most) {
    std::exchange(exchange_, nullptr)->cancel();
    fail("the answer is too long");
    return;
  }
  answer_.body += piece;
}

void fetch::on_end() {
  exchange_ = nullptr;
  tell_.schedule();
}

void fetch::on_failed(http::client_error why, std::string_view detail) {
  exchange_ = nullptr;
  std::string text(http::to_string(why));
  if (!detail.empty()) text.append(": ").append(detail);
  fail(std::move(text));
}

void fetch::on_late() {
  waiter_.leave();
  if (exchange_) std::exchange(exchange_, nullptr)->cancel();
  fail("no answer in time");
}

void fetch::fail(std::string why) {
  answer_ = {};
  answer_.error = std::move(why);
  tell_.schedule();
}

void fetch::finish() {
  late_.disarm();
  running_ = false;
  // A start() from within takes the place of this answer.
  const answer said = std::move(answer_);
  const auto done = done_;
  done(said);
}

}  // namespace weir::upstream
