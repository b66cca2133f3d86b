#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fails when the worker needs a library that is not glibc's or the compiler's own:
#   sh needs.sh FILE
set -eu
needed=$(objdump -p "$1" | sed -n 's/^ *NEEDED *//p')
[ -n "$needed" ] || { echo "$1 names no library at all: is it the right file?"; exit 1; }
bad=0
for library in $needed; do
  case $library in
    libc.so.* | libm.so.* | libdl.so.* | libpthread.so.* | ld-linux* | libstdc++.so.* | libgcc_s.so.* | libasan.so.* | libubsan.so.* | libtsan.so.*) ;;
    *) echo "$1 needs $library"; bad=1 ;;
  esac
done
exit $bad
