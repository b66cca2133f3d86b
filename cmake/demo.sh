#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The default pipeline at work on a scratch database, with a copy of pipelines/sample:
#   sh cmake/demo.sh BUILD-FOLDER
# Shows what quickstart.sh shows after the build. Ends non-zero when a run does not end as it says.
set -eu
[ $# = 1 ] || { echo "usage: sh cmake/demo.sh BUILD-FOLDER" >&2; exit 2; }
tidegate=$(cd "$1" && pwd)/bin/tidegate
cd "$(dirname "$0")/.."
# shellcheck source=cmake/packages.sh
. cmake/packages.sh
unset TIDEGATE_REHEARSE TIDEGATE_SKIP

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
broken=prisma/migrations/20990101000000_broken
mkdir "$broken"
cat >"$broken/migration.sql" <<'SQL'
CREATE TABLE "prices" ("sku" text PRIMARY KEY);
ALTER TABLE "produts" ADD COLUMN "weight" integer;
SQL
step 3 "A migration that cannot work: it fails on a scratch copy of the schema, and the database is not touched" run --environment production
cat >"$broken/migration.sql" <<'SQL'
CREATE TABLE "prices" ("sku" text PRIMARY KEY, "pieces_for_a_euro" integer NOT NULL);
INSERT INTO "prices" SELECT "sku", 100 / "price_cents" FROM "products";
SQL
psql -X -q -d "$url" -c "INSERT INTO products (sku, title, price_cents) VALUES ('tea', 'Tea', 450), ('sample', 'A sample', 0)"
step 4 "One that only a row makes fail: exit code 4, and nothing of it stays" run --environment production
prices=$(psql -X -At -d "$url" -c "SELECT to_regclass('prices')")
[ -z "$prices" ] || die "the failed migration left its table"
rm -r "$broken"
step 0 "The database is as it was, and up to date again without that file" status --check
