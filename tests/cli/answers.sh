#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# explain, diff, whatif and check on real captures: what they say and how they exit.
# shellcheck source=tests/cli/expect.sh
. "$SOURCE/tests/cli/expect.sh"
"$SOURCE/samples/traces/unpack" . > /dev/null || failed "cannot unpack the samples"
for case in pci-blk pci-blk-swiotlb pci-blk-lossy; do
  descry import -q "$case" -o "$case.db" || [ $? -eq 3 ] || failed "cannot import $case"
done

# Its truth: 4 bounces of this chain, copied before it was published.
expect 0 'virtio0 req0 \(pci, blk\), chain 1: .*slower than' descry explain pci-blk-swiotlb.db
expect 0 'What is special about it: .* of swiotlb' descry explain pci-blk-swiotlb.db
expect 0 'virtio0 req0 \(pci, blk\), chain 17:' descry explain pci-blk-swiotlb.db --chain virtio0/req0/17
expect 0 'virtio1 req0' descry explain pci-blk-swiotlb.db --where 'device == virtio1'
expect 1 'no complete chain meets' descry explain pci-blk-swiotlb.db --chain virtio0/req0/99999
expect 2 'expected DEVICE/QUEUE/POSITION' descry explain pci-blk-swiotlb.db --chain 17
expect 2 "unknown field 'quue'" descry explain pci-blk-swiotlb.db --where 'quue == rx0'
expect 2 'excludes' descry explain pci-blk-swiotlb.db --chain virtio0/req0/17 --slowest 3

expect 0 'slower: virtio0: ' descry diff pci-blk.db pci-blk-swiotlb.db
expect 0 'VIRTIO_F_ACCESS_PLATFORM on, was off' descry diff pci-blk.db pci-blk-swiotlb.db
expect 0 '^  swiotlb +0 ns .*\*' descry diff pci-blk.db pci-blk-swiotlb.db
expect 0 'faster: virtio0' descry diff pci-blk-swiotlb.db pci-blk.db
expect 0 'no significant change' descry diff pci-blk.db pci-blk.db
expect 3 'lost events' descry diff pci-blk.db pci-blk-lossy.db
expect 1 'absent.db' descry diff pci-blk.db absent.db
expect 0 '"slower": true' descry diff pci-blk.db pci-blk-swiotlb.db --format json
expect 0 '<svg' descry diff pci-blk.db pci-blk-swiotlb.db --format html
! descry diff pci-blk.db pci-blk-swiotlb.db | awk 'length > 86' | grep . || failed "a diff is wider than the page"

expect 0 'with no swiotlb' descry whatif pci-blk-swiotlb.db --without swiotlb
expect 2 'say what to change' descry whatif pci-blk-swiotlb.db
expect 2 'changed twice' descry whatif pci-blk-swiotlb.db --without iotlb --scale iotlb=2
expect 2 'expected iotlb, swiotlb' descry whatif pci-blk-swiotlb.db --without ring
expect 2 'expected a duration' descry whatif pci-blk-swiotlb.db --add iotlb=5
expect 1 'nothing to replay' descry whatif pci-blk-swiotlb.db --without swiotlb --queue rx7

expect 4 '^failed +p50\(\) > 1us' descry check pci-blk-swiotlb.db --fail-if 'p50() > 1us'
expect 0 '^passed +p50\(\) > 1s' descry check pci-blk-swiotlb.db --fail-if 'p50() > 1s'
expect 3 '^refused +p999' descry check pci-blk-swiotlb.db --fail-if 'p999() > 1s'
expect 4 '1 passed, 1 failed' descry check pci-blk-swiotlb.db --fail-if 'p50() > 1us' --fail-if 'p50() > 1s'
expect 3 'events were lost' descry check pci-blk-lossy.db --fail-if 'p50() > 1us'
expect 4 'failed' descry check pci-blk-lossy.db --fail-if 'p50() > 1us' --accept-damage
expect 4 'was ' descry check pci-blk-swiotlb.db --baseline pci-blk.db --measure 'p50(device == virtio0)'
expect 0 'passed' descry check pci-blk-swiotlb.db --baseline pci-blk.db --measure 'p50(device == virtio0)' --allow +400%
expect 2 'not a percentage' descry check pci-blk.db --baseline pci-blk.db --allow lots
expect 2 'nothing to check' descry check pci-blk.db
expect 2 'a duration needs ns, us, ms or s' descry check pci-blk.db --fail-if 'p50() > 200'
descry check pci-blk-swiotlb.db --fail-if 'p50() > 1us' --format junit > junit.xml
python3 -c 'import xml.etree.ElementTree as t; r = t.parse("junit.xml").getroot(); assert r.get("failures") == "1" == str(len(r.findall("./testcase/failure"))), r.attrib' \
  || failed "JUnit output"

finish
