#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "weir/gateway/expression/value.hpp"
#include "weir/gateway/plan/plan.hpp"
#include "weir/http/message.hpp"
#include "weir/io/loop.hpp"

namespace weir::gateway {

// The roots of expressions that come from the client's request. Each finds its members when asked;
// nothing of a request is turned into a map that no expression reads. Views of the request's head.

class path_root final : public expression::object_source {
 public:
  path_root(const std::vector<std::string>& names,
            std::span<const std::string_view> encoded) noexcept
      : names_(names), encoded_(encoded) {}
  expression::value find(std::string_view name, arena& memory) const override;
  expression::value all(arena& memory) const override;
  // The last parameter, still encoded; empty where there is none.
  std::string_view last() const noexcept {
    return encoded_.empty() ? std::string_view() : encoded_.back();
  }

 private:
  const std::vector<std::string>& names_;
  std::span<const std::string_view> encoded_;
};

// query.x: an error (the client's) when x is given twice; missing when it is not given.
class query_root final : public expression::object_source {
 public:
  explicit query_root(std::string_view encoded) noexcept : encoded_(encoded) {}
  expression::value find(std::string_view name, arena& memory) const override;
  expression::value all(arena& memory) const override;

 private:
  std::string_view encoded_;
};

// query_all.x: a list, empty when x is not given.
class query_all_root final : public expression::object_source {
 public:
  explicit query_all_root(std::string_view encoded) noexcept : encoded_(encoded) {}
  expression::value find(std::string_view name, arena& memory) const override;
  expression::value all(arena& memory) const override;

 private:
  std::string_view encoded_;
};

// headers['x-user']: names without regard to case; values given several times joined by ", ".
class headers_root final : public expression::object_source {
 public:
  explicit headers_root(http::fields fields) noexcept : fields_(fields) {}
  expression::value find(std::string_view name, arena& memory) const override;
  expression::value all(arena& memory) const override;

 private:
  http::fields fields_;
};

// request.method, .path, .query (raw), .host, .headers, .body
class request_root final : public expression::object_source {
 public:
  explicit request_root(const http::request_head& head) noexcept
      : head_(head), headers_(head.fields) {}
  void set_body(expression::value body) noexcept { body_ = body; }
  expression::value find(std::string_view name, arena& memory) const override;
  expression::value all(arena& memory) const override;

 private:
  const http::request_head& head_;
  headers_root headers_;
  expression::value body_ = expression::value::missing("body");
};

// circuits.NAME.state and .failures, read when asked.
class circuits_root final : public expression::object_source {
 public:
  circuits_root(const std::vector<std::shared_ptr<upstream::service>>& services,
                const io::loop& clock) noexcept
      : services_(services), clock_(clock) {}
  expression::value find(std::string_view name, arena& memory) const override;
  expression::value all(arena& memory) const override;

 private:
  expression::value describe(const upstream::service& s, arena& memory) const;
  const std::vector<std::shared_ptr<upstream::service>>& services_;
  const io::loop& clock_;
};

}  // namespace weir::gateway
