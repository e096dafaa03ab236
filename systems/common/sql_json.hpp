#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "systems/common/service.hpp"
#include "systems/common/storage.hpp"
#include "weir/json/writer.hpp"

namespace weir::systems {

using column_names = std::vector<std::string_view>;

// The call's parameter as a whole number, or a 400 has been answered.
std::optional<std::int64_t> integer_of(call& c);

// One row as an object.
void write_row(json::writer& out, const row& r, const column_names& columns);

// The answer to what the storage could not do: 503 while the database is away, else 500.
void refuse(call& c, const storage_failure& why);

// Answers with every row as an object in a list.
storage::receiver list_for(call_ptr c, column_names columns);

}  // namespace weir::systems
