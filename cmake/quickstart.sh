#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# From a fresh Debian 12 to tidegate's default pipeline at work on a scratch database:
#   sh cmake/quickstart.sh
# Installs what is missing (root or sudo), builds the host and the bundled plugins in build/release, then shows
# runs on a copy of pipelines/sample (demo.sh). Ends non-zero when one of them does not end as it says.
set -eu
cd "$(dirname "$0")/.."
# shellcheck source=cmake/packages.sh
. cmake/packages.sh

# shellcheck disable=SC2086  # a list of words
install_packages $build_packages
say "Building tidegate in build/release …"
cmake --preset release --log-level=WARNING
cmake --build --preset release
sh cmake/demo.sh build/release

say ""
say "All as it should be. Next: README.md, a first pipeline of your own."
