#!/bin/sh
# Installs what is missing from tools/packages.txt.
# Usage: install_packages.sh PURPOSE... (see packages.txt)
set -eu
list=$(dirname "$0")/packages.txt
missing=
for purpose in "$@"; do
    for name in $(awk -v p="$purpose" '$1 !~ /^#/ && $2 == p {print $1}' "$list"); do
        if command -v dpkg-query >/dev/null 2>&1 &&
            dpkg-query -W -f '${Status}' "$name" 2>/dev/null |
            grep -q 'ok installed'; then
            continue
        fi
        missing="$missing $name"
    done
done
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null 2>&1; then
    echo "This is not Debian: install what corresponds to these packages:" >&2
    echo " $missing" >&2
    exit 0
fi
as_root=
[ "$(id -u)" -eq 0 ] || as_root=sudo
echo "Installing:$missing"
$as_root apt-get update -q >/dev/null
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -q \
    --no-install-recommends $missing >/dev/null
