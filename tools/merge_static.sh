#!/bin/sh
# Makes the static library: one object, in which only wattle_* is global.
#
#     merge_static.sh OBJCOPY AR INNER.a libwattle.a CC [ARGUMENT ...]
#
# Other names, such as buffer_append, would clash with a program's own.
set -eu
objcopy=$1 ar=$2 inner=$3 out=$4
shift 4
"$@" -r -nostdlib -no-pie -o "$out.o" \
    -Wl,--whole-archive "$inner" -Wl,--no-whole-archive
"$objcopy" --wildcard --keep-global-symbol='wattle_*' "$out.o"
rm -f "$out"
"$ar" rcsD "$out" "$out.o"
rm -f "$out.o"
