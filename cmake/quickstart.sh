#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# From a fresh Debian 12 to tidegate's default pipeline at work on a scratch database:
#   sh cmake/quickstart.sh
# Installs what is missing (root or sudo), builds the host and the bundled plugins in build/release, then shows four
# runs on a copy of pipelines/sample. Ends non-zero when one of them does not end as it says.
set -eu
cd "$(dirname "$0")/.."
# shellcheck source=cmake/packages.sh
. cmake/packages.sh

# shellcheck disable=SC2086  # a list of words
install_packages $build_packages
say "Building tidegate in build/release …"
cmake --preset release --log-level=WARNING
cmake --build --preset release
tidegate=$PWD/build/release/bin/tidegate

work=$(mktemp -d)
scratch=
clean_up() {
  status=$?
  trap - EXIT
  if [ -n "$scratch" ]; then
    kill "$scratch" 2>/dev/null || :
    wait "$scratch" 2>/dev/null || :
  fi
  rm -rf "$work"
  exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# step EXIT TITLE ARGUMENT …: runs tidegate and holds it to its exit code.
step() {
  expected=$1
  title=$2
  shift 2
  printf '\n--- %s\n$ tidegate %s\n' "$title" "$*"
  actual=0
  "$tidegate" "$@" || actual=$?
  say "(exit code $actual)"
  [ "$actual" = "$expected" ] || die "expected exit code $expected"
}

say ""
say "Starting a private PostgreSQL in a temporary folder: tidegate scratch"
mkfifo "$work/url"
"$tidegate" scratch >"$work/url" &
scratch=$!
exec 3<"$work/url"
read -r url <&3 || die "no scratch database: see the message above"
say "Its URL: $url  (TIDEGATE_DATABASE_URL from here on)"

cp -R pipelines/sample/. "$work"
cd "$work"
# Without a marker the environment is unknown and counts as production; --environment says it, whatever this shell has set.
export TIDEGATE_DATABASE_URL="$url"

step 0 "A small shop's migrations onto an empty database" run --environment production
step 0 "Once more: nothing to do, so nothing is written" run --environment production
mkdir prisma/migrations/20990101000000_broken
cat >prisma/migrations/20990101000000_broken/migration.sql <<'SQL'
CREATE TABLE "Halfway" ("id" integer PRIMARY KEY);
INSERT INTO "Halfway" VALUES (1);
SELECT 1 / 0;
SQL
step 4 "A migration that fails in its third statement: exit code 4, and nothing of it stays" run --environment production
halfway=$(psql -X -At -d "$url" -c "SELECT to_regclass('\"Halfway\"')")
[ -z "$halfway" ] || die "the failed migration left its table"
rm -r prisma/migrations/20990101000000_broken
step 0 "The database is as it was, and up to date again without that file" status --check

say ""
say "All as it should be. Next: README.md, a first pipeline of your own."
