#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# command_line.sh DESCRY_GUI DATABASES: what the program does before and without a window.
set -uo pipefail

gui=$1 databases=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

# expect CODE TEXT ARGUMENT...: runs the program; TEXT has to be in what it says.
expect() {
  local code=$1 text=$2 said status=0
  shift 2
  said=$(timeout 60 "$gui" "$@" 2>&1) || status=$?
  if [ $status != "$code" ] || [[ $said != *"$text"* ]]; then
    echo "descry-gui $*: code $status (expected $code), said: $said"
    failures=$((failures + 1))
  fi
}

expect 0 "--screenshot" --help
expect 2 "" --no-such-option
expect 2 "" --view nonsense "$databases/many.db"
expect 2 "is not a size" --size 10 --screenshot "$work/a.png" "$databases/many.db"
expect 1 "no such file" --screenshot "$work/a.png" "$databases/nowhere.db"
expect 1 "schema version 99" --screenshot "$work/a.png" "$databases/newer.db"
expect 2 "unknown field 'foo'" --screenshot "$work/a.png" --select 'foo > 1' "$databases/many.db"
expect 2 "exactly one database" --screenshot "$work/a.png"
expect 2 "exactly one database" --compare "$databases/vhost-net-plain.db"
expect 1 "schema version 99" --screenshot "$work/a.png" --compare "$databases/newer.db" "$databases/many.db"
expect 1 "directory /nowhere does not exist" --screenshot /nowhere/a.png "$databases/lossy-host.db"
[ ! -e "$work/a.png" ] || { echo "a failed screenshot left a file"; failures=$((failures + 1)); }

# The database may come first: descry gui case.db is what people type.
expect 0 "" "$databases/vhost-net-needless.db" --screenshot "$work/first.png"
expect 0 "" --screenshot "$work/window.png" --size 1200x800 "$databases/vhost-net-needless.db"
expect 0 "" --screenshot "$work/window.png" --size 1200x800 "$databases/vhost-net-needless.db"
echo 'buy milk' > "$work/foreign.png"
expect 1 "already exists" --screenshot "$work/foreign.png" "$databases/vhost-net-needless.db"
expect 0 "" --screenshot "$work/foreign.png" --force "$databases/vhost-net-needless.db"
cp "$databases/vhost-net-needless.db" "$work/case.db"
for input in case.db base.db; do
  cp "$work/case.db" "$work/base.db"
  expect 1 "is an input" --screenshot "$work/$input" --force --compare "$work/base.db" "$work/case.db"
  if ! cmp -s "$work/case.db" "$databases/vhost-net-needless.db" || ! cmp -s "$work/base.db" "$work/case.db"; then
    echo "a picture replaced a database"
    failures=$((failures + 1))
  fi
done
expect 0 "" --screenshot "$work/twice.png" --size 1200x800 --scale 2 --theme dark --view timeline "$databases/vhost-net-needless.db"
expect 0 "" --screenshot "$work/window.svg" --view overview --select 'queue == rx0' "$databases/vhost-net-needless.db"
expect 0 "" --screenshot "$work/compare.png" --view compare --compare "$databases/vhost-net-plain.db" "$databases/vhost-net-needless.db"
python3 - "$work" <<'PY' || failures=$((failures + 1))
import struct, sys
def size(name):
    return struct.unpack(">II", open(f"{sys.argv[1]}/{name}", "rb").read(24)[16:24])
assert size("window.png") == (1200, 800), size("window.png")
assert size("twice.png") == (2400, 1600), size("twice.png")
assert b"<svg" in open(f"{sys.argv[1]}/window.svg", "rb").read(400)
PY
exit $((failures > 0))
