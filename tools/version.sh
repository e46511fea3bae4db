#!/bin/sh
# Prints the version, such as 0.1.0, from include/wattle/version.h.
set -eu
awk '$2 ~ /^WATTLE_VERSION_(MAJOR|MINOR|PATCH)$/ {
    version = version dot $3; dot = "."
} END { print version }' "$(dirname "$0")/../include/wattle/version.h"
