#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Proves that check_layers.sh sees what it is there for: plants one breach at a time in a copy of the sources and
# expects it to be named.   sh plant_breaches.sh SOURCE_DIR
set -eu
root=${1:?the source folder}
check=$root/tests/layers/check_layers.sh
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
failures=0

# expect WORDS FILE LINE: with LINE appended to FILE, the check must end with 1 and say WORDS of that file.
expect() {
  rm -rf "$copy/core" "$copy/plugins"
  cp -R "$root/core" "$root/plugins" "$copy"
  mkdir -p "$(dirname "$copy/$2")" "$copy/plugins/one" "$copy/plugins/other"
  touch "$copy/plugins/one/CMakeLists.txt" "$copy/plugins/other/CMakeLists.txt"
  printf '\n%s\n' "$3" >>"$copy/$2"
  said=0
  sh "$check" "$copy" >"$copy/said" || said=$?
  if [ "$said" != 1 ] || ! grep -F "$2" "$copy/said" | grep -qF "$1"; then
    echo "not seen: $3 in $2 (exit $said); the check said:"
    cat "$copy/said"
    failures=$((failures + 1))
  fi
}

expect 'layer base includes' core/base/error.cpp '#include "services/host.hpp"'
expect 'layer pipeline includes' core/pipeline/parse.cpp '#include "loader/registry.hpp"'
expect 'layer services includes' core/services/interruption.cpp '#include "run/json.hpp"'
expect 'may not use run' core/base/CMakeLists.txt 'tidegate_layer(base SOURCES error.cpp USES run)'
expect 'has no place in the direction' core/invented/CMakeLists.txt 'tidegate_layer(invented SOURCES a.cpp)'
expect 'is not written as' core/base/error.cpp '#include "error.hpp"'
expect 'is no public header' core/base/error.cpp '#include <tidegate/private.hpp>'
expect 'the SDK includes only its own' core/sdk/include/tidegate/plugin.hpp '#include "base/text.hpp"'
expect 'the SDK includes only its own' core/sdk/include/tidegate/testing/script.hpp '#include "../../../../base/text.hpp"'
expect 'is for tests' core/run/events.cpp '#include <tidegate/testing.hpp>'
expect 'is for tests' plugins/one/src/planted.cpp '#include <tidegate/testing/fake_host.hpp>'
expect 'is for tests' plugins/one/src/planted.cpp '#include "support/files.hpp"'
expect 'belongs in one place' plugins/one/tests/planted.cpp '#include <boost/dll/shared_library.hpp>'
expect 'belongs in one place' core/manifest/read.cpp '#include <toml++/toml.h>'
expect 'belongs in one place' core/run/events.cpp '#include <nlohmann/json.hpp>'
expect 'belongs in one place' core/services/interruption.cpp '  #  include <boost/dll/shared_library.hpp>'
expect 'belongs in one place' plugins/one/src/planted.cpp '#include <libpq-fe.h>'
expect 'a plugin sees' plugins/one/src/planted.cpp '#include "base/text.hpp"'
expect 'a plugin sees' plugins/one/src/planted.cpp '#include "../../../core/base/text.hpp"'
expect 'includes another plugin' plugins/one/src/planted.cpp '#include "other/other.hpp"'

[ "$failures" = 0 ] && echo "every planted breach was seen"
