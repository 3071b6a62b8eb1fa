#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The guest of one run with the host of another: nothing is paired, or the report doubts it before it says anything else.
# Never exit code 0.
# shellcheck source=tests/cli/expect.sh
. "$SOURCE/tests/cli/expect.sh"
simulate=$(dirname "$DESCRY")/descry-simulate
doubted=0

# wrong GUEST HOST
wrong() {
  expect 3 '' descry import --force -q --guest "$1" --host "$2" -o pair.db
  [ "$(sql pair.db 'SELECT count(*) FROM chain WHERE pair_id IS NOT NULL')" != 0 ] || return 0
  doubted=$((doubted + 1))
  descry report pair.db > report.txt
  head -n 1 report.txt | grep -q 'Guest and host may not belong together: virtio0' ||
    failed "$1 with $2: paired without a word: $(head -n 2 report.txt)"
  [ "$(sql pair.db "SELECT count(*) FROM finding WHERE confidence <> 'low'")" = 0 ] ||
    failed "$1 with $2: a finding is of more than low confidence"
  expect 3 'contradict each other' descry check pair.db --fail-if 'p50() > 1h'
}

"$SOURCE/samples/traces/unpack" vhost-net-needless vhost-net-plain vhost-net-viommu pci-blk pci-blk-fast . ||
  failed "cannot unpack the samples"
for guest in vhost-net-needless vhost-net-plain vhost-net-viommu; do
  for host in vhost-net-needless vhost-net-plain vhost-net-viommu; do
    [ $guest = $host ] || wrong $guest/guest $host/host
  done
done
wrong pci-blk/guest pci-blk-fast/host
wrong pci-blk-fast/guest pci-blk/host

# A few packets, whose positions are equal in all runs.
cat > few.txt << 'SCENARIO'
text = a few packets
seed = 1
devices = 1
transport = pci
host = vhost
kind = net
chains = 20
service = exponential 40us 60us
wakeup = exponential 5us 8us
limit = 1000s
SCENARIO
for seed in 11 22 33 44 55 66; do "$simulate" few.txt --seed $seed --traces run$seed > /dev/null || failed "cannot simulate"; done
for guest in 11 22 33 44 55 66; do
  expect 0 '' descry import --force -q --guest run$guest/guest --host run$guest/host -o right.db
  [ "$(sql right.db 'SELECT count(*) > 0 FROM chain WHERE pair_id IS NOT NULL')" = 1 ] || failed "run $guest was not paired"
  for host in 11 22 33 44 55 66; do
    [ $guest = $host ] || wrong run$guest/guest run$host/host
  done
done
[ $doubted -gt 0 ] || failed "no wrong pair fitted: what is tested here?"
finish
