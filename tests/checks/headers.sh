#!/usr/bin/env bash
# Every public header compiles alone, as C11 and as C++17, without GNU extensions, warnings being errors; and twice in one
# file, which tests its guard.
set -u
warnings=(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wundef -Werror -fsyntax-only -Iinclude)
passed=0 bad=0
command -v "${CXX:-c++}" >/dev/null || { echo "SKIPPED: no C++ compiler"; exit 77; }
while read -r header; do
    text=$(printf '#include <%s>\n#include <%s>\n' "${header#include/}" "${header#include/}")
    if "${CC:-cc}" -std=c11 -Wstrict-prototypes "${warnings[@]}" -x c - <<<"$text" &&
        "${CXX:-c++}" -std=c++17 "${warnings[@]}" -x c++ - <<<"$text"; then
        passed=$((passed + 1))
    else
        echo "$header does not compile alone"
        bad=1
    fi
done < <(find include -name '*.h' | sort)
[ $bad = 0 ] && [ $passed -gt 0 ] && echo "$passed passed"
