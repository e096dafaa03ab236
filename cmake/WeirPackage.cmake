# Debian packages by CPack: weir (the gateway and its demonstration systems) and libweir-dev (the
# library). `cpack -G DEB` in the build directory; test/packaging checks them.
set(WEIR_MAINTAINER "The weir authors <maintainers@weir.invalid>" CACHE STRING
    "whom the packages name as their maintainer")

install(FILES "${PROJECT_SOURCE_DIR}/README.md" "${PROJECT_SOURCE_DIR}/README.ru.md"
              "${PROJECT_SOURCE_DIR}/NOTICE"
        DESTINATION "${CMAKE_INSTALL_DOCDIR}")
# The pages of the gateway; the library's come with its own package.
file(GLOB weir_pages "${PROJECT_SOURCE_DIR}/docs/*.md" "${PROJECT_SOURCE_DIR}/docs/*.svg")
install(FILES ${weir_pages} DESTINATION "${CMAKE_INSTALL_DOCDIR}/docs")
file(GLOB weir_examples "${PROJECT_SOURCE_DIR}/examples/*.yaml" "${PROJECT_SOURCE_DIR}/examples/*.md")
install(FILES ${weir_examples} "${PROJECT_SOURCE_DIR}/deploy/weir.service" DESTINATION "${CMAKE_INSTALL_DOCDIR}/examples")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/docs/library/" DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/libweir-dev"
        COMPONENT dev FILES_MATCHING PATTERN *.md)

# What Debian's policy wants of every package: who may do what with it, and what changed.
set(copyright "${PROJECT_BINARY_DIR}/package/copyright")
file(WRITE "${copyright}"
"Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: weir

Files: *
Copyright: 2026 the weir authors
License: Apache-2.0
 On Debian systems, the full text of the Apache License, Version 2.0, is in
 /usr/share/common-licenses/Apache-2.0.
")
find_program(GZIP gzip)
if(GZIP)
  foreach(package weir libweir-dev)
    set(changelog "${PROJECT_BINARY_DIR}/package/${package}")
    file(WRITE "${changelog}/changelog.Debian"
"weir (${PROJECT_VERSION}-1) unstable; urgency=medium

  * What changed is in changelog.gz.

 -- ${WEIR_MAINTAINER}  Sat, 01 Nov 2025 12:00:00 +0000
")
    execute_process(COMMAND "${GZIP}" -9nf changelog.Debian WORKING_DIRECTORY "${changelog}")
  endforeach()
  configure_file("${PROJECT_SOURCE_DIR}/deploy/weir.1" "${PROJECT_BINARY_DIR}/package/weir.1" COPYONLY)
  configure_file("${PROJECT_SOURCE_DIR}/CHANGELOG.md" "${PROJECT_BINARY_DIR}/package/changelog" COPYONLY)
  execute_process(COMMAND "${GZIP}" -9nf weir.1 changelog WORKING_DIRECTORY "${PROJECT_BINARY_DIR}/package")
  install(FILES "${PROJECT_BINARY_DIR}/package/changelog.gz" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
  install(FILES "${PROJECT_BINARY_DIR}/package/weir.1.gz" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1")
  install(FILES "${PROJECT_BINARY_DIR}/package/weir/changelog.Debian.gz" "${copyright}"
          DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/weir")
  install(FILES "${PROJECT_BINARY_DIR}/package/libweir-dev/changelog.Debian.gz" "${copyright}"
          DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/libweir-dev" COMPONENT dev)
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME weir)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "gateway that keeps answering, and its resilience library")
set(CPACK_PACKAGE_CONTACT "${WEIR_MAINTAINER}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL runtime dev)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)

set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME weir)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION net)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SHLIBDEPS ON)
set(CPACK_COMPONENT_RUNTIME_DESCRIPTION "One client request becomes calls to many services, and an answer even when
some of them are slow, broken or gone: deadlines, retries, circuit breakers
and fallbacks in one binary and one YAML file.")
set(CPACK_DEBIAN_DEV_PACKAGE_NAME libweir-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS "libstdc++-12-dev | libstdc++-dev")
set(CPACK_DEBIAN_DEV_PACKAGE_SUGGESTS "libboost-dev (>= 1.81)")
set(CPACK_COMPONENT_DEV_DESCRIPTION "Circuit breaker, retry and its budget, timeout, fallback, bulkhead, rate
limiter, adaptive limit, throttler, hedge, cache and coalescing, composed in
one pipeline, for blocking code, Boost.Asio and coroutines.")
include(CPack)
