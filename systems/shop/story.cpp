#include "systems/shop/story.hpp"

#include <algorithm>

#include "systems/shop/page.hpp"
#include "systems/stage/circuits.hpp"

namespace weir::systems::shop {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t failures_to_open = 5;
constexpr duration second = 1s;    // what the page gives products, and then their inventory
constexpr duration slack = 250ms;  // for a busy machine
constexpr int most_pages = 8;      // to open a circuit; five failures need fewer
constexpr int pages_while_open = 10;
constexpr duration longest_open = 7s;  // five, and slack

// For rows: a state or a path of which there is none, as without a breaker.
std::string or_none(const std::string& seen) {
  return seen.empty() ? "none" : seen;
}

class outage {
 public:
  outage(cast& with, stage::chronicle& into, std::function<bool()> interrupted)
      : cast_(with),
        told_(into),
        interrupted_(std::move(interrupted)),
        circuits_(with.loop(), with.visitor(), with.admin_port(), 20ms),
        gateway_pid_(with.gateway_pid()) {}

  void play() {
    circuits_.start();
    all_well();
    inventory_slow();
    favorites_stopped();
    favorites_back();
    products_late();
    products_stopped();
    products_back();
    each_transition_once();
  }

 private:
  page visit() {
    if (interrupted_()) return {};
    stage::question q;
    q.port = cast_.gateway_port();
    q.target = "/products/all?user=1";
    const page got = read_page(cast_.visitor().ask(q));
    told_.event(got.in_short());
    // What the log has to say about it comes a moment later, through a pipe.
    stage::wait(cast_.loop(), 20ms);
    return got;
  }

  // 200 with the five products, the cart's number, and every product's inventory.
  bool whole_but_for_favorites(const page& p) const {
    return p.well_formed && same_products(p.products, products_) && p.without_inventory() == 0 &&
           p.cart_items == 3;
  }
  bool whole(const page& p) const {
    return whole_but_for_favorites(p) && p.favorite_items == 3 && p.missing.empty();
  }

  std::string state_of(role which) { return circuits_.ask_now()[role_names[which]].state; }

  bool wait_for_state(role which, const std::string& state, duration longest) {
    const time_point until = now() + longest;
    while (state_of(which) != state) {
      if (now() >= until || interrupted_()) return false;
      stage::wait(cast_.loop(), 20ms);
    }
    return true;
  }

  // The log comes through a pipe, a moment after the answer.
  bool wait_for_log(const std::function<bool()>& told) {
    return stage::wait_until(cast_.loop(), 2s, [&] { return interrupted_() || told(); });
  }

  void all_well() {
    told_.heading("all is well");
    stage::question q;
    q.port = cast_.port(products);
    q.target = "/products";
    products_ = read_products(cast_.visitor().ask(q));
    const page p = visit();
    told_.row(
        "all well: 200, cart and favorites counted, every product in order with its inventory",
        p.in_short(), products_.size() == 5 && whole(p));
  }

  void inventory_slow() {
    told_.heading("inventory answers for products 2 and 4 only after 3 s; products take 200 ms");
    const duration products_take = 200ms;
    cast_.set_faults(products, R"({"delay":"200ms"})");
    cast_.set_faults(inventory,
                     R"({"delay":"3s","only":["/products/2/inventory","/products/4/inventory"]})");
    const page p = visit();
    cast_.set_faults(products, "{}");
    cast_.set_faults(inventory, "{}");
    const bool right_ones =
        p.well_formed && same_products(p.products, products_) &&
        std::all_of(p.products.begin(), p.products.end(), [](const page::item& i) {
          return i.inventory.has_value() == (i.id != 2 && i.id != 4);
        });
    told_.row("inventory slow: null for the slow products, numbers for the others", p.in_short(),
              right_ones && p.cart_items == 3 && p.favorite_items == 3);
    told_.row("inventory slow: answered within 1 s after the products were in",
              stage::milliseconds(p.took - products_take) + " after",
              p.status == 200 && p.took <= products_take + second + slack);
    told_.row("inventory slow: the answer says that it is partial", p.missing,
              p.missing.find("stock") != std::string::npos);
  }

  void favorites_stopped() {
    told_.heading("favorites is stopped");
    cast_.stop_service(favorites);
    const std::size_t failed_before = cast_.log().failures_of("favorites");
    int pages = 0, as_told = 0;
    page p;
    for (; pages < most_pages && state_of(favorites) != "open"; ++pages) {
      p = visit();
      as_told += whole_but_for_favorites(p) && !p.favorite_items && p.took < second;
    }
    told_.row(
        "favorites stopped: favorite_items is null, the rest is whole",
        std::to_string(as_told) + " of " + std::to_string(pages) + " pages so; " + p.in_short(),
        pages > 0 && as_told == pages);
    wait_for_log([&] { return cast_.log().path_of("favorites") == "closed > open"; });
    const std::size_t failed = cast_.log().failures_of("favorites") - failed_before;
    told_.row("after five failed calls the circuit is open",
              std::to_string(failed) + " failed calls; circuit: " + or_none(state_of(favorites)),
              failed == failures_to_open && state_of(favorites) == "open");
    open_costs_nothing();
  }

