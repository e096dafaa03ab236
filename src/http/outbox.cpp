#include "outbox.hpp"

#include <algorithm>
#include <array>

namespace weir::http {

std::string spare_strings::take() {
  if (kept_.empty()) return {};
  std::string top = std::move(kept_.back());
  kept_.pop_back();
  kept_bytes_ -= top.capacity();
  return top;
}

void spare_strings::give_back(std::string&& used) noexcept {
  if (used.capacity() > largest_kept || kept_bytes_ + used.capacity() > most_kept_bytes ||
      kept_.size() == most_kept) {
    used = {};
    return;
  }
  if (kept_.capacity() == 0) kept_.reserve(most_kept);
  used.clear();
  kept_bytes_ += used.capacity();
  kept_.push_back(std::move(used));
}

void outbox::append(std::string_view piece) {
  // A short text lives in the string itself, and may be there already.
  if (text_.empty() && text_.capacity() <= std::string().capacity()) text_ = spares_.take();
  // Not for each append: moving what is left costs as much as what has gone.
  if (sent_ > text_.size() / 2) {
    text_.erase(0, sent_);
    sent_ = 0;
  }
  text_ += piece;
}

void outbox::clear() noexcept {
  sent_ = 0;
  blocked_ = false;
  if (text_.capacity() > std::string().capacity()) {
    spares_.give_back(std::move(text_));
    text_ = {};
  } else {
    text_.clear();
  }
}

outbox::outcome outbox::send(io::stream& to, std::span<const std::string_view> pieces) {
  std::array<iovec, 8> parts;
  std::size_t count = 0;
  std::size_t wanted = 0;
  const auto add = [&](std::string_view piece) {
    if (piece.empty()) return;
    parts[count++] = {.iov_base = const_cast<char*>(piece.data()), .iov_len = piece.size()};
    wanted += piece.size();
  };
  add(std::string_view(text_).substr(sent_));
  for (const std::string_view piece : pieces) add(piece);
  if (count == 0) return outcome::sent;

  const io::io_result result = to.write({parts.data(), count});
  if (result.status == io::io_status::failed || result.status == io::io_status::end) {
    return outcome::failed;
  }
  std::size_t taken = result.status == io::io_status::ok ? result.bytes : 0;
  if (taken == wanted) {
    clear();
    return outcome::sent;
  }
  const std::size_t of_text = std::min(taken, size());
  sent_ += of_text;
  taken -= of_text;
  for (const std::string_view piece : pieces) {
    const std::size_t of_piece = std::min(taken, piece.size());
    taken -= of_piece;
    if (of_piece < piece.size()) append(piece.substr(of_piece));
  }
  blocked_ = true;
  return outcome::blocked;
}

}  // namespace weir::http
