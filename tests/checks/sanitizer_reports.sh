#!/usr/bin/env bash
# What sanitizer/check relies on: a fault in a process below a test, whose stderr nobody reads, ends in a report that is found.
set -u
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
script=tests/sanitizer_reports.cmake
run() { cmake -DACTION="$1" -DREPORTS="$folder/reports" -P $script >"$folder/said" 2>&1; }
fail() { echo "$1"; cat "$folder/said"; exit 1; }

run check && fail "a folder that is missing passes"
run clear || fail "the folder cannot be made"
run check || fail "an empty folder does not pass"
cat >"$folder/leak.c" <<'C'
#include <stdlib.h>
int main(void) { return (malloc(10) == NULL) + 0 * (int)(size_t)malloc(20); }
C
"${CC:-cc}" -fsanitize=address,undefined -o "$folder/leak" "$folder/leak.c" 2>"$folder/said" || fail "no sanitizer here"
ASAN_OPTIONS=log_path=$folder/reports/leak:detect_leaks=1 "$folder/leak" 2>/dev/null
run check && fail "a leak passes"
grep -q LeakSanitizer "$folder/said" || fail "the leak's report is not shown"
run clear && run check || fail "clearing leaves something"
echo "6 passed"
