#pragma once

#include "systems/common/service.hpp"
#include "systems/common/storage.hpp"

namespace weir::systems::presentations {

// Each gives `to` its routes. The storage outlives the service.
void serve_authors(service& to, storage& from);        // /authors/{id}
void serve_presentations(service& to, storage& from);  // /presentations, /presentations/{title}

}  // namespace weir::systems::presentations
