#!/usr/bin/env bash
# Formats every C file of the project with clang-format 19: tools/format.sh [--check] [FILE...]
# --check changes nothing and fails where something would change, or where a line is longer than 120 columns (comments are
# wrapped by hand). What .clang-format-ignore names is generated, and left alone.
set -euo pipefail
cd "$(dirname "$0")/.."
check=
if [ "${1:-}" = --check ]; then
    check=1
    shift
fi
for tool in "${CLANG_FORMAT:-}" clang-format-19 clang-format; do
    [ -n "$tool" ] && command -v "$tool" >/dev/null && "$tool" --version | grep -q 'version 19\.' && break
    tool=
done
[ -n "$tool" ] || { echo "SKIPPED: clang-format 19 is not installed (scripts/setup test installs it)"; exit 77; }

if [ $# -gt 0 ]; then
    files=("$@")
else
    mapfile -t files < <(find include src tools workers examples tests bench -name '*.[ch]' 2>/dev/null | sort | grep -vxE "$(sed 's/\./\\./g; s/\*/.*/g' .clang-format-ignore | paste -sd'|')")
fi
if [ -z "$check" ]; then
    exec "$tool" -i "${files[@]}"
fi
bad=0
"$tool" --dry-run --Werror "${files[@]}" || bad=1
if LC_ALL=C.UTF-8 grep -HnE '^.{121,}' "${files[@]}"; then
    echo "these lines are longer than 120 columns"
    bad=1
fi
[ $bad = 0 ] || { echo "tools/format.sh mends all but long comments"; exit 1; }
echo "${#files[@]} files passed"
