#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# make_data.sh TRACES: writes data.tar.zst next to itself from the unpacked captures in TRACES (samples/traces/unpack).
# Needs trace-cmd, babeltrace2, python3, tar and zstd; the tests themselves only need the archive.
#   chains/CASE.tsv    what chain_truth.py says about every chain
#   text/*.txt         what trace-cmd prints of a trace.dat; *.vx.txt: the same run as ftrace's own text in another naming
#   late/              captures that begin in the middle of the run
set -eu
traces=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/chains" "$work/text" "$work/late"

for case in "$traces"/*/; do
  case=$(basename "$case")
  python3 "$here/chain_truth.py" "$traces/$case" > "$work/chains/$case.tsv"
done

for side in pci-blk/guest ccw-blk-swiotlb/guest vhost-net-needless/guest vhost-net-needless/host; do
  trace-cmd report -t "$traces/$side/trace.dat" > "$work/text/$(echo $side | tr / .).txt"
done
for case in pci-blk pci-blk-mq; do
  trace-cmd report -t "$traces/$case/guest/trace.dat" | python3 "$here/to_vx.py" > "$work/text/$case.guest.vx.txt"
done

# In the middle of the reads, not at the same request on the two sides, and on the host between a pop and its fill.
trace-cmd split -i "$traces/pci-blk/guest/trace.dat" -o "$work/late/guest.dat" 6.665 > /dev/null
mv "$work/late/guest.dat.1" "$work/late/guest.dat"
begin=$(babeltrace2 --no-delta --clock-seconds "$traces/pci-blk/host" |
  awk '/virtqueue_pop/ { n++ } /virtio_blk_handle_read/ && n == 175 { print substr($1, 2, length($1) - 2); exit }')
babeltrace2 convert --begin="$begin" --output-format=ctf --output="$work/late/host" "$traces/pci-blk/host" > /dev/null
stream=$(dirname "$(find "$work/late/host" -name metadata)")
mv "$stream" "$work/late/trace" && rm -r "$work/late/host" && mv "$work/late/trace" "$work/late/host"

tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@1700000000 --mode=u=rwX,go=rX -C "$work" -cf - \
  chains late text | zstd -19 -q -f -o "$here/data.tar.zst"
