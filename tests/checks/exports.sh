#!/usr/bin/env bash
# The shared libraries export all that the public headers declare, each name once, and nothing else: exports.sh LIBRARY...
set -u
bad=0 exported=
for library in "$@"; do
    names=$(nm -D --defined-only "$library" | awk '$2 ~ /[A-Z]/ { print $3 }' | sort -u)
    [ -n "$names" ] || { echo "$library exports nothing"; exit 1; }
    exported+=$names$'\n'
done
for name in $(sort <<<"$exported" | uniq -d); do
    case $name in vgi_*) echo "$name is exported by two libraries"; bad=1 ;; esac
done
exported=$(sort -u <<<"$exported")
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
