# The Debian package of refmta: `cpack --config build/CPackConfig.cmake -B build/package`.
set(package "${CMAKE_SOURCE_DIR}/mta-under-test/refmta/package")
install(TARGETS refmta RUNTIME DESTINATION /usr/sbin COMPONENT refmta)
install(FILES "${package}/refmta.service" DESTINATION /usr/lib/systemd/system COMPONENT refmta)
install(FILES "${package}/refmta.json" DESTINATION /etc/refmta COMPONENT refmta)
install(FILES "${CMAKE_SOURCE_DIR}/mta-under-test/refmta/config/schema.json"
              "${CMAKE_SOURCE_DIR}/mta-under-test/refmta/shaping/receivers.json"
        DESTINATION /usr/share/refmta COMPONENT refmta)
install(FILES "${CMAKE_SOURCE_DIR}/mta-under-test/refmta/README.md"
        DESTINATION /usr/share/doc/refmta COMPONENT refmta)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME refmta)
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Mail server that explains each of its decisions")
set(CPACK_PACKAGE_CONTACT "Mailrange <mailrange@localhost>")
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL refmta)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_STRIP_FILES ON)
set(CPACK_SET_DESTDIR ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION mail)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# libcurl, libsodium and SQLite are loaded at their first use, and so are not among the libraries that
# are found.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "ca-certificates, libcurl4, libsodium23, libsqlite3-0, passwd")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${package}/postinst;${package}/prerm;${package}/conffiles")
include(CPack)
