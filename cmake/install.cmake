# cmake --install: headers, libraries, vgi.pc.
install(DIRECTORY include/vgi DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS vgi_static vgi_shared)
