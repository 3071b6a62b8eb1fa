#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Several QEMUs of this machine at once, recorded as they are: one as it is installed, one in a mount namespace with a root
# folder of its own, where its program has a path that leads nowhere outside, and one whose program was replaced while it ran.
# Each is started, and goes on when the probes are there: its firmware then reads from a virtio disk, which is as many chains
# as QEMU's own count says. Exit code 77: cannot run here.
set -euo pipefail
qemu=$(command -v qemu-system-x86_64) || { echo "skipped: there is no qemu-system-x86_64 (tools/setup lab)"; exit 77; }
[ "$(id -u)" = 0 ] || { echo "skipped: probes on programs of this machine need root"; exit 77; }
unshare -m true 2> /dev/null || { echo "skipped: there are no mount namespaces here"; exit 77; }

# Programs that do not lie where they were installed do not find what belongs to them.
QEMU_MODULE_DIR=$(dirname "$(find /usr/lib -name accel-tcg-x86_64.so -print -quit)")
export QEMU_MODULE_DIR

work=$(mktemp -d)
pids=()
trap 'kill -9 "${pids[@]}" 2> /dev/null || true; wait; rm -rf "$work"' EXIT
failed=0
wrong() { echo "$1"; failed=4; }

options() { # NAME: into $given
  read -r -a given <<< "-S -display none -nodefaults -no-user-config -m 64 -accel tcg -qmp unix:$work/$1.qmp,server=on,wait=off \
    -blockdev driver=null-co,node-name=n,size=1048576,read-zeroes=on -device virtio-blk-pci,drive=n,id=disk"
}
started() { # NAME: until its monitor is there
  local tries=0
  while [ ! -S "$work/$1.qmp" ] && [ $tries -lt 300 ]; do sleep 0.1; tries=$((tries + 1)); done
  if [ ! -S "$work/$1.qmp" ] || ! kill -0 "${pids[-1]}"; then cat "$work/$1.log"; echo "QEMU did not start: $1"; exit 1; fi
}

options plain
"$qemu" "${given[@]}" > "$work/plain.log" 2>&1 &
pids+=($!)
started plain

mkdir "$work/root"
options inside
# What is mounted here is seen by this process and its children alone.
# shellcheck disable=SC2016
unshare -m sh -c '
  mount -t tmpfs none "$1/root" && cd "$1/root" && mkdir -p usr etc proc opt "./$1" dev
  mount --bind /usr usr && mount --bind /dev dev && mount --bind "$1" "./$1"
  for link in bin lib lib64 sbin; do ln -s usr/$link $link; done
  cp "$2" opt/qemu-system-x86_64
  shift 2
  exec chroot . /opt/qemu-system-x86_64 "$@"' sh "$work" "$qemu" -L /usr/share/seabios -L /usr/share/qemu "${given[@]}" \
  > "$work/inside.log" 2>&1 &
pids+=($!)
started inside

cp "$qemu" "$work/qemu-system-x86_64"
options replaced
"$work/qemu-system-x86_64" -L /usr/share/seabios -L /usr/share/qemu "${given[@]}" > "$work/replaced.log" 2>&1 &
pids+=($!)
started replaced
rm "$work/qemu-system-x86_64"
cp /bin/true "$work/qemu-system-x86_64"

[ ! -e /opt/qemu-system-x86_64 ] || { echo "skipped: /opt/qemu-system-x86_64 exists here"; exit 77; }
cat > "$work/go" <<'END'
import json, socket, sys, time

class Monitor:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.stream = self.socket.makefile("rw")
        self.stream.readline()
        self("qmp_capabilities")
    def __call__(self, name, **arguments):
        self.stream.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
        self.stream.flush()
        while "return" not in (answer := json.loads(self.stream.readline())):
            assert "error" not in answer, answer
        return answer["return"]

counts = []
monitors = [Monitor(path) for path in sys.argv[1:]]
for monitor in monitors:
    monitor("cont")
def fetched(monitor):
    path = next(device["path"] for device in monitor("x-query-virtio") if device["name"] == "virtio-blk")
    return monitor("x-query-virtio-queue-status", path=path, queue=0)["last-avail-idx"]
end = time.monotonic() + 60
while time.monotonic() < end and not all(fetched(monitor) for monitor in monitors):
    time.sleep(0.2)
time.sleep(2)
print(*(fetched(monitor) for monitor in monitors))
END
"$COLLECTOR" record --side host --vhost-user off --kvm off -o "$work/capture" -- \
  sh -c "python3 '$work/go' '$work/plain.qmp' '$work/inside.qmp' '$work/replaced.qmp' > '$work/counts'" \
  > "$work/record.log" 2>&1 || { cat "$work/record.log"; wrong "the recording failed"; }
"$COLLECTOR" import -q "$work/capture" -o "$work/case.db" || wrong "the import says that something was lost"
counts=$(cat "$work/counts")
got=$(python3 - "$work/case.db" "${pids[@]}" <<'END'
import sqlite3, sys
case = sqlite3.connect(sys.argv[1])
query = """SELECT count(*) FROM host_half h JOIN queue q USING (queue_id) JOIN device d USING (device_id)
WHERE d.vmm_pid = ? AND h.u_ns IS NOT NULL"""
print(*(case.execute(query, (pid,)).fetchone()[0] for pid in sys.argv[2:]))
END
)
echo "chains that each QEMU fetched: $counts; recorded: $got"
[ "$got" = "$counts" ] || { cat "$work/record.log"; wrong "not what QEMU counted"; }
case " $counts " in *" 0 "*) wrong "a firmware has read nothing" ;; esac
for pid in "${pids[@]}"; do
  [ "$(grep -c "uprobe.*($pid)" "$work/capture/host/coverage.tsv")" -ge 10 ] || wrong "the coverage does not have the QEMU $pid"
done
lines=$(grep -c "(${pids[2]}).*another version lies in its place on disk" "$work/capture/host/coverage.tsv" || true)
[ "$lines" -ge 10 ] || wrong "the coverage does not say that a program was replaced"
exit $failed
