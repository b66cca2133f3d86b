#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# exports.sh FOLDER: every plugin of the folder exports its entry and nothing else. A GNU_UNIQUE symbol (nm: u) would
# be shared between plugins and keep them loaded.
set -eu
found=0
failed=0
for plugin in "$1"/*.tidegate.so; do
  [ -e "$plugin" ] || continue
  found=$((found + 1))
  symbols=$(nm -D --defined-only "$plugin" | awk '{ print $2, $3 }')
  case $symbols in
    "R tidegate_plugin_v1" | "D tidegate_plugin_v1") ;;
    *)
      echo "$plugin exports, instead of tidegate_plugin_v1 alone:"
      echo "$symbols"
      failed=1
      ;;
  esac
done
if [ "$found" -eq 0 ]; then
  echo "no *.tidegate.so in $1: build the plugins first"
  exit 1
fi
echo "$found plugins looked at"
exit "$failed"
