# vgi_layer_sources(VARIABLE FOLDER...): the sources of folders of src/. A source belongs to its folder's library by
# lying there; a file NAME_test.c is the unit test of NAME.c and belongs to none.
function(vgi_layer_sources variable)
    set(sources)
    foreach(folder IN LISTS ARGN)
        file(GLOB found CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${folder}/*.c)
        list(FILTER found EXCLUDE REGEX "_test\\.c$")
        list(APPEND sources ${found})
    endforeach()
    set(${variable} ${sources} PARENT_SCOPE)
endfunction()
