#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# style.sh format|tidy|shell BUILD_DIRECTORY: is everything as .clang-format, .clang-tidy and shellcheck want it?
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
    # shellcheck disable=SC2016
    root=$(printf %s "$PWD" | sed 's/[][\\.*^$()+?{}|]/\\&/g')
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    status=0
    run-clang-tidy -quiet -p "$build" -j "$(nproc)" "^$root/(schemas|collector|analyzer|samples|gui)/" >"$log" 2>&1 || status=1
    if ! grep -q '^clang-tidy' "$log"; then
      echo "no file was checked"
      status=1
    fi
    [ $status = 0 ] || grep -vE '^clang-tidy|warnings? (generated|treated)|^$' "$log"
    exit $status
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