  // The service is there again, so that what it does not see is really not sent.
  void open_costs_nothing() {
    told_.heading(state_of(favorites) == "open"
                      ? "favorites runs again, but its circuit is still open"
                      : "favorites runs again");
    const std::size_t attempts_before = cast_.log().attempts_to("favorites");
    if (auto wrong = cast_.start_service(favorites)) told_.event(*wrong);
    int as_told = 0;
    duration slowest{};
    for (int i = 0; i < pages_while_open; ++i) {
      const page p = visit();
      as_told += whole_but_for_favorites(p) && !p.favorite_items &&
                 p.missing.find("breaker_open") != std::string::npos;
      slowest = std::max(slowest, p.took);
    }
    stage::wait(cast_.loop(), 100ms);  // for the log
    const std::size_t attempts = cast_.log().attempts_to("favorites") - attempts_before;
    const auto seen = cast_.requests_seen(favorites);
    told_.row("while it is open, pages cost favorites nothing",
              std::to_string(as_told) + " of " + std::to_string(pages_while_open) + " pages; " +
                  std::to_string(attempts) + " calls in the gateway's log; favorites saw " +
                  (seen ? std::to_string(*seen) : "?") + "; slowest page " +
                  stage::milliseconds(slowest),
              as_told == pages_while_open && attempts == 0 && seen == 0u &&
                  state_of(favorites) == "open");
  }

  void favorites_back() {
    const bool half_open =
        state_of(favorites) == "open" && wait_for_state(favorites, "half-open", longest_open);
    told_.heading(half_open ? "the open time is over: half-open" : "the circuit is not half-open");
    const page p = visit();
    const std::string after = state_of(favorites);
    const auto seen = cast_.requests_seen(favorites);
    told_.row("favorites back: half-open, one probe, closed",
              std::string(half_open ? "half-open" : "not half-open") + "; favorites saw " +
                  (seen ? std::to_string(*seen) : "?") + (seen == 1u ? " request" : " requests") +
                  "; then " + or_none(after),
              half_open && seen == 1u && after == "closed");
    told_.row("favorites back: the count is back, and the gateway was not restarted", p.in_short(),
              whole(p) && cast_.gateway_pid() == gateway_pid_);
  }

  void products_late() {
    told_.heading("products takes 3 s");
    products_failed_before_ = cast_.log().failures_of("products");
    cast_.set_faults(products, R"({"delay":"3s"})");
    const page p = visit();
    cast_.set_faults(products, "{}");
    told_.row("products late: 504 within its second", p.in_short(),
              p.status == 504 && p.took >= second - 50ms && p.took <= second + slack &&
                  p.content_type.starts_with("application/problem+json"));
  }

  void products_stopped() {
    told_.heading("products is stopped");
    cast_.stop_service(products);
    page p = visit();
    told_.row("products stopped: 502 at first", p.in_short(), p.status == 502 && p.took < second);
    for (int i = 0; i < most_pages && p.status == 502; ++i) {
      p = visit();
    }
    const std::size_t attempts_before = cast_.log().attempts_to("products");
    p = visit();
    stage::wait(cast_.loop(), 100ms);  // for the log
    const std::size_t attempts = cast_.log().attempts_to("products") - attempts_before;
    const std::size_t failed = cast_.log().failures_of("products") - products_failed_before_;
    const int after = std::atoi(p.retry_after.c_str());
    told_.row(
        "products stopped: after five failed calls 503 with Retry-After, and no call",
        p.in_short() + "; " + std::to_string(failed) + " failed calls, then " +
            std::to_string(attempts),
        p.status == 503 && after >= 1 && after <= 5 && failed == failures_to_open && attempts == 0);
  }

  void products_back() {
    told_.heading("products runs again");
    if (auto wrong = cast_.start_service(products)) told_.event(*wrong);
    if (state_of(products) == "open") wait_for_state(products, "half-open", longest_open);
    const page p = visit();
    told_.row("products back: the whole page again", p.in_short(), whole(p));
  }

  void each_transition_once() {
    const std::string once = "closed > open > half-open > closed";
    for (role r : {favorites, products}) {
      const std::string name = role_names[r];
      wait_for_log([&] { return cast_.log().path_of(name) == once; });
      const std::string logged = cast_.log().path_of(name);
      told_.row("the log tells each transition of " + name + " once", or_none(logged),
                logged == once);
      const std::string seen = circuits_.path_of(name);
      told_.row("/circuits showed each state of " + name + " once", or_none(seen), seen == once);
    }
    const std::string others =
        or_none(circuits_.path_of("cart")) + ", " + or_none(circuits_.path_of("inventory"));
    told_.row("the circuits of cart and inventory stayed closed", others,
              others == "closed, closed" && cast_.log().path_of("cart").empty() &&
                  cast_.log().path_of("inventory").empty());
  }

  cast& cast_;
  stage::chronicle& told_;
  const std::function<bool()> interrupted_;
  stage::circuit_watch circuits_;
  const pid_t gateway_pid_;
  std::vector<page::item> products_;
  std::size_t products_failed_before_ = 0;
};

}  // namespace

void play_outage(cast& with, stage::chronicle& into, std::function<bool()> interrupted) {
  outage(with, into, std::move(interrupted)).play();
}

}  // namespace weir::systems::shop
