#!/bin/sh
# The floor: wc only counts the lines, as little as can be done with the bytes.
#
#     sh wc_floor.sh FOLDER
set -eu
set -- "$1"/readings_*.csv
lines=$(wc -l "$@" | tail -n 1 | sed 's/^ *//; s/ .*//')
echo "{\"total\": $((lines - $#)), \"load_s\": null, \"analytics_s\": null}"
