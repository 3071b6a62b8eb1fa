#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Records the loop scenario, and a guest's disk, on a real kernel, finished halves and single hits of the same run, and
# expects what is imported from the two to be the same: compare_folds.sh KERNEL. Exit code 77: cannot run here.
set -euo pipefail
lab=${DESCRY_LAB:-$SOURCE/samples/lab}
kernel=${1:-6.12}

skip() { echo "skipped: $1"; exit 77; }
[ -x "$lab/boot" ] || skip "the lab is not there ($lab)"
command -v qemu-system-x86_64 >/dev/null || skip "there is no qemu-system-x86_64 (tools/setup lab)"
command -v lttng-sessiond >/dev/null || skip "there is no lttng-sessiond (tools/setup build)"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
consumerd=$(find /usr/lib -name lttng-consumerd -print -quit)
printf 'root:x:0:0:root:/root:/bin/sh\n' > "$work/passwd"
printf 'root:x:0:\n' > "$work/group"
cat > "$work/inside" <<'END'
mkdir -p /run /var
[ -e /var/run ] || ln -s ../run /var/run
cd /out
# One device after the other: the kernel soon gives the next one the memory of the last.
cat > /several <<'END2'
for i in 1 2 3 4 5 6; do vhost_loop --iotlb --invalidate-every 1 --packets $((i * 64)) || exit 1; done
END2
for flavour in "" --kprobes; do
  descry-collector record --compare-folds --side host $flavour -o "host$flavour" -- \
    sh /several > log 2>&1 || { cat log; exit 1; }
  tail -n 2 log
done
END
bin=$(dirname "$COLLECTOR")
code=0
"$lab/boot" --kernel "$kernel" --loop -o "$work/out" \
  --with "$bin/descry-collector" --with "$bin/descry-provider.so=/bin/descry-provider.so" \
  --with "$(command -v lttng-sessiond)=$(command -v lttng-sessiond)" --with "$consumerd=$consumerd" \
  --file /usr/share/xml/lttng/session.xsd=/usr/share/xml/lttng/session.xsd \
  --file "$work/passwd=/etc/passwd" --file "$work/group=/etc/group" --file "$work/inside=/inside" \
  -- sh /inside || code=$?
[ $code != 77 ] || skip "a package for the lab cannot be had"
[ $code = 0 ] || exit "$code"

for run in host host--kprobes; do
  for fold in raw folded; do
    "$COLLECTOR" import -q "$work/out/$run/$fold" -o "$work/$run-$fold.db"
  done
  echo "== $run"
  served=$(sqlite3 "$work/$run-folded.db" "SELECT group_concat(n, ' ') FROM (SELECT sum(e.used) AS n FROM queue_epoch e
    JOIN queue q USING (queue_id) GROUP BY q.device_id ORDER BY q.device_id)")
  [ "$served" = "64 128 192 256 320 384" ] || { echo "chains by device, one opened after the other: $served"; exit 4; }
  python3 "$SOURCE/tests/record/same_facts.py" "$work/$run-raw.db" "$work/$run-folded.db"
done
