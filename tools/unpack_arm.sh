#!/bin/sh
# Fills build/arm-root with Debian's arm64 libraries, of purpose arm-root in
# tools/packages.txt.
#
# They are unpacked, not installed: libisal-dev of two architectures cannot be
# installed side by side, and installing arm64 packages would first bring
# packages of this machine to other versions. apt works here with lists of its
# own, so that the machine does not get to know a foreign architecture either.
set -eu
cd "$(dirname "$0")/.."
root=$PWD/build/arm-root
names=$(awk '$1 !~ /^#/ && $2 == "arm-root" {print $1}' tools/packages.txt)
if [ "$(cat "$root/unpacked" 2>/dev/null)" = "$names" ]; then
    exit 0
fi
if ! command -v apt-get >/dev/null 2>&1; then
    echo "This is not Debian: put these arm64 packages into $root:" >&2
    echo "$names" >&2
    exit 1
fi

apt() {
    apt-get -q -o APT::Architecture=arm64 -o APT::Architectures=arm64 \
        -o Dir::State::lists="$root/apt/lists" \
        -o Dir::State::status=/dev/null -o Dir::Cache="$root/apt/cache" \
        -o APT::Sandbox::User="$(id -un)" "$@"
}

rm -rf "$root"
mkdir -p "$root/apt/lists/partial" "$root/apt/cache/archives/partial"
# shellcheck disable=SC2086
echo "Unpacking into build/arm-root:" $names
apt update >/dev/null
# shellcheck disable=SC2086
(cd "$root/apt" && apt download $names >/dev/null)
for package in "$root"/apt/*.deb; do
    dpkg-deb -x "$package" "$root"
done
# Some libraries stand in /lib, with links by absolute path from /usr/lib.
cp -a "$root/lib/." "$root/usr/lib/"
find "$root/usr/lib" -type l -lname '/*' | while read -r link; do
    ln -sf "$(basename "$(readlink "$link")")" "$link"
done
rm -rf "${root:?}/lib" "$root/apt"
printf "[constants]\nroot = '%s'\n" "$root" >"$root/root.ini"
echo "$names" >"$root/unpacked"
