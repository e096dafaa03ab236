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

std::vector<std::string> pipeline::warnings() const {
  std::vector<std::string> found;
  const auto role = [this](std::size_t i) { return (*layers_)[i]->what(); };
  for (std::size_t outer = 0; outer < size(); ++outer) {
    for (std::size_t inner = outer + 1; inner < size(); ++inner) {
      if (role(inner) == layer::role::fallback && role(outer) == layer::role::retry) {
        found.emplace_back("a retry outside a fallback never retries: it sees no failure");
      }
      if (role(inner) == layer::role::fallback && role(outer) == layer::role::breaker) {
        found.emplace_back("a breaker outside a fallback never opens: it sees no failure");
      }
      if (role(inner) == layer::role::fallback && role(outer) == layer::role::fallback) {
        found.emplace_back("the outer one of two fallbacks acts on time-outs alone");
      }
      if (role(inner) == layer::role::retry && role(outer) == layer::role::retry) {
        found.emplace_back("a retry inside a retry multiplies the attempts");
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
