#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# How often is descry diff wrong? Captures of the same workload in one boot of the lab's loop, each compared with the next:
# nothing should be significant. Then captures in which every miss is answered 5 % of a chain's time later: found each time?
#
#   tests/bench/diff_pairs.sh [PAIRS [PACKETS]]
#   BIN=PATH (default: where descry is), KERNEL=6.12, WORK=FOLDER (keep the captures and databases there)
#
# The machine has one CPU and its time is the number of instructions executed: what differs between two captures is what
# the kernel and the programs in it did. PARALLEL=1: two CPUs and real time, with what else runs on this machine.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
lab=${DESCRY_LAB:-$here/../../samples/lab}
pairs=${1:-20} packets=${2:-800} kernel=${KERNEL:-6.12} slowdowns=5
((slowdowns <= pairs)) || slowdowns=$pairs
bin=${BIN:-$(dirname "$(command -v descry)")}
work=${WORK:-$(mktemp -d)}
mkdir -p "$work"
[ -n "${WORK:-}" ] || trap 'rm -rf "$work"' EXIT

# Per miss a delay and what its 5 % are: the wake-ups, the timer's slack and the answer take about 70 us more than the delay.
cat > "$work/inside" <<END
mkdir -p /run /var /tmp
[ -e /var/run ] || ln -s ../run /var/run
record() {
  name=\$1; shift
  mkdir -p /out/\$name
  descry-collector record --side host -q -o /out/\$name/host -- vhost_loop "\$@" --packets $packets --truth /out/\$name/truth.json || echo "\$name failed"
}
missing() { record \$1 --iotlb --invalidate-every 1 --answer-delay-us \$2; }
vhost_loop --packets $packets --truth /tmp/truth.json # what the boot left to do would else slow down the first
for i in \$(seq 0 $pairs); do
  record plain-\$i
  missing slow-\$i 1000
  missing brief-\$i 200
  echo "recorded \$i of $pairs"
  if [ \$i -lt $slowdowns ]; then
    missing slow-later-\$i 1053
    missing brief-later-\$i 213
  fi
done
END
printf 'root:x:0:0:root:/root:/bin/sh\n' > "$work/passwd"
printf 'root:x:0:\n' > "$work/group"
machine=(--steady --cpus 1)
[ -z "${PARALLEL:-}" ] || machine=(--cpus 2)
DESCRY_BIN=$bin "$lab/boot" "${machine[@]}" --kernel "$kernel" --loop --descry -o "$work/out" --timeout 7200 \
  --file "$work/passwd=/etc/passwd" --file "$work/group=/etc/group" \
  --file "$work/inside=/inside" -- sh /inside > "$work/log" 2>&1 || { tail -n 20 "$work/log"; exit 1; }

for capture in "$work"/out/*/; do
  "$bin/descry-collector" import -q "$capture" -o "${capture%/}.db" || [ $? -eq 3 ]
done
verdict() { "$bin/descry" diff "$work/out/$1.db" "$work/out/$2.db" --format json | python3 -c '
import json, sys
d = json.load(sys.stdin)
print("slower" if d["slower"] else "faster" if d["faster"] else "same", *d["verdict"])' | cut -c1-150; }
# What the program measured itself; chains of a batch end one after the other, so a batch takes as much longer as they do.
truth() { python3 - "$work/out/$1/truth.json" "$work/out/$2/truth.json" <<'END'
import json, statistics, sys
base, new = (statistics.mean(b["latency_ns"] for b in json.load(open(path))["batches"]) for path in sys.argv[1:])
print(f"batch {base / 1000:.0f} us -> {new / 1000:.0f} us ({100 * (new / base - 1):+.1f} %): ", end="")
END
}
for kind in plain slow brief; do
  echo "$kind: the same workload, $pairs pairs"
  for i in $(seq 1 "$pairs"); do
    said=$(verdict "$kind-$((i - 1))" "$kind-$i")
    case $said in same*) ;; *) truth "$kind-$((i - 1))" "$kind-$i" ;; esac
    echo "$said"
  done | sort | uniq -c
done
for kind in slow brief; do
  echo "$kind: every miss answered later, $slowdowns pairs"
  for i in $(seq 0 $((slowdowns - 1))); do
    truth "$kind-$i" "$kind-later-$i"
    verdict "$kind-$i" "$kind-later-$i"
  done
done
