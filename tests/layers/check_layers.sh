#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Holds the sources of a tree to the layering of docs/architecture.md:
#   sh check_layers.sh SOURCE_DIR
# Who may include whom, one library in one place, what plugins see. Prints every breach; ends with 1 when there is one.
set -eu
root=${1:?the source folder}
cd "$root"

find core plugins -type f \( -name '*.hpp' -o -name '*.h' -o -name '*.cpp' -o -name '*.c' \) | LC_ALL=C sort >"${TMPDIR:-/tmp}/layers.$$"
trap 'rm -f "${TMPDIR:-/tmp}/layers.$$"' EXIT
[ -s "${TMPDIR:-/tmp}/layers.$$" ] || { echo "no sources found in $root"; exit 1; }

# Each layer's tidegate_layer(NAME … USES a b c …): "NAME a b c", the list it declares for itself.
declared=$(for file in core/*/CMakeLists.txt; do
  tr '\n' ' ' <"$file" | sed 's/tidegate_layer(/\
&/g' | sed -n 's/^tidegate_layer(\([^)]*\)).*/\1/p' | awk '{
    uses = ""
    for (i = 2; i <= NF; i++) {
      if ($i == "USES") on = 1
      else if ($i == "LIBRARIES" || $i == "SOURCES") on = 0
      else if (on) uses = uses " " $i
    }
    print $1 uses
  }'
done)

# shellcheck disable=SC2016  # awk's own variables
printf '%s\n' "$declared" | awk -v list="${TMPDIR:-/tmp}/layers.$$" '
  BEGIN {
    # The direction, lowest first: what a layer may use at most.
    may["base"] = " "
    may["manifest"] = " base "
    may["loader"] = " base manifest "
    may["scratch"] = " base "
    may["services"] = " base manifest scratch "
    may["pipeline"] = " base manifest "
    may["stage"] = " base manifest loader scratch services "
    may["worker"] = " base manifest loader scratch services stage "
    may["run"] = " base manifest loader scratch services pipeline stage worker "
    may["conformance"] = " base manifest loader scratch services stage worker "
    may["cli"] = " base manifest loader scratch services pipeline stage worker run conformance "

    # One library, one place: header pattern, tab, where it may be included.
    only["^boost/"] = "^core/loader/"
    only["^libpq-fe\\.h$|^libpq/|^pg_config"] = "^core/services/db/"
    only["^pqxx/"] = "^nowhere$"
    only["^toml\\+\\+/|^toml\\.hpp$"] = "^core/manifest/toml\\.cpp$"
    only["^spdlog/"] = "^nowhere$"
    only["^curl/"] = "^core/services/http"
    only["^CLI/"] = "^core/cli/"
    only["^httplib\\.h$"] = "^core/cli/"
    only["^nlohmann/"] = "^core/run/json\\.cpp$|^core/cli/|^plugins/"
    only["^openssl/"] = "^core/loader/|^plugins/"
    only["^pg_query"] = "^plugins/migrations/"
    only["^google/protobuf|^protobuf-c"] = "^plugins/migrations/"
  }
  NF == 0 { next }
  {
    layers[$1] = 1
    uses[$1] = " "
    if (!($1 in may)) bad("core/" $1 "/CMakeLists.txt", 0, "layer " $1 " has no place in the direction of layers")
    for (i = 2; i <= NF; i++) {
      uses[$1] = uses[$1] $i " "
      if (index(may[$1], " " $i " ") == 0) bad("core/" $1 "/CMakeLists.txt", 0, "layer " $1 " may not use " $i)
    }
  }
  function bad(file, line, what) {
    print file (line ? ":" line : "") ": " what
    breaches++
  }
  function exists(path,   line, got) {
    got = (getline line <path)
    close(path)
    return got >= 0
  }
  function check_core(file, line, layer, quoted, header,   first, folder) {
    if (quoted) {
      first = header
      sub(/\/.*/, "", first)
      if (layer == "sdk") {
        folder = file
        sub(/[^\/]*$/, "", folder)
        if (header ~ /\.\.\/\.\.\// || !exists(folder header)) bad(file, line, "the SDK includes only its own headers, not \"" header "\"")
      } else if (header !~ /\// || !(first in layers)) {
        bad(file, line, "\"" header "\" is not written as \"layer/…\"")
      } else if (first != layer && index(uses[layer], " " first " ") == 0) {
        bad(file, line, "layer " layer " includes \"" header "\" but its USES are:" uses[layer])
      }
    } else if (header ~ /^tidegate\// && !exists("core/sdk/include/" header)) {
      bad(file, line, "<" header "> is no public header")
    }
  }
  function check_plugin(file, line, plugin, quoted, header,   first) {
    first = header
    sub(/\/.*/, "", first)
    if (header ~ /^tidegate\//) {
      if (quoted || !exists("core/sdk/include/" header)) bad(file, line, header " is no public header")
    } else if (quoted && (header ~ /\.\.\/\.\.\// || (first in layers && first != plugin && !exists("plugins/" plugin "/src/" header)))) {
      bad(file, line, "a plugin sees <tidegate/…>, plugins/migrations and its own files, not \"" header "\"")
    } else if (quoted && first != "migrations" && header ~ /\// && first != plugin && exists("plugins/" first "/CMakeLists.txt")) {
      bad(file, line, "plugin " plugin " includes another plugin: \"" header "\"")
    } else if (!quoted && header ~ /^migrations\// && plugin != "migrations" && !exists("plugins/migrations/include/" header)) {
      bad(file, line, "<" header "> is no header of plugins/migrations")
    }
  }
  END {
    while ((getline file <list) > 0) {
      files++
      split(file, part, "/")
      line = 0
      while ((getline text <file) > 0) {
        line++
        if (text !~ /^[ \t]*#[ \t]*include[ \t]*[<"]/) continue
        includes++
        quoted = (text ~ /^[ \t]*#[ \t]*include[ \t]*"/)
        header = text
        sub(/^[^<"]*[<"]/, "", header)
        sub(/[>"].*/, "", header)
        test = (file ~ /^plugins\/[^\/]*\/tests\//)
        if (!test && ((header ~ /^tidegate\/testing/ && file !~ /^core\/conformance\//) || (quoted && header ~ /^support\//)))
          bad(file, line, header " is for tests")
        for (pattern in only) {
          if (test && header ~ /^libpq-fe\.h$|^httplib\.h$/) continue  # a test may look at a database or be a server by itself
          if (header ~ pattern && file !~ only[pattern]) bad(file, line, "<" header "> belongs in one place: " only[pattern])
        }
        if (part[1] == "core") check_core(file, line, part[2], quoted, header)
        else check_plugin(file, line, part[2], quoted, header)
      }
      close(file)
    }
    printf "%d files, %d includes, %d breaches\n", files, includes, breaches
    if (files == 0 || includes == 0) exit 1
    exit breaches > 0
  }
'
