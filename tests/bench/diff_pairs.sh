#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# How often is descry diff wrong? Captures of the same workload in one boot of the lab's loop, each compared with the next:
# nothing should be significant. Then captures in which every miss is answered 5 % later: that must be found.
#
#   tests/bench/diff_pairs.sh [PAIRS [PACKETS]]      BIN=PATH (default: where descry is), KERNEL=6.12
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
lab=${DESCRY_LAB:-$here/../../samples/lab}
pairs=${1:-20} packets=${2:-800} kernel=${KERNEL:-6.12}
bin=${BIN:-$(dirname "$(command -v descry)")}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat > "$work/inside" <<END
mkdir -p /run /var /tmp
[ -e /var/run ] || ln -s ../run /var/run
record() {
  name=\$1; shift
  descry-collector record --side host -q -o /out/\$name/host -- vhost_loop "\$@" --packets $packets --truth /out/\$name/truth.json || echo "\$name failed"
}
for i in \$(seq 0 $pairs); do
  mkdir -p /out/plain-\$i /out/slow-\$i
  record plain-\$i
  record slow-\$i --iotlb --invalidate-every 1 --answer-delay-us 1000
done
for i in \$(seq 0 4); do
  mkdir -p /out/slower-\$i
  record slower-\$i --iotlb --invalidate-every 1 --answer-delay-us 1060
done
END
printf 'root:x:0:0:root:/root:/bin/sh\n' > "$work/passwd"
printf 'root:x:0:\n' > "$work/group"
DESCRY_BIN=$bin "$lab/boot" --kernel "$kernel" --loop --descry -o "$work/out" --timeout 3000 \
  --file "$work/passwd=/etc/passwd" --file "$work/group=/etc/group" \
  --file "$work/inside=/inside" -- sh /inside > "$work/log" 2>&1 || { tail -n 20 "$work/log"; exit 1; }

for capture in "$work"/out/*/; do
  "$bin/descry-collector" import -q "$capture" -o "${capture%/}.db" || [ $? -eq 3 ]
done
verdict() { "$bin/descry" diff "$work/out/$1.db" "$work/out/$2.db" --format json | python3 -c '
import json, sys
d = json.load(sys.stdin)
print("slower" if d["slower"] else "faster" if d["faster"] else "same", *d["verdict"])'; }
for kind in plain slow; do
  echo "$kind: the same workload, $pairs pairs"
  for i in $(seq 1 "$pairs"); do verdict "$kind-$((i - 1))" "$kind-$i"; done | sort | cut -c1-150 | uniq -c
done
echo "slower: about 5 % more per chain"
for i in $(seq 0 4); do verdict "slow-$i" "slower-$i"; done | cut -c1-150
