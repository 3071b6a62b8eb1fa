#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Findings advise in the words of the VMM that --vmm or a file names: here, how to switch VIRTIO_F_ACCESS_PLATFORM off.
# shellcheck source=tests/cli/expect.sh
. "$SOURCE/tests/cli/expect.sh"

"$SOURCE/samples/traces/unpack" vhost-net-needless traces
case=traces/vhost-net-needless
rule="SELECT action || ' / ' || change FROM finding_view WHERE rule = 'needless-translation'"

# says WHAT ARGUMENT...: the advice of an import with these arguments contains WHAT.
says() {
  local what=$1
  shift
  expect 0 '' descry import -q $case "$@" -o case.db
  case "$(sql case.db "$rule")" in *"$what"*) ;; *) failed "$*: expected $what, found $(sql case.db "$rule")" ;; esac
}

says '-device virtio-net-pci,iommu_platform=off'
says "<driver iommu='off'/>" --vmm libvirt
says '--net ...,iommu=off' --vmm cloud-hypervisor
says 'not possible in Firecracker' --vmm firecracker
says 'in crosvm is not known' --vmm crosvm
[ "$(sql case.db "SELECT value FROM fact_view WHERE name = 'vmm' AND source = '--vmm'")" = crosvm ] || failed "no fact of --vmm"
[ "$(sql case.db "SELECT count(*) FROM anomaly_view WHERE kind = 'facts-contradict'")" = 0 ] || failed "--vmm is no contradiction"
expect 2 '--vmm: expected qemu' descry import -q $case --vmm bhyve -o other.db

# What runs QEMU leaves its marks in the command line.
echo '/usr/bin/kvm -id 100 -name web -chardev socket,id=qmp,path=/var/run/qemu-server/100.qmp' > proxmox.txt
says 'Proxmox VE' --facts proxmox.txt
echo 'qemu-system-x86_64 -name guest=default_web -smbios type=1,manufacturer=KubeVirt,product=None' > kubevirt.txt
says 'not possible in KubeVirt' --facts kubevirt.txt
cat > nova.xml <<'END'
<domain type='qemu'><name>instance-0000002a</name><metadata>
<nova:instance xmlns:nova="http://openstack.org/xmlns/libvirt/nova/1.1"/></metadata><devices/></domain>
END
says 'not possible in OpenStack' --facts nova.xml
says 'QEMU' --facts nova.xml --vmm qemu

finish
