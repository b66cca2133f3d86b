#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check_registered.sh BUILD: fails when a test program of the build has tests that ctest does not know, and so never runs.
set -eu
known=$(ctest --test-dir "$1" -N)
missing=0
for program in "$1"/bin/unit_* "$1"/bin/integration*; do
  [ -x "$program" ] || continue
  suite=$("$program" --gtest_list_tests | sed -n 's/^\([^ ]*\)\.$/\1/p' | head -n 1)
  [ -n "$suite" ] || suite=$("$program" --gtest_list_tests | sed -n 's/^\([^ ]*\)\.  #.*/\1/p' | head -n 1)
  case $known in
    *"${suite:-no suite at all}."*) ;;
    *)
      echo "$program: ctest knows no test of its suite '$suite': is enable_testing() called before its folder is added?"
      missing=1
      ;;
  esac
done
exit "$missing"
