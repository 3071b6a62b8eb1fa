#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Records the loop scenario, and a guest's disk, on a real kernel, finished halves and single hits of the same run, and
# expects what is imported from the two to be the same, and as the loop counted: compare_folds.sh KERNEL RUN...
# RUN: fentry; kprobes; no-jit: BPF is interpreted; in-order: VIRTIO_F_IN_ORDER; several: six devices, one after
# the other; misses, busy: two recorders, one of single hits and one as people record; rng: the guest side, of a driver that
# leaves its doorbells to virtqueue_kick. Exit code 77: cannot run here.
set -euo pipefail
lab=${DESCRY_LAB:-$SOURCE/samples/lab}
kernel=$1
shift
runs=$*

skip() { echo "skipped: $1"; exit 77; }
[ -x "$lab/boot" ] || skip "the lab is not there ($lab)"
command -v qemu-system-x86_64 >/dev/null || skip "there is no qemu-system-x86_64 (tools/setup lab)"
command -v lttng-sessiond >/dev/null || skip "there is no lttng-sessiond (tools/setup build)"

work=$(mktemp -d)
trap '[ -n "${KEEP:-}" ] || rm -rf "$work"' EXIT
consumerd=$(find /usr/lib -name lttng-consumerd -print -quit)
printf 'root:x:0:0:root:/root:/bin/sh\n' > "$work/passwd"
printf 'root:x:0:\n' > "$work/group"
cat > "$work/inside" <<'END'
mkdir -p /run /var
[ -e /var/run ] || ln -s ../run /var/run
cd /out
mkdir misses busy
# One device after the other: the kernel soon gives the next one the memory of the last.
cat > /several <<'END2'
for i in 1 2 3 4 5 6; do vhost_loop --iotlb --invalidate-every 1 --packets $((i * 64)) || exit 1; done
END2
for run in $runs; do
  probes='' loop=''
  case $run in
  rng)
    descry-collector record --compare-folds --side guest -o rng -- dd if=/dev/hwrng of=/dev/null bs=64 count=40 \
      > log 2>&1 || { cat log; exit 1; }
    continue
    ;;
  kprobes) probes=--kprobes ;;
  no-jit) echo 0 > /proc/sys/net/core/bpf_jit_enable || exit 1 ;;
  in-order) loop=--in-order ;;
  misses | busy)
    loop='--batch 64 --packets 1280'
    [ $run = busy ] || loop='--iotlb --invalidate-every 1 --packets 160'
    descry-collector record -q --side host --raw -o "$run/raw" -- descry-collector record -q --side host -o "$run/folded" -- \
      vhost_loop $loop --truth "/out/$run.json" > log 2>&1 || { cat log; exit 1; }
    continue
    ;;
  several)
    descry-collector record --compare-folds --side host -o several -- sh /several > log 2>&1 || { cat log; exit 1; }
    continue
    ;;
  esac
  descry-collector record --compare-folds --side host $probes -o "$run" -- \
    vhost_loop --iotlb --invalidate-every 1 --packets 320 $loop --truth "/out/$run.json" > log 2>&1 || { cat log; exit 1; }
  tail -n 2 log
done
END
bin=$(dirname "$COLLECTOR")
code=0
"$lab/boot" --kernel "$kernel" --loop --modules virtio_rng --qemu "-device virtio-rng-pci" -o "$work/out" \
  --with "$bin/descry-collector" --with "$bin/descry-provider.so=/bin/descry-provider.so" \
  --with "$(command -v lttng-sessiond)=$(command -v lttng-sessiond)" --with "$consumerd=$consumerd" \
  --file /usr/share/xml/lttng/session.xsd=/usr/share/xml/lttng/session.xsd \
  --file "$work/passwd=/etc/passwd" --file "$work/group=/etc/group" --file "$work/inside=/inside" \
  -- env runs="$runs" sh /inside || code=$?
[ $code != 77 ] || skip "a package for the lab cannot be had"
[ $code = 0 ] || exit "$code"

for run in $runs; do
  for fold in raw folded; do
    "$COLLECTOR" import -q "$work/out/$run/$fold" -o "$work/$run-$fold.db"
  done
  echo "== $run"
  truth=("$work/out/$run.json")
  case $run in
  misses | busy)
    changes=$(sqlite3 "$work/$run-raw.db" "SELECT count(*) FROM iotlb_event")
    told=$(sqlite3 "$work/$run-folded.db" "SELECT count(*) FROM iotlb_event")
    echo "changes of the translation: $changes, told: $told"
    [ "$changes" = "$told" ] || exit 4
    python3 "$SOURCE/tests/record/near_facts.py" "$work/$run-raw.db" "$work/$run-folded.db" "${truth[@]}"
    python3 "$SOURCE/tests/record/same_facts.py" "$work/$run-folded.db" "$work/$run-folded.db" "${truth[@]}"
    continue
    ;;
  rng) truth=() ;;
  several)
    truth=()
    served=$(sqlite3 "$work/$run-folded.db" "SELECT group_concat(n, ' ') FROM (SELECT sum(e.used) AS n FROM queue_epoch e
      JOIN queue q USING (queue_id) GROUP BY q.device_id ORDER BY q.device_id)")
    [ "$served" = "64 128 192 256 320 384" ] || { echo "chains by device, one opened after the other: $served"; exit 4; }
    ;;
  esac
  python3 "$SOURCE/tests/record/same_facts.py" "$work/$run-raw.db" "$work/$run-folded.db" "${truth[@]}"
done
