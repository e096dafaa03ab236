#include "srv_reply.hpp"

#define CARES_NO_DEPRECATED  // as in dns_channel.hpp
#include <ares.h>

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "weir/io/address_cache.hpp"

namespace weir::io {
namespace {

duration shortest_life(std::span<const unsigned char> message) {
  constexpr std::size_t header = 12;
  const auto number = [&](std::size_t at) {
    return static_cast<std::size_t>(message[at] << 8 | message[at + 1]);
  };
  std::size_t at = header;
  const auto skip_name = [&] {
    char* name = nullptr;
    long length = 0;
    if (at >= message.size() ||
        ares_expand_name(message.data() + at, message.data(), static_cast<int>(message.size()),
                         &name, &length) != ARES_SUCCESS) {
      return false;
    }
    ares_free_string(name);
    at += static_cast<std::size_t>(length);
    return true;
  };
  duration shortest = address_cache::longest_life;
  if (message.size() < header) return address_cache::least_life;
  const std::size_t questions = number(4);
  const std::size_t answers = number(6);
  for (std::size_t i = 0; i < questions; ++i) {
    if (!skip_name()) return address_cache::least_life;
    at += 4;
  }
  for (std::size_t i = 0; i < answers; ++i) {
    if (!skip_name() || at + 10 > message.size()) return address_cache::least_life;
    const auto ttl = static_cast<std::int64_t>(number(at + 4) << 16 | number(at + 6));
    shortest = std::min<duration>(shortest, std::chrono::seconds(ttl));
    at += 10 + number(at + 8);
  }
  return std::max<duration>(shortest, address_cache::least_life);
}

}  // namespace

result<std::vector<srv_record>, std::string> read_srv(std::span<const unsigned char> message,
                                                      duration& life) {
  ares_srv_reply* list = nullptr;
  const int size = static_cast<int>(message.size());
  if (const int status = ares_parse_srv_reply(message.data(), size, &list);
      status != ARES_SUCCESS) {
    return failure(std::string(ares_strerror(status)));
  }
  std::vector<srv_record> out;
  for (const ares_srv_reply* r = list; r; r = r->next) {
    out.push_back({r->host, r->port, r->priority, r->weight});
  }
  ares_free_data(list);
  life = shortest_life(message);
  return out;
}

}  // namespace weir::io
