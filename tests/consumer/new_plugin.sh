#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What `tidegate plugin new` writes builds against an installed tidegate alone, and passes its test and `plugin check`:
#   sh new_plugin.sh SOURCE_DIR BUILD_DIR LANGUAGE KIND …
# Ends with 77 when the language's toolchain is not there.
set -eu
source=${1:?the source folder}
build=${2:?the built tree}
language=${3:?c++, c or rust}
shift 3
if [ "$language" = rust ] && ! cargo --version >/dev/null 2>&1; then
  echo "SKIPPED: the plugin in Rust was not tried, since there is no cargo"
  exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# must COMMAND …: runs it; what it says is shown when it fails.
must() {
  "$@" >"$work/said" 2>&1 || {
    echo "failed: $*" >&2
    cat "$work/said" >&2
    exit 1
  }
}

must cmake --install "$build" --prefix "$work/installed"
mv "$work/installed" "$work/moved" # it works from wherever it is
tidegate=$work/moved/bin/tidegate
[ "$#" -gt 0 ] || { echo "no kind to try" >&2; exit 1; }

for kind in "$@"; do
  name=my_$kind
  must "$tidegate" plugin new "$name" --kind "$kind" --language "$language"
  must cmake -S "$name" -B "$name/build" -DCMAKE_PREFIX_PATH="$work/moved" -DCMAKE_C_FLAGS="-Wall -Wextra -Werror" -DCMAKE_CXX_FLAGS="-Wall -Wextra -Werror"
  must cmake --build "$name/build"
  must ctest --test-dir "$name/build" --no-tests=error
  must "$tidegate" plugin check "$name/build/$name.tidegate.so" --time-limit 60s
  grep -q ' pass' "$work/said" || { echo "no check passed" >&2; cat "$work/said" >&2; exit 1; }
  must "$tidegate" plugin inspect "$name/build/$name.tidegate.so"
  grep -q "$kind" "$work/said" || { echo "plugin inspect does not name the kind" >&2; exit 1; }
  # Nothing of what was configured points back to where tidegate was built.
  if grep -rlF -e "$source/" -e "$build/" "$name" --include='*.cmake' --include=Makefile --include='*.make' --include='*.ninja' --include='*.d' --include='*.txt'; then
    echo "the build looks into the source tree" >&2
    exit 1
  fi
  echo "$name ($language): builds, passes its test and plugin check"
done
