# What a build can be asked for, and the flags that every target of the project gets.
option(VGI_BUILD_TESTS "Build unit tests and test programs" ON)
option(VGI_HTTP "Build libvgi-http, which needs libcurl" ON)
option(VGI_STRICT "Warnings are errors" OFF)
set(VGI_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize takes them: address,undefined or thread")
option(VGI_HARDEN "Hardening flags of a distribution" OFF)
option(VGI_COVERAGE "Instrument for gcov" OFF)

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON) # POSIX and GNU builtins
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

add_library(vgi_flags INTERFACE)
target_compile_definitions(vgi_flags INTERFACE _GNU_SOURCE)
target_compile_options(vgi_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
    -fno-strict-aliasing -ffunction-sections -fdata-sections
    # Where more is inlined, gcc takes what vgi_error_set returns for a possible success; the dev build keeps the warning.
    $<$<CONFIG:Release>:-Wno-maybe-uninitialized>
    $<$<BOOL:${VGI_STRICT}>:-Werror>)
if(VGI_SANITIZE STREQUAL "thread")
    target_compile_options(vgi_flags INTERFACE -Wno-maybe-uninitialized)
endif()
target_link_options(vgi_flags INTERFACE -Wl,--gc-sections)
if(CMAKE_INTERPROCEDURAL_OPTIMIZATION)
    # Machine code beside the intermediate code: the static library is also for other compilers, and test programs are
    # linked without optimising everything anew.
    target_compile_options(vgi_flags INTERFACE -ffat-lto-objects)
endif()
if(VGI_SANITIZE)
    target_compile_options(vgi_flags INTERFACE
        -fsanitize=${VGI_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(vgi_flags INTERFACE -fsanitize=${VGI_SANITIZE})
endif()
if(VGI_SANITIZE MATCHES thread)
    target_compile_options(vgi_flags INTERFACE -Wno-maybe-uninitialized) # as above: its code hides who sets what
endif()
if(VGI_HARDEN)
    target_compile_options(vgi_flags INTERFACE -D_FORTIFY_SOURCE=2 -fstack-protector-strong)
    target_link_options(vgi_flags INTERFACE -Wl,-z,relro -Wl,-z,now)
    set(CMAKE_EXE_LINKER_FLAGS "${CMAKE_EXE_LINKER_FLAGS} -pie")
endif()
if(VGI_COVERAGE)
    target_compile_options(vgi_flags INTERFACE --coverage)
    target_link_options(vgi_flags INTERFACE --coverage)
endif()
