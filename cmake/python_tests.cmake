# Tests that are Python scripts. scripts/setup makes the two environments; the variables below name other ones, on the
# command line (-DVGI_PYTHON=...) or as environment variables of the same names when configuring first.
#
#   vgi_add_python_test(NAME property/roundtrip SCRIPT roundtrip.py LABEL property
#                       [PYTHON313 | RPC52 | PEER version] [ARGS ...] [ENVIRONMENT A=1 ...] [TIMEOUT seconds] [SERIAL])
#
# LABEL is one of unit property sql ipc rpc install peer long. PYTHON313 runs it with the reference SDK (Python >= 3.13),
# RPC52 with the newest RPC layer alone, PEER with that SDK in the version given, one of VGI_PEERS.
# A script exits 0, or 77 after printing a line `SKIPPED: why` (scripts/test lists those; with CI=true they fail), or
# anything else for a failure. It finds in its environment:
#   VGI_BIN_DIR     where the executables of this build lie
#   VGI_SOURCE_DIR  the project's root
#   VGI_EXTENSION   the engine's VGI extension, to be loaded by path ("" where there is none)
#   VGI_SANITIZED   1 where the executables are sanitized (slower, larger), else 0
# A sanitizer's report of any process that such a test starts is a failure: see tests/sanitizer_reports.cmake. So is a secret
# in what its workers log, or in what it prints: tests/observe/leaks.py.
function(vgi_cache_path variable what)
    set(default "")
    if(DEFINED ENV{${variable}})
        set(default "$ENV{${variable}}")
    else()
        if(DEFINED ENV{VGI_CACHE_DIR})
            set(cache "$ENV{VGI_CACHE_DIR}")
        else()
            set(cache ${CMAKE_SOURCE_DIR}/.cache)
        endif()
        file(GLOB found ${cache}/${ARGN})
        if(found)
            list(GET found 0 default)
        endif()
    endif()
    if(NOT ${variable})
        unset(${variable} CACHE) # empty: looked for again, as the setup may have run since
    endif()
    set(${variable} "${default}" CACHE FILEPATH "${what}")
endfunction()

vgi_cache_path(VGI_PYTHON "Python >= 3.11 with duckdb, pyarrow, pytest, hypothesis" venv/bin/python)
vgi_cache_path(VGI_PYTHON313 "Python >= 3.13 with the reference SDK" venv313/bin/python)
vgi_cache_path(VGI_PYTHON_RPC52 "Python >= 3.13 with the newest RPC layer" venv-rpc-0.52.2/bin/python)
set(VGI_PEERS 0.40.0 0.47.0) # as in scripts/setup
foreach(peer IN LISTS VGI_PEERS)
    vgi_cache_path(VGI_PYTHON313_${peer} "The same with vgi-python ${peer}" venv313-${peer}/bin/python)
endforeach()
vgi_cache_path(VGI_EXTENSION "The VGI extension of DuckDB"
    extension/node_modules/@haybarn/ext-vgi-*/bin/vgi.duckdb_extension)

vgi_cache_path(VGI_TYPESCRIPT "The TypeScript SDK and a node that runs it" typescript/node_modules)

set(VGI_SANITIZER_REPORTS ${CMAKE_BINARY_DIR}/sanitizer)
set(VGI_OBSERVED ${CMAKE_BINARY_DIR}/observed)

# The environment and the fixture of every test that starts our executables: also for tests that are no Python.
function(vgi_set_test_environment name)
    string(REPLACE "/" "-" log ${name})
    set(log ${VGI_SANITIZER_REPORTS}/${log})
    if(VGI_SANITIZE)
        set(sanitized 1)
    else()
        set(sanitized 0)
    endif()
    set_property(TEST ${name} APPEND PROPERTY ENVIRONMENT
        VGI_BIN_DIR=${CMAKE_RUNTIME_OUTPUT_DIRECTORY} VGI_SOURCE_DIR=${CMAKE_SOURCE_DIR} VGI_EXTENSION=${VGI_EXTENSION}
        VGI_SANITIZED=${sanitized}
        QUERY_FARM_TELEMETRY_OPT_OUT=1 PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
        ASAN_OPTIONS=log_path=${log}:detect_leaks=1:handle_abort=1
        UBSAN_OPTIONS=log_path=${log}:print_stacktrace=1 TSAN_OPTIONS=log_path=${log}:halt_on_error=1)
    set_property(TEST ${name} APPEND PROPERTY FIXTURES_REQUIRED sanitizer_reports)
    set_property(TEST ${name} PROPERTY SKIP_RETURN_CODE 77)
