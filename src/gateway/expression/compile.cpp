#include <algorithm>

#include "code.hpp"
#include "type_names.hpp"
#include "weir/gateway/expression/program.hpp"

namespace weir::gateway::expression {

result<program, problems> compile(const ast& of, const slot_resolver& slot_of) {
  auto made = std::make_shared<code>();
  made->of = of.share();
  made->nodes = of.get().nodes;
  problems unknown;
  for (auto& node : made->nodes) {
    if (node.what != op::name) continue;
    const auto name = of.get().names[node.data];
    if (const auto slot = slot_of(name)) {
      node.what = op::slot;
      node.data = *slot;
      made->slots.push_back(*slot);
    } else if (const auto named = named_type(name)) {
      node.what = op::type_name;
      node.data = static_cast<std::uint32_t>(*named);
    } else {
      unknown.push_back(
          {node.offset, node.length, "there is no name '" + std::string(name) + "'", {}});
    }
  }
  if (!unknown.empty()) return failure(std::move(unknown));
  std::ranges::sort(made->slots);
  const auto [first, last] = std::ranges::unique(made->slots);
  made->slots.erase(first, last);
  return program(std::move(made));
}

std::span<const std::uint16_t> program::slots() const noexcept {
  if (!code_) return {};
  return code_->slots;
}

std::string_view program::text() const noexcept {
  return code_ ? std::string_view(code_->of->text) : std::string_view("null");
}

}  // namespace weir::gateway::expression
