#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# docs/pictures.sh BIN_DIRECTORY [report]: makes the pictures of docs/gui.md and README.md from the sample captures.
# BIN_DIRECTORY holds descry, descry-collector, descry-gui and descry-simulate. Needs no screen, and chromium for the
# picture of the HTML report (report: only that).
set -euo pipefail

bin=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/.." && pwd)
out=$root/docs/pictures
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"

database() { # CASE
  "$root/samples/traces/unpack" "$1" "$work/traces"
  (cd "$work/traces" && "$bin/descry" import -q "$1" -o "$work/$1.db") || [ $? = 3 ]
}

picture() { # NAME DATABASE OPTION...
  local name=$1 database=$2
  shift 2
  # From within the folder: paths in a picture should be short.
  (cd "$work" && QT_QPA_PLATFORM=offscreen "$bin/descry-gui" --screenshot "$out/$name.png" "$@" "$database.db" 2>/dev/null)
}

html() { # NAME DATABASE SIZE
  "$bin/descry" report "$work/$2.db" -o "$work/$2.html" || [ $? = 3 ]
  chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$work/profile" --window-size="$3" \
    --screenshot="$out/$1.png" "file://$work/$2.html" 2>/dev/null
}

database pci-blk-swiotlb
html report pci-blk-swiotlb 1100,1200
[ "${2:-}" != report ] || exit 0

database vhost-net-needless
database vhost-net-plain
sed 's/^chains = .*/chains = 200000/' "$root/samples/simulate/scenarios/worker-contention.txt" >"$work/busy.txt"
"$bin/descry-simulate" "$work/busy.txt" -o "$work/busy.db" >/dev/null || [ $? = 3 ]

picture window pci-blk-swiotlb --worst --size 1400x860
picture window-dark vhost-net-needless --worst --theme dark --size 1400x860
picture chain pci-blk-swiotlb --worst --view chain --size 1000x560
picture timeline vhost-net-needless --worst --view timeline --size 1200x460
picture timeline-far busy --view timeline --size 1200x460
picture heatmap busy --view heatmap --size 1000x480
picture distribution vhost-net-needless --view distribution --size 1000x480
picture causes vhost-net-needless --view causes --size 1000x640
picture compare vhost-net-needless --compare vhost-net-plain.db --view compare --size 1200x640
