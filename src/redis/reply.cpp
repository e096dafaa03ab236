#include "weir/redis/reply.hpp"

#include <hiredis/hiredis.h>

#include <charconv>

namespace weir::redis {

reply::kind reply::what() const noexcept {
  if (!raw_) return kind::none;
  switch (raw_->type) {
    case REDIS_REPLY_STRING:
      return kind::text;
    case REDIS_REPLY_STATUS:
      return kind::status;
    case REDIS_REPLY_ERROR:
      return kind::error;
    case REDIS_REPLY_INTEGER:
      return kind::integer;
    case REDIS_REPLY_ARRAY:
      return kind::list;
    default:
      return kind::none;
  }
}

std::string_view reply::text() const noexcept {
  const kind k = what();
  if (k != kind::text && k != kind::status && k != kind::error) return {};
  return {raw_->str, raw_->len};
}

std::int64_t reply::integer() const noexcept {
  if (what() == kind::integer) return raw_->integer;
  std::int64_t value = 0;
  const std::string_view digits = text();
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

std::size_t reply::size() const noexcept {
  return what() == kind::list ? raw_->elements : 0;
}

reply reply::operator[](std::size_t i) const noexcept {
  return reply(raw_->element[i]);
}

}  // namespace weir::redis
