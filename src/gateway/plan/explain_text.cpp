#include <algorithm>

#include "weir/gateway/plan/explain.hpp"
#include "weir/gateway/plan/words.hpp"

namespace weir::gateway {
namespace {

class painter {
 public:
  explicit painter(explain_style style) : color_(style.color) {}
  std::string bold(std::string_view t) const { return paint("1", t); }
  std::string dim(std::string_view t) const { return paint("2", t); }
  std::string good(std::string_view t) const { return paint("32", t); }
  std::string warn(std::string_view t) const { return paint("33", t); }

 private:
  std::string paint(std::string_view code, std::string_view text) const {
    if (!color_) return std::string(text);
    return "\033[" + std::string(code) + "m" + std::string(text) + "\033[0m";
  }
  bool color_;
};

std::string time_or(const std::optional<duration>& t, std::string_view otherwise) {
  return t ? words_of(*t) : std::string(otherwise);
}

std::string joined(const std::vector<std::string>& all, std::string_view between) {
  std::string out;
  for (const std::string& one : all) {
    if (!out.empty()) out += between;
    out += one;
  }
  return out;
}

// The lines that say how one call goes, without their indentation.
std::vector<std::string> call_lines(const explained_call& c, std::string_view attempt,
                                    const painter& paint) {
  std::vector<std::string> lines;
  std::string times = "timeout ";
  if (c.timeout.length) {
    times += words_of(*c.timeout.length) + paint.dim(" (" + c.timeout.from + ")");
  } else {
    times += "none but the deadline";
  }
  if (c.attempt_timeout.length) {
    times += ", " + std::string(attempt) + " " + words_of(*c.attempt_timeout.length) +
             paint.dim(" (" + c.attempt_timeout.from + ")");
  }
  times += ", connecting " + time_or(c.connect_timeout.length, "?") +
           paint.dim(" (" + c.connect_timeout.from + ")");
  lines.push_back(times);
  lines.push_back(c.retry.empty() ? "retry off"
                                  : "retry " + c.retry + paint.dim(" (" + c.retry_from + ")"));
  lines.push_back(c.breaker.empty()
                      ? "breaker off"
                      : "breaker " + c.breaker + paint.dim(" (" + c.breaker_from + ")"));
  if (!c.hedge.empty()) lines.push_back("hedge " + c.hedge + paint.dim(" (" + c.hedge_from + ")"));
  if (!c.cache.empty()) lines.push_back("cache " + c.cache + paint.dim(" (" + c.cache_from + ")"));
  lines.insert(lines.end(), c.limits.begin(), c.limits.end());
  if (!c.instances.empty()) lines.push_back(c.instances);
  if (!c.health.empty()) lines.push_back("health " + c.health);
  return lines;
}

class step_printer {
 public:
  step_printer(const explanation& e, explain_style style) : e_(e), paint_(style) {}

  std::string run() {
    std::uint32_t waves = 0;
    for (const explained_step& s : e_.steps) waves = std::max(waves, s.wave);
    for (std::uint32_t w = 1; w <= waves; ++w) wave(w);
    return std::move(out_);
  }

 private:
  void wave(std::uint32_t number) {
    std::vector<const explained_step*> steps;
    for (const explained_step& s : e_.steps) {
      if (s.wave == number) steps.push_back(&s);
    }
    const std::string count =
        steps.size() == 1 ? "one step" : std::to_string(steps.size()) + " steps at the same time";
    out_ += paint_.bold(number == 1 ? count : "then " + count);
    out_ += number == 1 || steps.size() == 1 ? "\n" : ", each as soon as what it needs is there\n";
    for (std::size_t i = 0; i < steps.size(); ++i) step(*steps[i], i + 1 == steps.size());
  }

  void step(const explained_step& s, bool last) {
    const std::string rail = last ? "     " : "  │  ";
    out_ += (last ? "  └─ " : "  ├─ ") + paint_.bold(s.name);
    if (!s.each.empty()) {
      out_ += ": for each of " + s.each + ", " + std::to_string(s.limit) + " at the same time, " +
              std::to_string(s.max_items) + " at most";
    }
    if (!s.call) out_ += ": computed";
    out_ += '\n';
    if (s.call)
      line(rail, s.call->method + " " + s.call->target + paint_.dim("  at " + s.call->url));
    line(rail,
         s.required ? paint_.warn("required") : paint_.good("optional") + ", else " + s.fallback);
    if (s.conditional) line(rail, "only if `when` holds; else null");
    if (!s.after.empty()) line(rail, "after " + joined(s.after, ", "));
    if (!s.call) return;
    for (const std::string& l : call_lines(*s.call, "each attempt", paint_)) line(rail, l);
    line(rail, "at worst " + time_or(s.at_worst, "no end of its own") + ", " +
                   std::to_string(s.calls) + (s.calls == 1 ? " call" : " calls"));
  }

  void line(const std::string& rail, const std::string& text) { out_ += rail + text + "\n"; }

  const explanation& e_;
  painter paint_;
  std::string out_;
};

std::string deadline_text(const explanation& e) {
  if (!e.deadline) return "no deadline";
  return "deadline " + words_of(*e.deadline) + " (" + e.deadline_from + ")";
}

std::string latency_text(const explanation& e) {
  if (!e.latency) return "no end";
  std::string text = words_of(*e.latency);
  if (e.cut_by_deadline) return text + ", where the deadline cuts in";
  if (!e.critical_path.empty()) text += " (" + joined(e.critical_path, " → ") + ")";
  return text;
}

}  // namespace

std::string to_text(const explanation& e, explain_style style) {
  const painter paint(style);
  std::string out = paint.bold(e.route) + "  " + deadline_text(e) + "\n";
  if (!e.rate.empty()) out += "rate limit " + e.rate + ", beyond it 429\n";
  out += '\n';
  if (e.proxy) {
    out +=
        paint.bold("proxy") + " to " + e.proxy->service + paint.dim("  at " + e.proxy->url) + "\n";
    out += "     " +
           (e.whole_request ? "with the client's path and query"
                            : "as " + e.proxy->method + " " + e.proxy->target) +
           "\n";
    for (const std::string& l : call_lines(*e.proxy, "silent for at most", paint)) {
      out += "     " + l + "\n";
    }
  } else if (e.steps.empty()) {
    out += "no steps: the reply is made of the request alone\n";
  } else {
    out += step_printer(e, style).run();
  }
  out += "\n" + paint.bold("worst case") + "\n";
  out += "  latency         " + latency_text(e) + "\n";
  out += "  upstream calls  " + std::to_string(e.calls) + "\n";
  return out;
}

std::string routes_to_text(const std::vector<explanation>& all, explain_style style) {
  const painter paint(style);
  std::size_t width = 0;
  for (const explanation& e : all) width = std::max(width, e.route.size());
  std::string out;
  for (const explanation& e : all) {
    out += paint.bold(e.route) + std::string(width - e.route.size() + 2, ' ');
    if (e.proxy) {
      out += "proxy to " + e.proxy->service;
    } else {
      const auto optional =
          std::count_if(e.steps.begin(), e.steps.end(), [](const auto& s) { return !s.required; });
      out += std::to_string(e.steps.size()) + (e.steps.size() == 1 ? " step" : " steps");
      if (optional > 0) out += " (" + std::to_string(optional) + " optional)";
    }
    out += ", at worst " + time_or(e.latency, "no end") + " and " + std::to_string(e.calls) +
           (e.calls == 1 ? " call\n" : " calls\n");
  }
  return out;
}

}  // namespace weir::gateway
