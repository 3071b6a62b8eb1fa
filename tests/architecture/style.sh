#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# style.sh format|tidy|tidy_changed|shell BUILD_DIRECTORY: is everything as .clang-format, .clang-tidy and shellcheck want
# it? tidy_changed looks only at what this branch, or else the last commits, changed.
# Exit code 77 (skipped) when the tool is not installed.
set -euo pipefail
cd "$(dirname "$0")/../.."

check=$1
build=$2
folders=(schemas collector analyzer samples tests)
[ ! -d gui ] || folders+=(gui)

need() {
  if ! command -v "$1" >/dev/null; then
    echo "skipped: $1 is not installed"
    exit 77
  fi
}

# unfolded COMPILE_COMMANDS: an entry for each source file where several are compiled as one.
unfolded() {
  python3 - "$1" <<'END'
import json, pathlib, re, sys

entries = []
for entry in json.load(open(sys.argv[1])):
    file = pathlib.Path(entry["file"])
    sources = re.findall(r'^#include "(.*)"$', file.read_text(), re.M) if file.parent.name == "Unity" else []
    entries += [dict(entry, file=source, command=entry["command"].replace(str(file), source)) for source in sources] or [entry]
json.dump(entries, sys.stdout, indent=0)
END
}

# tidy PATTERN: clang-tidy over the files of the build whose path below the source tree matches.
tidy() {
  local root work log status=0
  # shellcheck disable=SC2016
  root=$(printf %s "$PWD" | sed 's/[][\\.*^$()+?{}|]/\\&/g')
  work=$(mktemp -d)
  log=$work/log
  unfolded "$build/compile_commands.json" >"$work/unfolded.json"
  # Clang can neither read another compiler's precompiled headers nor does it know all of that one's warnings.
  sed -E 's/ -Winvalid-pch//g; s/ -Wno-subobject-linkage//g; s/ -include [^ "]*cmake_pch\.hxx//g; s/ -Wno-error=[a-z-]+//g' "$work/unfolded.json" >"$work/compile_commands.json"
  run-clang-tidy -quiet -p "$work" -j "$(nproc)" "^$root/$1" >"$log" 2>&1 || status=1
  if ! grep -q '^clang-tidy' "$log"; then
    echo "no file was checked"
    status=1
  fi
  [ $status = 0 ] || grep -vE '^clang-tidy|warnings? (generated|treated)|^$' "$log"
  rm -rf "$work"
  exit $status
}

# The source files that differ from origin/main, or, where that is this commit or there is none, those of the last 30
# commits. At most 25, those that changed last first: more would take too long.
changed() {
  local base
  base=$(git merge-base HEAD origin/main 2>/dev/null) || base=
  if [ -z "$base" ] || [ "$base" = "$(git rev-parse HEAD)" ]; then
    git log --max-count=30 --pretty=format: --name-only --no-renames 2>/dev/null
  else
    git diff --name-only HEAD
    git log --pretty=format: --name-only --no-renames "$base..HEAD"
  fi | grep -E '^(schemas|collector|analyzer|samples|gui)/.*\.cpp$' | awk '!seen[$0]++' | while read -r file; do
    [ ! -f "$file" ] || echo "$file"
  done | head -n 25
}

case $check in
  format)
    need clang-format
    status=0
    while IFS= read -r -d '' file; do
      if ! clang-format "$file" | cmp --silent - "$file"; then
        echo "$file: run clang-format -i"
        status=1
      fi
    done < <(find "${folders[@]}" -name '*.[ch]pp' -print0)
    exit $status
    ;;
  tidy)
    need run-clang-tidy
    # Not the tests: the macros of the test libraries would drown what is found.
    tidy '(schemas|collector|analyzer|samples|gui)/'
    ;;
  tidy_changed)
    need run-clang-tidy
    mapfile -t files < <(changed)
    if [ ${#files[@]} = 0 ]; then
      echo "skipped: no source file changed, or this is not a git repository"
      exit 77
    fi
    printf 'checking %s\n' "${files[@]}"
    # shellcheck disable=SC2016
    tidy "($(printf '%s\n' "${files[@]}" | sed 's/[][\\.*^$()+?{}|]/\\&/g' | paste -sd '|'))\$"
    ;;
  shell)
    need shellcheck
    mapfile -t scripts < <(grep -rlE --exclude-dir={.git,build,demo-out} '^#!.*\b(ba)?sh$' .)
    shellcheck "${scripts[@]}"
    ;;
  *)
    echo "usage: style.sh format|tidy|shell BUILD_DIRECTORY" >&2
    exit 2
    ;;
esac
