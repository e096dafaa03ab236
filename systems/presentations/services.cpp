#include "systems/presentations/services.hpp"

#include "systems/common/sql_json.hpp"
#include "weir/json/utf8.hpp"

namespace weir::systems::presentations {

void serve_authors(service& to, storage& from) {
  to.get("/authors/{id}", [&from](const call_ptr& c) {
    const auto id = integer_of(*c);
    if (!id) return;
    from.read(
        "SELECT id, first_name, last_name, email, title, birth_date FROM author WHERE id = $1",
        {*id}, list_for(c, {"id", "first_name", "last_name", "email", "title", "birth_date"}));
  });
}

void serve_presentations(service& to, storage& from) {
  to.get("/presentations", [&from](const call_ptr& c) {
    from.read("SELECT title, author_id, date FROM presentation ORDER BY title", {},
              list_for(c, {"title", "author_id", "date"}));
  });
  to.get("/presentations/{title}", [&from](const call_ptr& c) {
    const auto title = c->decoded_parameter();
    if (!title) return c->problem(400, "a broken escape in the path");
    // Nothing is called so, and PostgreSQL fails when asked: strangers' nonsense would open
    // circuits.
    if (json::utf8_valid_prefix(*title) != title->size()) return c->json("[]");
    from.read("SELECT title, author_id, date FROM presentation WHERE title = $1", {*title},
              list_for(c, {"title", "author_id", "date"}));
  });
}

}  // namespace weir::systems::presentations
