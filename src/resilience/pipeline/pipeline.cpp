#include "weir/resilience/pipeline/pipeline.hpp"

#include "weir/base/duration_text.hpp"

namespace weir {

layer::decision layer::resume(slot&, context&, outcome&) const {
  return decision::proceed();
}

std::size_t pipeline::straight_from(std::size_t first) const noexcept {
  for (std::size_t i = first; i < size(); ++i) {
    if ((*layers_)[i]->what() == layer::role::hedge) return i + 1;
  }
  return size();
}

worst_case pipeline::worst(duration attempt) const {
  worst_case w{1, attempt};
  for (auto l = layers_->rbegin(); l != layers_->rend(); ++l) w = (*l)->worst(w);
  return w;
}

pipeline_description pipeline::describe(duration attempt) const {
  pipeline_description d;
  worst_case w{1, attempt};
  d.lines.resize(size() + 1);
  d.lines.back() = {"attempt", w};
  for (std::size_t i = size(); i-- > 0;) {
    w = (*layers_)[i]->worst(w);
    d.lines[i] = {(*layers_)[i]->text(), w};
  }
  d.worst = w;
  return d;
}

std::string pipeline_description::text() const {
  std::string out;
  std::size_t depth = 0;
  for (const line& l : lines) {
    out.append(2 * depth++, ' ');
    out += l.text;
    out += "  (at most ";
    out += std::to_string(l.worst.attempts);
    out += l.worst.attempts == 1 ? " attempt, " : " attempts, ";
    out += l.worst.time == duration::max() ? "no limit of time" : format_duration(l.worst.time);
    out += ")\n";
  }
  return out;
}

namespace {

// What makes no sense when the one stands outside the other.
struct pair_warning {
  layer::role outer;
  layer::role inner;
  const char* text;
};

using enum layer::role;
constexpr pair_warning pair_warnings[] = {
    {retry, fallback, "a retry outside a fallback never retries: it sees no failure"},
    {breaker, fallback, "a breaker outside a fallback never opens: it sees no failure"},
    {throttler, fallback, "a throttler outside a fallback never throttles: it sees no failure"},
    {fallback, fallback, "the outer one of two fallbacks acts on time-outs alone"},
    {retry, retry, "a retry inside a retry multiplies the attempts"},
    {hedge, hedge, "a hedge inside a hedge multiplies the attempts"},
    {hedge, fallback, "a hedge outside a fallback takes the fallback of the first that fails"},
    {rate, retry, "a rate limit outside a retry does not count the attempts that it bounds"},
    {rate, hedge, "a rate limit outside a hedge does not count the attempts that it bounds"},
    {adaptive, retry, "an adaptive limit outside a retry takes attempts and waits for latency"},
    {adaptive, bulkhead, "an adaptive limit outside a bulkhead takes the wait there for latency"},
    {adaptive, rate, "an adaptive limit outside a rate limit takes the wait there for latency"},
};

}  // namespace

std::vector<std::string> pipeline::warnings() const {
  std::vector<std::string> found;
  const auto role_of = [this](std::size_t i) { return (*layers_)[i]->what(); };
  for (std::size_t outer = 0; outer < size(); ++outer) {
    for (std::size_t inner = outer + 1; inner < size(); ++inner) {
      for (const pair_warning& w : pair_warnings) {
        if (role_of(outer) == w.outer && role_of(inner) == w.inner) found.emplace_back(w.text);
      }
    }
  }
  return found;
}

pipeline pipeline::around(const pipeline& inner) const {
  std::vector<layer_ptr> all(*layers_);
  all.insert(all.end(), inner.layers_->begin(), inner.layers_->end());
  return pipeline(std::move(all));
}

}  // namespace weir
