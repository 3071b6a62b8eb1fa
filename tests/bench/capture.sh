#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What recording costs: the loop scenario of the lab in one boot of a real kernel, packets per second with nothing, with
# descry record, with --raw, with trace-cmd and equivalent kprobes, and with bpftrace counting the same functions, in turns.
#
#   tests/bench/capture.sh [ROUNDS [PACKETS]]      COLLECTOR=PATH (default: descry-collector in the PATH), KERNEL=6.12
#
# The machine has one CPU and its time is the number of instructions executed: other work on this machine does not matter,
# and everything counts that recording does, in the kernel and in processes. PARALLEL=1: two CPUs and real time; other work
# then spoils the proportions: look at the spread.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
lab=${DESCRY_LAB:-$here/../../samples/lab}
rounds=${1:-3} packets=${2:-80000} kernel=${KERNEL:-6.12}
collector=${COLLECTOR:-$(command -v descry-collector)}
bin=$(dirname "$collector")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

printf 'root:x:0:0:root:/root:/bin/sh\n' > "$work/passwd"
printf 'root:x:0:\n' > "$work/group"
"$collector" record --side host --print-trace-cmd --kernel "$kernel" --arch x86_64 > "$work/trace-cmd.sh"
cat > "$work/inside" <<'END'
mkdir -p /run /var /tmp
[ -e /var/run ] || ln -s ../run /var/run
cd /tmp
functions="vhost_poll_wakeup vq_meta_prefetch vhost_get_vq_desc vhost_add_used_n eventfd_signal_mask vhost_iotlb_add_range"
count() { for f in $functions; do printf 'kprobe:%s { @[probe] = count(); } ' $f; done; }
one() {
  rm -rf trace trace.dat
  case $1 in
    nothing) shift 2; "$@" ;;
    record) shift 2; descry-collector record --side host -q -o trace -- "$@" ;;
    light) shift 2; descry-collector record --side host -q --detail light -o trace -- "$@" ;;
    raw) shift 2; descry-collector record --side host -q --raw -o trace -- "$@" ;;
    trace-cmd) shift 2; sh /trace-cmd.sh "$@" ;;
    bpftrace) shift 2; bpftrace -e "$(count)" -c "$*" ;;
  esac
}
vhost_loop --packets 160000 --truth /tmp/truth.json # what the boot left to do would else slow down the first
for round in $(seq "$ROUNDS"); do
  for how in nothing record light raw trace-cmd bpftrace; do
    [ $how != bpftrace ] || command -v bpftrace > /dev/null || continue
    for case in "plain" "miss --iotlb --invalidate-every 1"; do
      set -- $case
      name=$1; shift
      n=$PACKETS; [ $name = plain ] || n=$((PACKETS / 10))
      if one $how $name vhost_loop "$@" --packets $n --truth /tmp/truth.json > log 2>&1; then
        mv /tmp/truth.json "/out/$how.$name.$round.json"
      else
        tail -n 3 log
      fi
    done
  done
done
END
sed -i "1i ROUNDS=$rounds PACKETS=$packets" "$work/inside"

options=(--with "$bin/descry-collector" --with "$bin/descry-provider.so=/bin/descry-provider.so")
for program in "$(command -v lttng-sessiond)" "$(find /usr/lib -name lttng-consumerd -print -quit)" \
  "$(command -v trace-cmd)"; do
  options+=(--with "$program=$program")
done
if bpftrace=$(command -v bpftrace); then options+=(--with "$bpftrace=$bpftrace"); fi
machine=(--steady --cpus 1)
[ -z "${PARALLEL:-}" ] || machine=(--cpus 2)
"$lab/boot" "${machine[@]}" --kernel "$kernel" --loop -o "$work/out" --timeout 1800 --memory 2048 "${options[@]}" \
  --file /usr/share/xml/lttng/session.xsd=/usr/share/xml/lttng/session.xsd \
  --file "$work/passwd=/etc/passwd" --file "$work/group=/etc/group" \
  --file "$work/trace-cmd.sh=/trace-cmd.sh" --file "$work/inside=/inside" -- sh /inside

python3 - "$work/out" <<'END'
import json
import statistics
import sys
from collections import defaultdict
from pathlib import Path

rates = defaultdict(list)
for path in sorted(Path(sys.argv[1]).glob("*.*.*.json")):
    how, case, _, _ = path.name.split(".")
    truth = json.loads(path.read_text(encoding="utf-8"))
    batches = truth["batches"]
    took = batches[-1]["start_ns"] + batches[-1]["latency_ns"] - batches[0]["start_ns"]
    rates[case, how].append(1e9 * truth["packets"] / took)
for (case, how), values in sorted(rates.items()):
    base = statistics.median(rates[case, "nothing"])
    median = statistics.median(values)
    print(f"{case:6} {how:10} {median:9.0f} packets/s ({min(values):.0f} .. {max(values):.0f})  "
          f"lost {100 * (1 - median / base):5.1f} %")
END
