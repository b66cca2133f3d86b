#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, builds everything in build/check and runs every test:
#   sh cmake/check.sh
# TIDEGATE_CHECK=full is for tests that are sampled otherwise (none is yet). TIDEGATE_CHECK=deep also runs the unit tests
# under the sanitizers (build/asan, build/tsan) and clang-tidy over core/ and plugins/ (build/tidy).
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
  junit=$PWD/build/$1/tests.xml
  rm -f "$junit"
  ctest --preset "$1" --output-junit "$junit" || :
  [ -s "$junit" ] || die "ctest wrote no result for preset $1"
  tests=$(count "$junit" tests)
  bad=$(count "$junit" failures)
  left_out=$(($(count "$junit" skipped) + $(count "$junit" disabled)))
  [ "$tests" -gt "$left_out" ] || die "preset $1 ran no test"
  passed=$((passed + tests - bad - left_out))
  failed=$((failed + bad))
  skipped=$((skipped + left_out))
}

run_tests check
if [ "${TIDEGATE_CHECK:-}" = deep ]; then
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
