# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034  # sourced; the lists are used by the script that does
# Sourced by quickstart.sh and check.sh: which Debian packages tidegate needs, and installing those that are missing.
# Nothing is asked of the network when nothing is missing.

# The compiler and build tools, the libraries the host and the bundled plugins use, and a server for scratch databases.
build_packages="g++ cmake ninja-build ccache mold
  libpq-dev libpg-query-dev libprotobuf-c-dev libtomlplusplus-dev libcli11-dev nlohmann-json3-dev
  libcurl4-openssl-dev libssl-dev libboost-dev postgresql-15"
# What the tests, the second compiler and the linter add.
test_packages="pgbouncer libgtest-dev libcpp-httplib-dev python3-jsonschema clang clang-tidy"

# What a portable build adds: archives of what libpq and libcurl stand on.
portable_packages="postgresql-server-dev-15 libnghttp2-dev libpsl-dev libidn2-dev libunistring-dev libzstd-dev libbrotli-dev zlib1g-dev"

say() { printf '%s\n' "$*"; }
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# as_root COMMAND …: runs it as root, by sudo where this is an ordinary user.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  else
    sudo "$@"
  fi
}

# missing_packages NAME …: prints those that are not installed.
missing_packages() {
  for package in "$@"; do
    case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || :) in
      installed) ;;
      *) printf '%s ' "$package" ;;
    esac
  done
}

# install_packages NAME …: installs what is missing and says so. The database server's package would set up and start
# a server of its own; only its programs are wanted, so that is switched off for the time of the installation.
install_packages() {
  command -v dpkg-query >/dev/null 2>&1 ||
    die "this script installs Debian packages and this is no Debian: install the like of: $*"
  missing=$(missing_packages "$@")
  if [ -z "$missing" ]; then
    say "Packages: everything needed is installed."
    return 0
  fi
  say "Packages to install (apt-get): $missing"
  [ "$(id -u)" = 0 ] || command -v sudo >/dev/null 2>&1 ||
    die "installing packages needs root and there is no sudo: run as root: apt-get install $missing"
  no_cluster=/etc/postgresql-common/createcluster.d/tidegate-install.conf
  as_root mkdir -p "${no_cluster%/*}"
  printf '%s\n' "create_main_cluster = false" | as_root tee "$no_cluster" >/dev/null
  installed=0
  # shellcheck disable=SC2086  # a list of words
  { as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing; } </dev/null || installed=$?
  as_root rm -f "$no_cluster"
  [ "$installed" = 0 ] || die "apt-get could not install: $missing (its own words are above)"
}
