# What every target of ours shares: the language level, the warnings, the sanitizers, and the
# three functions by which a folder becomes a target.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")

if(WEIR_GATEWAY)
  find_package(PkgConfig REQUIRED)
endif()
find_package(Threads REQUIRED)
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
endif()

add_library(weir_options INTERFACE)
target_compile_options(weir_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough)
# g++ 12 sees an overlap in every `"text" + std::string` that it inlines (its bug 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(weir_options INTERFACE -Wno-restrict)
endif()
# Held to by the compilers that it is developed with. Others find other things to say, and a newcomer's
# build must not fail for that.
if(WEIR_WERROR AND
   ((CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13) OR
    (CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 20)))
  target_compile_options(weir_options INTERFACE -Werror)
endif()
if(WEIR_FUZZ)
  # The fuzzer steers by what it sees covered in the layers, too.
  target_compile_options(weir_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(WEIR_SANITIZE)
  target_compile_options(weir_options INTERFACE -fsanitize=${WEIR_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(weir_options INTERFACE -fsanitize=${WEIR_SANITIZE})
endif()

# weir_layer(NAME [DEPENDS layer...] [LIBRARIES lib...])
# The folder src/NAME as the static library weir_NAME ("/" becomes "_"). DEPENDS are other layers
# (public: their headers appear in ours); LIBRARIES are foreign ones (private: no public header of
# ours includes theirs unless the layer says so itself).
function(weir_layer name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LIBRARIES" ${ARGN})
  string(REPLACE "/" "_" flat "${name}")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/${name}/*.cpp")
  set(target "weir_${flat}")
  if(sources)
    add_library(${target} STATIC ${sources})
    set(scope PUBLIC)
    target_link_libraries(${target} PRIVATE weir_options ${ARG_LIBRARIES})
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(${target} ${scope} "${PROJECT_SOURCE_DIR}/include")
  target_link_libraries(${target} ${scope} Threads::Threads)
  foreach(layer ${ARG_DEPENDS})
    string(REPLACE "/" "_" layer "${layer}")
    target_link_libraries(${target} ${scope} weir_${layer})
  endforeach()
endfunction()

# weir_batches(OUT NAME source...)
# The sources, those of one folder up to eight together in a file that includes them: most of a small
# test's compilation is reading headers that its neighbours read, too. So what the tests of one folder
# name must be named apart, or stand once in a header of theirs. One that cannot share a file has the
# property SKIP_UNITY_BUILD_INCLUSION. (CMake's own UNITY_BUILD writes the tree's path into its files,
# and the compiler's cache then holds nothing for another clone.)
function(weir_batches out name)
  set(files)
  set(number 0)
  set(last "")
  foreach(source ${ARGN})
    get_source_file_property(alone "${source}" SKIP_UNITY_BUILD_INCLUSION)
    if(alone)
      list(APPEND files "${source}")
      continue()
    endif()
    cmake_path(RELATIVE_PATH source BASE_DIRECTORY "${PROJECT_SOURCE_DIR}/test")
    cmake_path(GET source PARENT_PATH folder)
    if(NOT folder STREQUAL last OR held EQUAL 8)
      math(EXPR number "${number} + 1")
      set(last "${folder}")
      set(held 0)
      list(APPEND files "${CMAKE_CURRENT_BINARY_DIR}/${name}/batch_${number}.cpp")
    endif()
    math(EXPR held "${held} + 1")
    string(APPEND batch_${number} "#include \"${source}\"\n")
  endforeach()
  foreach(i RANGE 1 ${number})
    file(CONFIGURE OUTPUT "${name}/batch_${i}.cpp" CONTENT "${batch_${i}}" @ONLY)
  endforeach()
  set(${out} ${files} PARENT_SCOPE)
endfunction()

# weir_unit_tests(NAME [LIBRARIES lib...])
# test/unit/NAME/**/*_test.cpp as one executable, each TEST of it a test of ctest.
function(weir_unit_tests name)
  cmake_parse_arguments(ARG "" "" "LIBRARIES" ${ARGN})
  string(REPLACE "/" "_" flat "${name}")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/test/unit/${name}/*_test.cpp")
  if(NOT sources)
    return()
  endif()
  set(target "unit_${flat}")
  weir_batches(batches "${target}" ${sources})
  add_executable(${target} ${batches})
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/test")
  # Tests are compiled more often than they are run; what they test is built as it ships. Not with
  # sanitizers: g++ 12 then warns of members that are never read.
  if(NOT WEIR_SANITIZE)
    target_compile_options(${target} PRIVATE -O1)
  endif()
  target_link_libraries(${target} PRIVATE weir_options weir_${flat} GTest::gmock_main GTest::gtest
                        ${ARG_LIBRARIES})
  # Tests run in the source tree, where those that read files find them: __FILE__ is relative where the
  # compiler's cache makes it so.
  gtest_discover_tests(${target} DISCOVERY_MODE PRE_TEST TEST_PREFIX "unit.${flat}."
                       WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
                       PROPERTIES LABELS unit TIMEOUT 120)
endfunction()
