#!/usr/bin/env bash
# The shared library exports all that the public headers declare and nothing else: exports.sh LIBRARY
set -u
library=$1
exported=$(nm -D --defined-only "$library" | awk '$2 ~ /[A-Z]/ { print $3 }' | sort -u)
[ -n "$exported" ] || { echo "$library exports nothing"; exit 1; }
bad=0
for name in $exported; do
    case $name in
    # A sanitizer or gcov adds marks of its own.
    __asan_* | __ubsan_* | __odr_asan* | __gcov* | mangle_path | __tsan_*) ;;
    vgi_*) grep -rqw "$name" include || { echo "$name is exported, but no public header declares it"; bad=1; } ;;
    *) echo "$name is exported: only vgi_... may be"; bad=1 ;;
    esac
done
# What the headers declare but nobody defined would only be missed by a user's linker.
declared=$(grep -rhoPz 'VGI_EXPORT[^;(]*?\b(vgi_\w+)\(' include | tr '\0' '\n' | grep -oP 'vgi_\w+(?=\($)' | sort -u)
for name in $declared; do
    grep -qx "$name" <<<"$exported" || { echo "$name is declared, but not defined"; bad=1; }
done
[ $bad = 0 ] && echo "$(wc -w <<<"$exported") passed"
