#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What recording does to the latency of one request, per level of detail: a request that misses the device IOTLB of
# kernel vhost, and a disk read that bounces through swiotlb; each with all levels in turns in one boot.
#
#   tests/bench/distortion.sh [ROUNDS]      COLLECTOR=PATH (default: descry-collector in the PATH), KERNEL=6.12
#
# Latencies are those of the programs that send the requests. Both run in real time on two CPUs: let the machine do nothing
# else. STEADY=1 has the missing requests on one CPU in instructions executed, which no other work can disturb; waking up
# somebody costs next to nothing there, so that the share of the probes is larger than on any real machine.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
lab=${DESCRY_LAB:-$here/../../samples/lab}
rounds=${1:-8} kernel=${KERNEL:-6.12}
collector=${COLLECTOR:-$(command -v descry-collector)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

printf 'root:x:0:0:root:/root:/bin/sh\n' > "$work/passwd"
printf 'root:x:0:\n' > "$work/group"
cat > "$work/reads" <<'END'
read -r begin _ < /proc/uptime
dd if=/dev/vda of=/dev/null bs=64k count=4000 iflag=direct 2> /dev/null
read -r end _ < /proc/uptime
echo "$begin $end" >> $1
END
cat > "$work/start" <<'END'
mkdir -p /run /var /tmp
[ -e /var/run ] || ln -s ../run /var/run
cd /tmp
record() { # LEVEL SIDE COMMAND...
  level=$1 side=$2; shift 2
  rm -rf /tmp/trace
  if [ "$level" = nothing ]; then "$@"; return; fi
  descry-collector record -q --side "$side" --detail "$level" -o /tmp/trace -- "$@"
}
END
cat "$work/start" - > "$work/miss" <<'END'
one() { record $1 host vhost_loop --iotlb --invalidate-every 1 --batch 1 --packets 2000 --truth /out/$1.$2.json; }
one nothing 0 # what the boot left to do would else slow down the first
for round in $(seq ROUNDS); do
  for level in nothing light normal full; do one $level $round; done
done
END
cat "$work/start" - > "$work/bounce" <<'END'
sh /reads /tmp/warm
for round in $(seq ROUNDS); do
  for level in nothing light normal full; do record $level guest sh /reads /out/$level; done
done
END
sed -i "s/ROUNDS/$rounds/" "$work/miss" "$work/bounce"

run() { # NAME OPTIONS...
  name=$1; shift
  DESCRY_BIN=$(dirname "$collector") "$lab/boot" --kernel "$kernel" --descry "$@" -o "$work/$name-out" --timeout 1800 \
    --memory 2048 --file "$work/passwd=/etc/passwd" --file "$work/group=/etc/group" --file "$work/reads=/reads" \
    --file "$work/$name=/inside" -- sh /inside > "$work/log" 2>&1 || { tail -n 20 "$work/log"; exit 1; }
}
machine=(--cpus 2)
[ -z "${STEADY:-}" ] || machine=(--steady --cpus 1)
run miss "${machine[@]}" --loop
run bounce --cpus 2 --modules virtio_blk --boot swiotlb=force \
  --qemu '-blockdev null-co,node-name=null,size=1073741824,read-zeroes=off -device virtio-blk-pci,drive=null,disable-legacy=on,iommu_platform=on'

python3 - "$work" <<'END'
import json
import statistics
import sys
from collections import defaultdict
from pathlib import Path

work = Path(sys.argv[1])
us = defaultdict(list)
for level in ("nothing", "light", "normal", "full"):
    for path in sorted((work / "miss-out").glob(f"{level}.[1-9]*.json")):
        batches = json.loads(path.read_text(encoding="utf-8"))["batches"]
        us["a request that misses", level] += [batch["latency_ns"] / 1e3 for batch in batches]
for level in ("nothing", "light", "normal", "full"):
    text = (work / "bounce-out" / level).read_text(encoding="utf-8")
    times = (map(float, line.split()) for line in text.splitlines())
    us["a 64 KiB read that bounces", level] += [(end - begin) * 1e6 / 4000 for begin, end in times]
for (case, level), values in us.items():
    quarters = statistics.quantiles(values, n=4)
    base = statistics.median(us[case, "nothing"])
    print(f"{case:27} {level:8} {quarters[1]:7.1f} us ({quarters[0]:.1f} .. {quarters[2]:.1f})  "
          f"{100 * (quarters[1] / base - 1):+5.1f} %")
END
