#include "systems/gists/picture.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <string_view>

namespace weir::systems::gists {

namespace {

constexpr double width = 960, left = 56, right = 16;
constexpr double band_top = 56, band_height = 28;
constexpr double widest_letter = 0.7;  // of capitals, in font sizes
constexpr int least_size = 7;
constexpr double plot_top = 100, plot_height = 200;
constexpr double most_slices = 120;
// Seconds; shorter ones would show the gaps between calls, broken fractions would beat with them.
constexpr double least_slice = 0.25;

struct colour_of {
  const char* what;
  const char* fill;
};
constexpr std::array<colour_of, 4> kinds{{{"went well", "#3d9a5f"},
                                          {"failed", "#c8443a"},
                                          {"failed, but ignored", "#d9973d"},
                                          {"rejected", "#b4b9c2"}}};
constexpr std::array<colour_of, 3> states_shown{
    {{"PASSING", "#d7eede"}, {"BROKEN", "#f6d4d0"}, {"RECOVERING", "#fbeac2"}}};

std::string number(double n, int decimals = 1) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", decimals, n);
  return text;
}

double seconds(duration d) {
  return std::chrono::duration<double>(d).count();
}

class canvas {
 public:
  canvas(const std::string& title, double until) : until_(until) {
    svg_ = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + number(width) +
           " 352\" font-family=\"sans-serif\" font-size=\"13\" role=\"img\">\n<title>" + title +
           "</title>\n"
           "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n";
    text(left, 26, title, "start", 16);
  }

  void bands(const std::vector<state_change>& states) {
    for (std::size_t i = 0; i < states.size(); ++i) {
      const double from = x(seconds(states[i].at));
      const double to = i + 1 < states.size() ? x(seconds(states[i + 1].at)) : x(until_);
      const auto shown = std::find_if(states_shown.begin(), states_shown.end(),
                                      [&](const colour_of& c) { return states[i].to == c.what; });
      if (shown == states_shown.end()) continue;
      rectangle(from, band_top, to - from, band_height, shown->fill);
      rectangle(from, plot_top, to - from, plot_height, shown->fill, 0.35);
      // A name that its band cannot hold would run into the next one: smaller, or none.
      const double fits = (to - from) / (widest_letter * static_cast<double>(states[i].to.size()));
      const int size = std::min(13, static_cast<int>(fits));
      if (size >= least_size) text((from + to) / 2, band_top + 19, states[i].to, "middle", size);
    }
  }

  void bars(const std::vector<sample>& samples) {
    double slice = least_slice;
    while (until_ / slice > most_slices) slice *= 2;
    std::vector<std::array<int, kinds.size()>> counts(
        std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(until_ / slice))));
    for (const sample& s : samples) {
      const auto at = static_cast<std::size_t>(seconds(s.at) / slice);
      ++counts[std::min(at, counts.size() - 1)][static_cast<std::size_t>(s.how)];
    }
    double most = 5 * slice;  // calls; the scale ends at a multiple of five a second
    for (const auto& c : counts) {
      const double calls = std::accumulate(c.begin(), c.end(), 0);
      most = std::max(most, std::ceil(calls / slice / 5) * 5 * slice);
    }
    for (std::size_t i = 0; i < counts.size(); ++i) {
      double bottom = plot_top + plot_height;
      for (std::size_t k = 0; k < kinds.size(); ++k) {
        const double high = counts[i][k] / most * plot_height;
        if (counts[i][k] == 0) continue;
        const double from = x(static_cast<double>(i) * slice);
        const double to = x(static_cast<double>(i + 1) * slice);
        rectangle(from + 0.5, bottom - high, std::max(0.5, to - from - 1), high, kinds[k].fill);
        bottom -= high;
      }
    }
    text(left - 8, plot_top + 12, number(most / slice, 0), "end");
    text(left - 8, plot_top + plot_height, "0", "end");
    text(left - 8, plot_top + 30, "calls/s", "end");
  }

  void axis() {
    const double step = until_ > 30 ? 5 : until_ > 12 ? 2 : 1;
    for (int tick = 0; tick * step <= until_; ++tick) {
      const double t = tick * step;
      rectangle(x(t), plot_top + plot_height, 1, 5, "#555555");
      text(x(t), plot_top + plot_height + 20, number(t, 0) + " s", "middle");
    }
    double at = left;
    for (const colour_of& k : kinds) {
      rectangle(at, 333, 12, 12, k.fill);
      text(at + 18, 344, k.what);
      at += 60 + 8.0 * static_cast<double>(std::string_view(k.what).size());
    }
  }

  std::string done() { return svg_ + "</svg>\n"; }

 private:
  double x(double at) const {
    return left + std::clamp(at / until_, 0.0, 1.0) * (width - left - right);
  }
  void rectangle(double at, double top, double wide, double high, const std::string& fill,
                 double opacity = 1) {
    svg_ += "<rect x=\"" + number(at) + "\" y=\"" + number(top) + "\" width=\"" + number(wide) +
            "\" height=\"" + number(high) + "\" fill=\"" + fill + "\"" +
            (opacity < 1 ? " opacity=\"" + number(opacity) + "\"" : "") + "/>\n";
  }
  void text(double at, double base, const std::string& what, const std::string& anchor = "start",
            int size = 13) {
    svg_ += "<text x=\"" + number(at) + "\" y=\"" + number(base) + "\" text-anchor=\"" + anchor +
            "\" font-size=\"" + std::to_string(size) + "\" fill=\"#222222\">" + what + "</text>\n";
  }

  const double until_;
  std::string svg_;
};

}  // namespace

std::string draw(const std::string& title, const std::vector<sample>& samples,
                 const std::vector<state_change>& states, duration until) {
  canvas made(title, seconds(until));
  made.bands(states);
  made.bars(samples);
  made.axis();
  return made.done();
}

}  // namespace weir::systems::gists
