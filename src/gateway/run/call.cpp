#include "weir/gateway/run/call.hpp"

#include <memory>

#include "weir/gateway/run/target.hpp"
#include "weir/gateway/run/worker.hpp"

namespace weir::gateway {
namespace {

bool may_be_sent_twice(const prepared_call& what) {
  const call_plan& call = *what.step->call;
  return call.idempotent || (call.idempotent_by_key && carries_key(what.header_lines));
}

}  // namespace

call_run::call_run(worker& on, call_owner& owner, upstream::endpoint& to, const prepared_call& what,
                   arena& memory, std::uint32_t item)
    : worker_(on),
      owner_(owner),
      endpoint_(to),
      what_(what),
      memory_(memory),
      retryable_(may_be_sent_twice(what_)),
      first_(*this, to, what_.key, retryable_),
      item_(item) {}

call_run::~call_run() {
  cancel();
  if (cached_) std::destroy_at(cached_);
  policies_.reset();
  for (call_attempt* const a : more_) std::destroy_at(a);
}

void call_run::start(time_point until, cause at_deadline) {
  const entry here(*this);
  until_ = until;
  at_deadline_ = at_deadline;
  if (!what_.step->cache) {
    ask();
    return;
  }
  void* const room = memory_.allocate(sizeof(cached_call), alignof(cached_call));
  cached_ = ::new (room)
      cached_call(worker_, what_, memory_, delegate<void()>::to<&call_run::on_shared>(*this));
  follow(cached_->start(worker_.loop().now(), end()));
}

void call_run::follow(cached_call::turn next) {
  switch (next) {
    case cached_call::turn::ask:
      ask();
      return;
    case cached_call::turn::wait:
      due_ = until_;
      if (due_ != time_point::max()) owner_.wake_at(due_);
      return;
    case cached_call::turn::done:
      over();
      return;
  }
}

// What it waits for is there, or it is for this one to ask.
void call_run::on_shared() {
  if (ended_ || policies_) return;
  const entry here(*this);
  follow(cached_->go_on(worker_.loop().now(), end()));
}

void call_run::ask() {
  call_facts facts{.until = deadline::at(until_),
                   .until_is_configured = at_deadline_ != cause::caller_deadline,
                   .retryable = retryable_,
                   .timeouts_count = timeouts_count(plan())};
  if (service().limits().bulkhead()) {
    sleeper_.emplace(worker_.wakes(), delegate<void()>::to<&call_run::on_time>(*this));
    facts.wake = delegate<void()>::to<&io::wake_queue::sleeper::wake>(*sleeper_);
  }
  policies_.emplace(what_.step->policies, facts);
  follow(policies_->start(worker_.loop().now()));
}

void call_run::follow(action todo) {
  for (;;) {
    switch (todo.kind) {
      case action_kind::none:
        return;
      case action_kind::start_attempt:
        free_attempt().begin(todo);
        todo = policies_->next(worker_.loop().now());
        break;
      case action_kind::wait:
        due_ = todo.until;
        if (due_ != time_point::max()) owner_.wake_at(due_);
        return;
      case action_kind::cancel_attempt:
        if (call_attempt* const a = attempt_of(todo.attempt)) {
          a->stop();
          result_ = a->result();
        }
        todo = policies_->next(worker_.loop().now());
        break;
      case action_kind::finish:
        finish(todo);
        return;
    }
  }
}

// One that does not run, or another beside those that do. It goes where none of them is.
call_attempt& call_run::free_attempt() {
  if (!first_.runs() && more_.empty()) return first_;
  call_attempt* free = first_.runs() ? nullptr : &first_;
  for (call_attempt* const a : more_) {
    if (!free && !a->runs()) free = a;
  }
  if (!free) {
    void* const room = memory_.allocate(sizeof(call_attempt), alignof(call_attempt));
    free = ::new (room) call_attempt(*this, endpoint_, what_.key, retryable_);
    more_.push_back(free);
  }
  if (free != &first_) free->avoid(first_);
  for (const call_attempt* const a : more_) {
    if (free != a) free->avoid(*a);
  }
  return *free;
}

call_attempt* call_run::attempt_of(std::uint32_t number) noexcept {
  if (first_.number() == number) return &first_;
  for (call_attempt* const a : more_) {
    if (a->number() == number) return a;
  }
  return nullptr;
}

void call_run::attempt_over(const call_attempt& ended) {
  result_ = ended.result();
  const cause_text said(result_.why, result_.status);
  weir::outcome told = result_.for_policies;
  told.detail = said;
  follow(policies_->attempt_done(worker_.loop().now(), ended.number(), told));
}

verdict call_run::late_counts() const noexcept {
  return at_deadline_ == cause::caller_deadline ? verdict::ignored : timeouts_count(plan());
}

void call_run::on_time() {
  if (ended_) return;
  const entry here(*this);
  due_ = time_point::max();
  const time_point now = worker_.loop().now();
  if (policies_) {
    follow(policies_->timer(now));
  } else if (now < until_) {
    due_ = until_;
  } else {
    cached_->expired(at_deadline_, now, end());
    over();
  }
}

void call_run::over() {
  ended_ = true;
  due_ = time_point::max();
  owner_.on_call_ended(*this);
}

void call_run::finish(const action& done) {
  retry_after_ = done.how.retry_after;
  if (const call_attempt* const decided = attempt_of(done.attempt); done.attempt != 0 && decided) {
    result_ = decided->result();
    headers_ = decided->headers();
  }
  if (done.how.failed) {
    // The pipeline's own reason (a circuit, a time-out) stands before what the last attempt said.
    cause why = cause_of(done.how, result_.why);
    if (why == cause::deadline) why = at_deadline_;
    if (why != result_.why) {
      result_ = {};
      result_.why = why;
    }
  }
  if (cached_) {
    cached_->asked(worker_.loop().now(), end());
  } else {
    note_write(service(), plan().verb, what_.target, result_.status);
  }
  over();
}

void call_run::cancel() {
  if (ended_) return;
  ended_ = true;
  due_ = time_point::max();
  first_.cancel();
  for (call_attempt* const a : more_) a->cancel();
  if (policies_) policies_->cancel(worker_.loop().now());
  if (cached_) cached_->leave();
}

bool call_run::must_finish() const noexcept {
  return !ended_ && first_.is_sent() && !retryable_;
}

}  // namespace weir::gateway
