# cmake --install: headers, both libraries of every part, their .pc, and the files behind find_package(vgi COMPONENTS ...). Everything is
# found from where it lies, so that an installed tree may be moved.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/vgi)
install(DIRECTORY include/vgi DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS vgi_static vgi_shared EXPORT vgi-core)
install(EXPORT vgi-core NAMESPACE vgi:: FILE vgi-core.cmake DESTINATION ${package_dir})
foreach(part storage seal)
    install(TARGETS vgi_${part}_static vgi_${part}_shared EXPORT vgi-${part})
    install(EXPORT vgi-${part} NAMESPACE vgi:: FILE vgi-${part}.cmake DESTINATION ${package_dir})
endforeach()
if(VGI_HTTP)
    install(TARGETS vgi_http_static vgi_http_shared EXPORT vgi-http)
    install(EXPORT vgi-http NAMESPACE vgi:: FILE vgi-http.cmake DESTINATION ${package_dir})
endif()
configure_package_config_file(cmake/vgi-config.cmake.in vgi-config.cmake INSTALL_DESTINATION ${package_dir})
# While the major version is 0, a minor version may change the interface.
write_basic_package_version_file(vgi-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/vgi-config.cmake ${CMAKE_BINARY_DIR}/vgi-config-version.cmake
    DESTINATION ${package_dir})

file(RELATIVE_PATH VGI_PREFIX_FROM_PC ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
configure_file(cmake/vgi.pc.in vgi.pc @ONLY)
configure_file(cmake/vgi-storage.pc.in vgi-storage.pc @ONLY)
configure_file(cmake/vgi-seal.pc.in vgi-seal.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/vgi.pc ${CMAKE_BINARY_DIR}/vgi-storage.pc ${CMAKE_BINARY_DIR}/vgi-seal.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
if(VGI_HTTP)
    configure_file(cmake/vgi-http.pc.in vgi-http.pc @ONLY)
    install(FILES ${CMAKE_BINARY_DIR}/vgi-http.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endif()
install(FILES LICENSE README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
