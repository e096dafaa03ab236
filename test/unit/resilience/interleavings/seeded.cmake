# The circuit breaker's sources with a bug at each of a few places, off until a test asks for it
# (seeded_test.cpp): proofs that find no bug must find these.

set(seeded_sources "${CMAKE_CURRENT_BINARY_DIR}/seeded")

# seeded_bug(NAME FILE TEXT WITH): TEXT of src/resilience/circuit_breaker/FILE becomes WITH.
function(seeded_bug name file text with)
  set(from "${PROJECT_SOURCE_DIR}/src/resilience/circuit_breaker/${file}")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${from}")
  file(READ "${from}" source)
  string(FIND "${source}" "${text}" found)
  if(found EQUAL -1)
    message(FATAL_ERROR "the seeded bug '${name}' has lost its place in ${file}: ${text}")
  endif()
  string(REPLACE "${text}" "${with}" source "${source}")
  # What lies beside it stays where it is.
  string(REPLACE "#include \"circuit_change.hpp\""
         "#include \"${PROJECT_SOURCE_DIR}/src/resilience/circuit_breaker/circuit_change.hpp\""
         source "${source}")
  file(CONFIGURE OUTPUT "${seeded_sources}/seeded/${file}" CONTENT "${source}" @ONLY)
endfunction()

seeded_bug(old_verdicts state.cpp
  "if (call.generation != generation_) return;"
  "if (call.generation != generation_ && bug != seeded::old_verdicts) return;")
seeded_bug(late_word circuit_call.cpp
  "publish();\n  const bool news = has_news();\n  lock.unlock();"
  "if (bug != seeded::late_word) publish();\n  const bool news = has_news();\n  lock.unlock();\n  if (bug == seeded::late_word) publish();")
seeded_bug(two_tell event_hub.cpp
  "if (delivering_) return;"
  "if (delivering_ && bug != seeded::two_tell) return;")
seeded_bug(forgotten_slot state_probes.cpp
  "--in_flight_;\n  if (call.how == verdict::ignored) return;\n  if (call.how == verdict::ok)"
  "if (call.how != verdict::ignored || bug != seeded::forgotten_slot) --in_flight_;\n  if (call.how == verdict::ignored) return;\n  if (call.how == verdict::ok)")
