#include "systems/presentations/schema.hpp"

namespace weir::systems::presentations {

std::vector<migration> authors_schema() {
  return {
      {1,
       {"CREATE TABLE author (id BIGINT NOT NULL PRIMARY KEY, first_name VARCHAR(100) NOT NULL, "
        "last_name VARCHAR(100) NOT NULL, email VARCHAR(200) NOT NULL, "
        "title VARCHAR(100) NOT NULL, birth_date VARCHAR(10) NOT NULL)",
        "INSERT INTO author (id, first_name, last_name, email, title, birth_date) VALUES "
        "(1, 'Liam', 'Moore', 'liam.moore@example.org', 'Architect', '04.03.1985'), "
        "(2, 'Leah', 'Griffiths', 'leah.griffiths@example.org', 'Engineer', '19.11.1991'), "
        "(3, 'Chadwick', 'Gunn', 'chadwick.gunn@example.org', 'Analyst', '27.07.1978')"}}};
}

std::vector<migration> presentations_schema() {
  return {{1,
           {"CREATE TABLE presentation (title VARCHAR(200) NOT NULL PRIMARY KEY, "
            "author_id BIGINT NOT NULL, date VARCHAR(10) NOT NULL)",
            "INSERT INTO presentation (title, author_id, date) VALUES "
            "('First Presentation', 1, '23.02.2023'), "
            "('Second Presentation', 2, '23.02.2023')"}}};
}

}  // namespace weir::systems::presentations
