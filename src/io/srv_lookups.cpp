#include "srv_lookups.hpp"

#include <utility>

#include "srv_reply.hpp"

namespace weir::io {

srv_lookups::query::query(srv_lookups& o, std::string n, std::function<void(const answer&)> d)
    : owner(o),
      name(std::move(n)),
      done(std::move(d)),
      limit(o.on_, delegate<void()>::to<&query::on_late>(*this)) {}

void srv_lookups::query::on_late() {
  late = true;
  owner.report_.schedule();
}

void srv_lookups::resolve(dns_channel& dns, const std::string& name, time_point until,
                          std::function<void(const answer&)> done) {
  if (const auto found = cache_.find(name); found != cache_.end()) {
    if (found->second.until > on_.now()) {
      done(found->second.records);
      return;
    }
    cache_.erase(found);
  }
  queries_.push_back(std::make_unique<query>(*this, name, std::move(done)));
  query* const q = queries_.back().get();
  q->limit.arm(until);
  dns.ask_srv(name, &srv_lookups::on_answer, q);
}

void srv_lookups::on_answer(void* context, int status, int, unsigned char* data, int length) {
  auto* const q = static_cast<query*>(context);
  q->finished = true;
  if (status == ARES_SUCCESS) {
    q->found = read_srv({data, static_cast<std::size_t>(length)}, q->life);
  } else {
    q->found = failure(q->name + ": " + ares_strerror(status));
  }
  q->owner.report_.schedule();
}

// Who was told goes, too, once c-ares is done with the query.
void srv_lookups::collect(std::vector<std::function<void()>>& calls) {
  for (const auto& q : queries_) {
    if (!q->done || (!q->finished && !q->late)) continue;
    if (q->finished && q->found) {
      cache_[q->name] = {*q->found, saturating_add(on_.now(), q->life)};
    }
    answer said =
        q->finished ? q->found : answer(failure(q->name + ": no answer from DNS in time"));
    q->limit.disarm();
    calls.push_back([done = std::exchange(q->done, {}), said] { done(said); });
  }
  std::erase_if(queries_, [](const auto& q) { return q->finished; });
}

}  // namespace weir::io
