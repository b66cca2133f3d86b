#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Follows docs/plugins/first-plugin.md to the letter: installs tidegate, takes the files out of the page, builds the
# plugin against the installed package and runs the commands.   sh first_plugin.sh SOURCE_DIR BUILD_DIR
set -eu
source=${1:?the source folder}
build=${2:?the built tree}
page=$source/docs/plugins/first-plugin.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
  echo "$*" >&2
  exit 1
}

# block LANGUAGE N: the N-th fenced block of that language in the page.
block() {
  awk -v fence="\`\`\`$1" -v wanted="$2" '
    $0 == fence { seen++; inside = (seen == wanted); next }
    /^```/ { inside = 0 }
    inside { print; found = 1 }
    END { exit !found }' "$page" || fail "the page has no block $2 of $1"
}

# ends WITH COMMAND …: runs it and compares its exit code.
ends() {
  expected=$1
  shift
  actual=0
  "$@" >"$work/said" 2>&1 || actual=$?
  [ "$actual" = "$expected" ] || fail "exit code $actual instead of $expected: $*
$(cat "$work/said")"
}

ends 0 cmake --install "$build" --prefix "$work/installed"
mv "$work/installed" "$work/moved"  # it works from wherever it is
tidegate=$work/moved/bin/tidegate

# The commands at the top of the page, as they stand there.
ln -s "$work/moved" "$work/tidegate"
block sh 1 >"$work/commands.sh"
cd "$work"
ends 0 env HOME="$work" PATH="$work/tidegate/bin:$PATH" sh -eu "$work/commands.sh"
grep -q 'my_hours.tidegate.so: [0-9]* pass' "$work/said" || fail "plugin check did not pass: $(cat "$work/said")"

mkdir "$work/hours"
cd "$work/hours"
block toml 1 >plugin.toml
block cpp 1 >hours.cpp
block cmake 1 >CMakeLists.txt
block toml 2 >tidegate.toml
block cpp 2 >hours_test.cpp
block cmake 2 >>CMakeLists.txt
ends 0 cmake -S . -B build -DCMAKE_PREFIX_PATH="$work/moved"
ends 0 cmake --build build
ends 0 ctest --test-dir build --no-tests=error
ends 0 "$tidegate" plugin inspect build/hours.tidegate.so
grep -q 'org.example.hours' "$work/said" || fail "plugin inspect does not name the plugin"
ends 0 "$tidegate" plugin check build/hours.tidegate.so
ends 0 "$tidegate" validate

mkdir -p migrations/20240101000000_init
echo 'CREATE TABLE t (id int);' >migrations/20240101000000_init/migration.sql
ends 3 "$tidegate" run --scratch --set migrations=migrations
grep -q 'nobody is there' "$work/said" || fail "the finding is not shown: $(cat "$work/said")"
ends 0 "$tidegate" run --scratch --set migrations=migrations --set working_hours.open=true
grep -q '1 migration applied' "$work/said" || fail "nothing was applied: $(cat "$work/said")"
[ "$(nm -D --defined-only build/hours.tidegate.so | wc -l)" = 1 ] || fail "the plugin exports more than its entry"
