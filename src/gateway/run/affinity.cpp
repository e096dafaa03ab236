#include "weir/gateway/run/affinity.hpp"

#include "weir/gateway/run/caller.hpp"

namespace weir::gateway {

std::uint64_t affinity(const upstream::service& to, const request_context& request,
                       std::string_view target) {
  const upstream::service_settings& s = to.settings();
  if (s.instances.how != upstream::balance::maglev) return 0;
  switch (s.key) {
    case upstream::hash_by::target:
      break;
    case upstream::hash_by::client:
      return upstream::hash_key(client_address(request));
    case upstream::hash_by::header:
      // Without it, what is asked for decides, so that not all such requests meet in one place.
      if (const auto value = request.exchange->head().fields.find(s.key_header)) {
        return upstream::hash_key(*value);
      }
      break;
  }
  return upstream::hash_key(target);
}

}  // namespace weir::gateway
