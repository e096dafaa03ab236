#include "weir/http/chunk.hpp"

namespace weir::http {

chunk_head::chunk_head(std::uint64_t size) noexcept {
  std::size_t at = text_.size();
  text_[--at] = '\n';
  text_[--at] = '\r';
  do {
    text_[--at] = "0123456789abcdef"[size & 15];
    size >>= 4;
  } while (size != 0);
  begin_ = at;
}

}  // namespace weir::http
