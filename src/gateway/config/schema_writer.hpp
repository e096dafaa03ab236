#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weir/gateway/config/table.hpp"
#include "weir/json/writer.hpp"

namespace weir::gateway::config {

// Writes the JSON Schema of types; tables it meets are written later, once each, as definitions.
class schema_writer {
 public:
  // A value may come from the environment: `${NAME}` in place of what is written here.
  static constexpr std::string_view duration = "^([0-9]+(\\.[0-9]+)?(ns|us|ms|s|m|h|d))+$";
  static constexpr std::string_view duration_range =
      "^([0-9]+(\\.[0-9]+)?(ns|us|ms|s|m|h|d))+(\\.\\.([0-9]+(\\.[0-9]+)?(ns|us|ms|s|m|h|d))+)?$";
  static constexpr std::string_view size = "^[0-9]+(\\.[0-9]+)?(B|kB|KB|MB|GB|KiB|MiB|GiB)$";
  static constexpr std::string_view size_or_zero =
      "^(0|[0-9]+(\\.[0-9]+)?(B|kB|KB|MB|GB|KiB|MiB|GiB))$";
  static constexpr std::string_view percentage = "^[0-9]+(\\.[0-9]+)?%$";

  explicit schema_writer(std::string& to) : w_(to) {}

  json::writer& out() noexcept { return w_; }

  // Each writes one whole schema.
  void text();
  void text_matching(std::string_view pattern);
  void boolean();
  void integer(std::int64_t least, std::optional<std::int64_t> most = {});
  void choice(std::span<const std::string_view> words);
  void any_scalar();
  void anything();
  void reference(const any_table& to);

  template <class Inner>
  void list(Inner inner) {
    w_.begin_object().key("type").string("array").key("items");
    inner(*this);
    w_.end_object();
  }
  template <class Inner>
  void one_or_list(Inner inner) {
    w_.begin_object().key("oneOf").begin_array();
    inner(*this);
    list(inner);
    w_.end_array().end_object();
  }
  template <class Inner>
  void map(Inner inner) {
    w_.begin_object().key("type").string("object").key("additionalProperties");
    inner(*this);
    w_.end_object();
  }

  struct referred {
    const any_table* table;
    std::string_view shorthand_key;
  };
  const std::vector<referred>& tables() const noexcept { return tables_; }
  void remember(const any_table& t, std::string_view shorthand_key);

 private:
  json::writer w_;
  std::vector<referred> tables_;
};

}  // namespace weir::gateway::config
