#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, builds everything in build/check and runs every test:
#   sh cmake/check.sh
# TIDEGATE_CHECK=full runs whole what is sampled otherwise, and the integration tests a second time on a newer PostgreSQL
# (cmake/newer_server.sh, by npm). TIDEGATE_CHECK=deep also makes the portable bundle (cmake/release.sh), and runs the unit
# tests under the sanitizers (build/asan, build/tsan) and clang-tidy over core/ and plugins/ (build/tidy).
# TIDEGATE_CORPORA=DIR adds the tests on real histories. The last line sums up.
set -eu
cd "$(dirname "$0")/.."
# shellcheck source=cmake/packages.sh
. cmake/packages.sh

# shellcheck disable=SC2086  # lists of words
install_packages $build_packages $test_packages

passed=0 failed=0 skipped=0

# count FILE ATTRIBUTE: a number of the <testsuite> element that ctest wrote.
count() { sed -n "s/^[[:space:]]*$2=\"\([0-9]*\)\".*/\1/p" "$1" | head -n 1; }

# run_tests PRESET: builds and tests one preset; adds to the sums. A build that fails ends the script.
run_tests() {
  say ""
  say "=== $1: configure, build, test"
  cmake --preset "$1" --log-level=WARNING
  cmake --build --preset "$1"
  run_ctest "$1"
}

# run_ctest PRESET OPTION …: tests what is built; adds to the sums.
run_ctest() {
  junit=$PWD/build/$1/tests.xml
  rm -f "$junit"
  ctest --preset "$@" --output-junit "$junit" || :
  [ -s "$junit" ] || die "ctest wrote no result for preset $1"
  tests=$(count "$junit" tests)
  bad=$(count "$junit" failures)
  left_out=$(($(count "$junit" skipped) + $(count "$junit" disabled)))
  [ "$tests" -gt "$left_out" ] || die "preset $1 ran no test"
  passed=$((passed + tests - bad - left_out))
  failed=$((failed + bad))
  skipped=$((skipped + left_out))
}

# Asked for first: without npm's registry this ends here, not after an hour.
[ "${TIDEGATE_CHECK:-}" != full ] || newer=$(sh cmake/newer_server.sh)

run_tests check
if [ "${TIDEGATE_CHECK:-}" = full ]; then
  say ""
  say "=== check: the integration tests on $("$newer/postgres" --version)"
  TIDEGATE_PG_BIN=$newer
  export TIDEGATE_PG_BIN
  run_ctest check --label-regex '^integration$'
  unset TIDEGATE_PG_BIN
fi
if [ "${TIDEGATE_CHECK:-}" = deep ]; then
  sh cmake/release.sh
  run_tests asan
  run_tests tsan
  say ""
  say "=== tidy: clang-tidy over core/ and plugins/"
  cmake --preset tidy --log-level=WARNING
  if cmake --build --preset tidy; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
  fi
fi

say ""
say "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
