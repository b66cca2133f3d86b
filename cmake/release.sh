#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes what is released, in build/release: a bundle that runs on any Linux with glibc 2.34, an npm package that carries
# it, and their checksums:
#   sh cmake/release.sh
# The same sources on the same machine give the same bytes: times are those of the last commit (SOURCE_DATE_EPOCH).
set -eu
cd "$(dirname "$0")/.."
# shellcheck source=cmake/packages.sh
. cmake/packages.sh

# shellcheck disable=SC2086  # lists of words
install_packages $build_packages $portable_packages

version=$(sed -n 's/^project(tidegate VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
[ -n "$version" ] || die "CMakeLists.txt has no version"
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH
name=tidegate-$version-linux-x86_64
out=$PWD/build/release
bundle=$out/$name
rm -rf "$out"
mkdir -p "$out"

say "=== build"
cmake --preset portable --log-level=WARNING
cmake --build --preset portable
sh cmake/portable/check_needs.sh build/portable

say "=== bundle"
cmake --install build/portable --prefix "$bundle" --strip >/dev/null
docs=$bundle/share/doc/tidegate
mkdir -p "$docs/licenses"
cp -R README.md CHANGELOG.md LICENSE docs "$docs"
# What is linked in, or compiled in from headers, each with its licence as Debian gives it.
for package in libpq-dev libcurl4-openssl-dev libssl-dev libpg-query-dev libprotobuf-c-dev libnghttp2-dev libpsl-dev libidn2-dev \
  libunistring-dev libzstd-dev libbrotli-dev zlib1g-dev libtomlplusplus-dev libcli11-dev nlohmann-json3-dev libboost1.74-dev gcc-12-base; do
  cp "/usr/share/doc/$package/copyright" "$docs/licenses/$package" || die "the licence of $package is missing"
done
find "$bundle" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
find "$bundle" -type d -exec chmod 755 {} +
tar -C "$out" --sort=name --owner=0 --group=0 --numeric-owner -cf - "$name" | gzip -9n >"$out/$name.tar.gz"

say "=== npm package"
command -v npm >/dev/null 2>&1 || die "npm is needed for its package (Debian: apt-get install npm)"
package=$out/npm
mkdir "$package"
cp npm/launch.js npm/README.md "$package"
sed "s/\"0\.0\.0\"/\"$version\"/" npm/package.json >"$package/package.json"
cp -R "$bundle" "$package/bundle"
chmod 755 "$package/launch.js"
(cd "$package" && npm pack --silent --pack-destination "$out" >/dev/null)
rm -rf "$package" "$bundle"

cd "$out"
sha256sum ./*.gz ./*.tgz | sed 's: \./: :' >SHA256SUMS
say ""
say "in build/release:"
for file in *.gz *.tgz; do say "  $file  $(($(stat -c %s "$file") / 1024)) KiB"; done
