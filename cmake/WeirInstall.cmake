# What an installation holds. The library for others is libweir: base and resilience, with their
# headers, for find_package(weir), pkg-config and add_subdirectory(); the gateway's own layers stay
# inside the binary. Included last, when every target is there.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

add_library(weir_library STATIC $<TARGET_OBJECTS:weir_base> $<TARGET_OBJECTS:weir_resilience>)
add_library(weir::resilience ALIAS weir_library)
set_target_properties(weir_library PROPERTIES OUTPUT_NAME weir EXPORT_NAME resilience
                      LINKER_LANGUAGE CXX)
target_compile_features(weir_library INTERFACE cxx_std_20)
target_include_directories(weir_library INTERFACE
  "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>"
  "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
target_link_libraries(weir_library INTERFACE Threads::Threads)

set(weir_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/weir")
install(TARGETS weir_library EXPORT weir ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
        COMPONENT dev)
install(EXPORT weir NAMESPACE weir:: FILE weirTargets.cmake DESTINATION "${weir_package_dir}"
        COMPONENT dev)
foreach(folder base resilience asio)
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/weir/${folder}"
          DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/weir" COMPONENT dev FILES_MATCHING PATTERN *.hpp)
endforeach()
install(FILES "${PROJECT_SOURCE_DIR}/include/weir/resilience.hpp"
              "${PROJECT_SOURCE_DIR}/include/weir/asio.hpp"
        DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/weir" COMPONENT dev)

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/weirConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/weirConfig.cmake" INSTALL_DESTINATION "${weir_package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/weirConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/weirConfig.cmake" "${PROJECT_BINARY_DIR}/weirConfigVersion.cmake"
        DESTINATION "${weir_package_dir}" COMPONENT dev)
# Where it lies says where the rest is, so that a tree may be moved.
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
  set(WEIR_PC_PREFIX "${CMAKE_INSTALL_PREFIX}")
else()
  file(RELATIVE_PATH up "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
  string(REGEX REPLACE "/$" "" up "${up}")
  set(WEIR_PC_PREFIX "\${pcfiledir}/${up}")
endif()
configure_file("${PROJECT_SOURCE_DIR}/cmake/weir.pc.in" "${PROJECT_BINARY_DIR}/weir.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/weir.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig"
        COMPONENT dev)

if(WEIR_GATEWAY AND PROJECT_IS_TOP_LEVEL)
  include(WeirPackage)
endif()