endfunction()

# Every worker that the test starts logs all its calls.
function(vgi_observe_test name)
    string(REPLACE "/" "-" log ${name})
    set_property(TEST ${name} APPEND PROPERTY ENVIRONMENT
        VGI_LOG=${VGI_OBSERVED}/${log}.jsonl VGI_LOG_FORMAT=json VGI_LOG_LEVEL=debug)
    set_property(TEST ${name} APPEND PROPERTY FIXTURES_REQUIRED observed)
endfunction()

function(vgi_add_python_test)
    cmake_parse_arguments(arg "PYTHON313;RPC52;SERIAL" "NAME;SCRIPT;LABEL;TIMEOUT;PEER" "ARGS;ENVIRONMENT" ${ARGN})
    set(labels unit property sql ipc rpc install peer long)
    if(arg_UNPARSED_ARGUMENTS OR NOT arg_NAME OR NOT arg_SCRIPT OR NOT arg_LABEL IN_LIST labels)
        message(FATAL_ERROR "vgi_add_python_test wants NAME, SCRIPT and a LABEL of ${labels}; got: ${ARGN}")
    endif()
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 300)
    endif()
    cmake_path(ABSOLUTE_PATH arg_SCRIPT BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
    if(arg_PEER)
        if(NOT arg_PEER IN_LIST VGI_PEERS)
            message(FATAL_ERROR "PEER of ${arg_NAME} is none of ${VGI_PEERS}")
        endif()
        set(interpreter VGI_PYTHON313_${arg_PEER})
    elseif(arg_RPC52)
        set(interpreter VGI_PYTHON_RPC52)
    elseif(arg_PYTHON313)
        set(interpreter VGI_PYTHON313)
    else()
        set(interpreter VGI_PYTHON)
    endif()
    if(${interpreter})
        add_test(NAME ${arg_NAME} COMMAND ${${interpreter}} ${arg_SCRIPT} ${arg_ARGS})
    else()
        add_test(NAME ${arg_NAME} COMMAND sh -c
            "echo 'SKIPPED: ${interpreter} is not set when configuring: run scripts/setup test first'; exit 77")
    endif()
    vgi_set_test_environment(${arg_NAME})
    set_tests_properties(${arg_NAME} PROPERTIES LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT})
    if(NOT arg_LABEL STREQUAL "install") # it weighs and times workers
        vgi_observe_test(${arg_NAME})
    endif()
    if(arg_ENVIRONMENT)
        set_property(TEST ${arg_NAME} APPEND PROPERTY ENVIRONMENT ${arg_ENVIRONMENT})
    endif()
    if(arg_SERIAL)
        set_tests_properties(${arg_NAME} PROPERTIES RUN_SERIAL ON)
    endif()
endfunction()

# Before the first test of that kind the reports of the last run go; after the last one there must be none.
function(vgi_add_sanitizer_report_tests)
    foreach(action clear check)
        add_test(NAME sanitizer/${action} COMMAND ${CMAKE_COMMAND} -DACTION=${action}
            -DREPORTS=${VGI_SANITIZER_REPORTS} -P ${CMAKE_SOURCE_DIR}/tests/sanitizer_reports.cmake)
    endforeach()
    set_tests_properties(sanitizer/clear PROPERTIES FIXTURES_SETUP sanitizer_reports LABELS unit)
    set_tests_properties(sanitizer/check PROPERTIES FIXTURES_CLEANUP sanitizer_reports LABELS unit)
endfunction()

# The same for what workers have logged, and for what all tests have printed.
function(vgi_add_leak_tests)
    find_program(VGI_ANY_PYTHON python3 REQUIRED)
    set(leaks ${VGI_ANY_PYTHON} ${CMAKE_SOURCE_DIR}/tests/observe/leaks.py)
    add_test(NAME observe/clear COMMAND ${leaks} clear ${VGI_OBSERVED})
    add_test(NAME observe/leaks COMMAND ${leaks} check ${VGI_OBSERVED} ${CMAKE_BINARY_DIR}/Testing/Temporary/LastTest.log)
    add_test(NAME observe/self_test COMMAND ${leaks} self-test)
    set_tests_properties(observe/clear PROPERTIES FIXTURES_SETUP observed)
    set_tests_properties(observe/leaks PROPERTIES FIXTURES_CLEANUP observed)
    set_tests_properties(observe/clear observe/leaks observe/self_test PROPERTIES LABELS unit
        ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
endfunction()
