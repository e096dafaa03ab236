#include "weir/upstream/consul_state.hpp"

#include <algorithm>
#include <charconv>

#include "weir/http/uri.hpp"
#include "weir/json/parser.hpp"

namespace weir::upstream {
namespace {

constexpr double bucket = 10;  // queries at once
constexpr double refill = 5;   // queries a second
constexpr duration first_pause = std::chrono::milliseconds(100);
constexpr duration least_slack = std::chrono::seconds(5);  // for an answer, beyond the wait

std::string_view text_of(const json::value& v, arena& memory) {
  return v.as_string(memory).value_or(std::string_view());
}

}  // namespace

std::string encode_component(std::string_view text) {
  std::string out;
  http::percent_encode(text, out);
  return out;
}

result<std::vector<instance_spec>, std::string> read_health(std::string_view body,
                                                            const discovery_settings& of) {
  json::parser parser;
  arena memory;
  const auto parsed = parser.parse(body, memory, {.depth = 64});
  if (!parsed) return failure(std::string("not JSON: ") + std::string(parsed.error().reason));
  if (!parsed->is(json::kind::array)) return failure(std::string("not a list of instances"));
  std::vector<instance_spec> out;
  for (const json::value entry : parsed->elements()) {
    const json::value service = entry.find("Service");
    const auto port = service.find("Port").as_uint64();
    std::string_view address = text_of(service.find("Address"), memory);
    if (address.empty()) address = text_of(entry.find("Node").find("Address"), memory);
    if (!service.is(json::kind::object) || !port || *port > 65535 || address.empty()) {
      return failure(std::string("an entry without address and port"));
    }
    if (*port == 0) continue;  // registered without one: not to be called
    instance_spec one;
    one.host = std::string(address);
    one.port = static_cast<std::uint16_t>(*port);
    const auto weight = service.find("Weights").find("Passing").as_uint64();
    one.weight =
        static_cast<std::uint32_t>(std::clamp<std::uint64_t>(weight.value_or(1), 1, 65535));
    one.authority = of.authority.empty() ? one.key() : of.authority;
    out.push_back(std::move(one));
  }
  std::sort(out.begin(), out.end(),
            [](const instance_spec& a, const instance_spec& b) { return a.key() < b.key(); });
  return out;
}

std::string consul_state::target() const {
  std::string out =
      "/v1/health/service/" + encode_component(of_.consul.service) +
      "?passing=true&stale&index=" + std::to_string(index_) + "&wait=" +
      std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(at_.wait).count()) +
      "ms";
  for (const std::string& tag : of_.consul.tags) out += "&tag=" + encode_component(tag);
  const std::string& dc = of_.consul.datacenter.empty() ? at_.datacenter : of_.consul.datacenter;
  if (!dc.empty()) out += "&dc=" + encode_component(dc);
  return out;
}

std::string consul_state::header_lines() const {
  return at_.token.empty() ? std::string() : "X-Consul-Token: " + at_.token + "\r\n";
}

duration consul_state::patience() const noexcept {
  // The first question does not wait.
  if (index_ == 0) return least_slack;
  return at_.wait + at_.wait / 16 + least_slack;
}

time_point consul_state::pace(time_point now) {
  if (tokens_at_ != time_point{}) {
    tokens_ = std::min(bucket,
                       tokens_ + refill * std::chrono::duration<double>(now - tokens_at_).count());
  }
  tokens_at_ = now;
  tokens_ -= 1;
  if (tokens_ >= 0) return now;
  return now +
         std::chrono::duration_cast<duration>(std::chrono::duration<double>(-tokens_ / refill));
}

time_point consul_state::failed(std::string why, time_point now, random_source& random) {
  trouble_ = std::move(why);
  if (pending_ && pending_->empty()) {  // who said so is gone himself
    pending_.reset();
    due_at_ = time_point::max();
  }
  index_ = 0;  // whoever answers next may be another
  const auto doubled = first_pause * (1 << std::min(failures_, 10u));
  ++failures_;
  const duration most = std::min<duration>(doubled, at_.longest_pause);
  // From half of it: at once would be no pause, and all together a crowd.
  const double share = 0.5 + 0.5 * random.unit();
  return now + std::chrono::duration_cast<duration>(most * share);
}

time_point consul_state::answered(const reply& r, time_point now, random_source& random) {
  if (r.status != 200) {
    std::string why = "Consul answers " + std::to_string(r.status);
    if (r.status >= 400) why += " " + std::string(r.body.substr(0, 100));
    return failed(std::move(why), now, random);
  }
  std::uint64_t index = 0;
  const auto read = std::from_chars(r.index.data(), r.index.data() + r.index.size(), index);
  if (r.index.empty() || read.ec != std::errc() || read.ptr != r.index.data() + r.index.size()) {
    return failed("an answer without X-Consul-Index: this is not Consul", now, random);
  }
  auto list = read_health(r.body, of_);
  if (!list) return failed("junk: " + list.error(), now, random);
  if (r.known_leader == "false" && known_) return failed("Consul has no leader", now, random);
  failures_ = 0;
  index = std::max<std::uint64_t>(index, 1);
  index_ = index < index_ ? 0 : index;
  believe(std::move(*list), now);
  return pace(now);
}

void consul_state::believe(std::vector<instance_spec> list, time_point now) {
  if (!list.empty() || !known_ || applied_.empty()) {
    trouble_.clear();
    if (known_ && list == applied_) {
      pending_.reset();
      due_at_ = time_point::max();
      return;
    }
    // The first list is not waited for; later ones may be one change in several steps.
    const bool was_empty = pending_ && pending_->empty();
    if (!known_) {
      due_at_ = now;
    } else if (!pending_ || was_empty) {
      due_at_ = now + at_.debounce;
    }
    pending_ = std::move(list);
    return;
  }
  trouble_ = "Consul's list is empty";
  if (pending_ && pending_->empty()) return;  // the grace period runs
  pending_.emplace();
  due_at_ = now + at_.empty_grace;
}

std::optional<std::vector<instance_spec>> consul_state::take(time_point now) {
  if (!pending_ || now < due_at_) return std::nullopt;
  due_at_ = time_point::max();
  applied_ = *pending_;
  pending_.reset();
  known_ = true;
  if (applied_.empty()) trouble_.clear();  // it is believed now
  return applied_;
}

}  // namespace weir::upstream
