#include "weir/http/query.hpp"

#include <algorithm>

#include "characters.hpp"
#include "weir/http/uri.hpp"

namespace weir::http {
namespace {

bool is_named(std::string_view encoded, std::string_view name) {
  if (encoded.find_first_of("%+") == std::string_view::npos) return encoded == name;
  return query_view::decode(encoded) == name;
}

}  // namespace

std::string query_view::decode(std::string_view encoded) {
  std::string spaced(encoded);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  if (spaced.find('%') == std::string::npos) return spaced;
  std::string plain;
  return percent_decode(spaced, plain) ? plain : std::string(encoded);
}

bool query_view::well_formed() const noexcept {
  for (std::size_t at = text_.find('%'); at != std::string_view::npos;
       at = text_.find('%', at + 1)) {
    if (text_.size() - at < 3 || detail::hex_value(text_[at + 1]) < 0 ||
        detail::hex_value(text_[at + 2]) < 0) {
      return false;
    }
  }
  return true;
}

std::optional<std::string> query_view::first(std::string_view name) const {
  std::optional<std::string> found;
  for_each([&](const parameter& p) {
    if (is_named(p.name, name)) found = decode(p.value);
    return !found;
  });
  return found;
}

std::vector<std::string> query_view::all(std::string_view name) const {
  std::vector<std::string> found;
  for_each([&](const parameter& p) {
    if (is_named(p.name, name)) found.push_back(decode(p.value));
    return true;
  });
  return found;
}

std::size_t query_view::count(std::string_view name) const {
  std::size_t n = 0;
  for_each([&](const parameter& p) {
    n += is_named(p.name, name) ? 1 : 0;
    return true;
  });
  return n;
}

}  // namespace weir::http
