#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fails when a file of a portable build needs more than glibc 2.34, or a library that is not part of glibc:
#   sh cmake/portable/check_needs.sh FOLDER
# Reads the dynamic section and the symbol versions of every ELF file below FOLDER.
set -eu
newest=2.34
files=0 bad=0
list=$(mktemp)
trap 'rm -f "$list"' EXIT
find "$1" -type f \( -perm -u+x -o -name '*.so' \) | sort >"$list"
while IFS= read -r file; do
  [ "$(head -c 4 "$file" | od -An -tx1 | tr -d ' \n')" = 7f454c46 ] || continue
  files=$((files + 1))
  for library in $(objdump -p "$file" | sed -n 's/^ *NEEDED *//p'); do
    case $library in
      libc.so.6 | libm.so.6 | libdl.so.2 | libpthread.so.0 | librt.so.1 | libresolv.so.2 | ld-linux-*.so.*) ;;
      *) printf '%s needs %s, which is not part of glibc\n' "$file" "$library" && bad=1 ;;
    esac
  done
  version=$(objdump -T "$file" | sed -n 's/.*GLIBC_\([0-9][0-9.]*\).*/\1/p' | sort -Vu | tail -n 1)
  if [ "$(printf '%s\n%s\n' "$version" "$newest" | sort -V | tail -n 1)" != "$newest" ]; then
    printf '%s needs glibc %s, newer than %s, by:\n' "$file" "$version" "$newest"
    objdump -T "$file" | grep "GLIBC_$version)" | sed 's/.* /  /'
    bad=1
  fi
done <"$list"
[ "$files" -gt 0 ] || { printf 'no ELF file below %s\n' "$1" && exit 1; }
[ "$bad" = 0 ] || exit 1
printf '%s files need glibc %s or older, and nothing else\n' "$files" "$newest"
