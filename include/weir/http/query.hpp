#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::http {

// The query of a target, read as a form's "name=value&…": '+' is a space, %XX is undone. A view of
// the encoded text; each question reads it afresh, which for the few parameters of a
// request is cheaper than a table.
class query_view {
 public:
  explicit query_view(std::string_view encoded) noexcept : text_(encoded) {}

  // False when an escape is broken, anywhere: a 400. The others take such a parameter literally.
  bool well_formed() const noexcept;
  std::optional<std::string> first(std::string_view name) const;
  std::vector<std::string> all(std::string_view name) const;
  std::size_t count(std::string_view name) const;  // above 1: given twice

  struct parameter {
    std::string_view name;   // still encoded
    std::string_view value;  // still encoded; empty without a '='
  };
  // Calls each(parameter) in order until it returns false. Empty pieces ("a&&b") are skipped.
  template <class Each>
  void for_each(Each&& each) const {
    std::string_view rest = text_;
    while (!rest.empty()) {
      const auto end = rest.find('&');
      const std::string_view piece = rest.substr(0, end);
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
      if (piece.empty()) continue;
      const auto equals = piece.find('=');
      const bool bare = equals == std::string_view::npos;
      if (!each(parameter{piece.substr(0, equals),
                          bare ? std::string_view() : piece.substr(equals + 1)})) {
        return;
      }
    }
  }

  static std::string decode(std::string_view encoded);

 private:
  std::string_view text_;
};

}  // namespace weir::http
