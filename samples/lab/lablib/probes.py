# SPDX-License-Identifier: GPL-2.0-or-later
"""Kprobe definitions of group descry, for machines that record with trace-cmd.

Raw offsets, because 6.1 knows no BTF names in probe arguments and a kernel without BTF never does. A definition that
begins with | stands in for the one before it, where the kernel refuses that.
"""

from . import machine
from .errors import UsageError

# Offset of a member in struct vhost_virtqueue and struct vhost_dev, by kernel series (64-bit).
VHOST = {
    "6.1": {"avail": 304, "used": 308, "num": 40, "desc": 48, "features": 17776, "call": 104, "vqs": 40},
    "6.12": {"avail": 320, "used": 324, "num": 48, "desc": 56, "features": 17792, "call": 112, "vqs": 40},
}
# Offset of a member in struct vring_virtqueue.
RING = {
    "6.1": {
        "packed": 72,
        "dma": 73,
        "head": 80,
        "added": 84,
        "used": 88,
        "num": 96,
        "avail": 130,
        "pavail": 132,
        "wrap": 128,
        "ring": 152,
    },
    "6.12": {
        "packed": 64,
        "dma": 65,
        "head": 72,
        "added": 76,
        "used": 80,
        "num": 88,
        "avail": 122,
        "pavail": 124,
        "wrap": 120,
        "ring": 144,
    },
}
RETURN_SEES_ARGUMENTS = {"6.12"}
NOTIFY = {"pci": "vp_notify", "mmio": "vm_notify", "ccw": "virtio_ccw_kvm_notify"}  # by bus


def offsets(table, series):
    if series not in table:
        raise UsageError(f"trace-cmd has no probes for {series} here, only for {', '.join(table)}; record with descry")
    return table[series]


def vhost(series):
    """Both halves of the host side: queues and IOTLB."""
    at = offsets(VHOST, series)
    late = series in RETURN_SEES_ARGUMENTS
    vq = "vq=$arg1:x64"
    avail, used = f"avail=+{at['avail']}($arg1):u16", f"used=+{at['used']}($arg1):u16"
    queues = f"vq0=+0(+{at['vqs']}({{dev}})):x64 vq1=+8(+{at['vqs']}({{dev}})):x64"
    lines = [
        "p:descry/set_owner vhost_dev_set_owner hdev=$arg1:x64",
        "p:descry/vring_ioctl vhost_vring_ioctl hdev=$arg1:x64 cmd=$arg2:x32 index=+u0($arg3):u32 num=+u4($arg3):u32 "
        + queues.format(dev="$arg1"),
        "p:descry/kick vhost_poll_wakeup wait=$arg1:x64 key=$arg4:x32",
    ]
    for name in ("tx_kick", "rx_kick", "tx_net", "rx_net"):
        lines += [f"p:descry/{name} handle_{name} work=$arg1:x64", f"r:descry/{name}_ret handle_{name}"]
    entry = f" {vq} {avail}" if late else ""
    ring = (
        f"hdev=+0($arg1):x64 {queues.format(dev='+0($arg1)')} num=+{at['num']}($arg1):u32 "
        f"ring=+{at['desc']}($arg1):x64 features=+{at['features']}($arg1):x64"
    )
    lines += [
        f"p:descry/prefetch vq_meta_prefetch {vq} {avail}",
        f"r:descry/prefetch_ret vq_meta_prefetch{entry} ret=$retval:s32",
        f"p:descry/get_desc vhost_get_vq_desc {vq} {avail} {used} {ring}",
        f"r:descry/get_desc_ret vhost_get_vq_desc{entry} ret=$retval:s32",
        f"p:descry/discard vhost_discard_vq_desc {vq} n=$arg2:s32 {avail}",
        f"p:descry/add_used vhost_add_used_n {vq} {used} count=$arg3:u32 id0=+0($arg2):u32 len0=+4($arg2):u32 "
        f"call=+{at['call']}($arg1):x64",
        f"r:descry/add_used_ret vhost_add_used_n{' ' + vq if late else ''} ret=$retval:s32",
        "p:descry/signal vhost_signal hdev=$arg1:x64 vq=$arg2:x64",
        "p:descry/eventfd eventfd_signal_mask ctx=$arg1:x64"
        if late
        else "p:descry/eventfd eventfd_signal ctx=$arg1:x64",
        "p:descry/disable_notify vhost_disable_notify hdev=$arg1:x64 vq=$arg2:x64",
        "p:descry/miss vhost_iotlb_miss.isra.0 vq=%di:x64 iova=%si:x64 access=%dx:u32",
        "|p:descry/miss vhost_iotlb_miss vq=$arg1:x64 iova=$arg2:x64 access=$arg3:u32",
        "p:descry/enqueue_msg vhost_enqueue_msg hdev=$arg1:x64 head=$arg2:x64 node=$arg3:x64 vq=+72($arg3):x64 "
        "iova=+8($arg3):x64 type=+33($arg3):u8",
        "r:descry/chr_read_ret vhost_chr_read_iter ret=$retval:s64",
        "p:descry/chr_write vhost_chr_write_iter hdev=$arg1:x64",
        "r:descry/chr_write_ret vhost_chr_write_iter ret=$retval:s64",
        "p:descry/iotlb_add vhost_iotlb_add_range iotlb=$arg1:x64 start=$arg2:x64 last=$arg3:x64 addr=$arg4:x64 "
        "perm=$arg5:u32",
        "p:descry/iotlb_del vhost_iotlb_del_range iotlb=$arg1:x64 start=$arg2:x64 last=$arg3:x64",
    ]
    return lines


VHOST_OPTIONS = (
    '-e descry -e sched:sched_switch -f \'prev_comm ~ "vhost*" || next_comm ~ "vhost*"\' '
    "-e sched:sched_wakeup -f 'comm ~ \"vhost*\"'"
)
# What trace-cmd records of a host with KVM besides the probes: the kernel's own tracepoints.
KVM_OPTIONS = "-e descry " + " ".join(
    f"-e {event}"
    for event in (
        "sched:sched_switch",
        "sched:sched_waking",
        "kvm:kvm_entry",
        "kvm:kvm_exit",
        "kvm:kvm_userspace_exit",
        "kvm:kvm_vcpu_wakeup",
        "kvm:kvm_apic_accept_irq",
        "kvm:kvm_inj_virq",
    )
)
VHOST_SYMBOLS = " (vhost|handle_(tx|rx)|vq_meta|translate_desc|iotlb|eventfd|tun_|tap_|tracing_mark)"


def ring(series, machine_name, net=False, packed_names=False):
    """The guest's side of the ring."""
    at = offsets(RING, series)
    late = series in RETURN_SEES_ARGUMENTS
    queue = "dev=+0(+32($arg1)):s32 q=+40($arg1):u32 vq=$arg1:x64"
    position = (
        f"avail=+{at['avail']}($arg1):u16 pavail=+{at['pavail']}($arg1):u16 wrap=+{at['wrap']}($arg1):u8 "
        f"free_head=+{at['head']}($arg1):u32"
    )
    entry = f" {queue}" if late else ""
    lines = [
        f"p:descry/add_sgs virtqueue_add_sgs {queue} {position} out=$arg3:u32 in=$arg4:u32 token=$arg5:x64",
        f"r:descry/add_sgs_ret virtqueue_add_sgs{entry} ret=$retval:s32",
    ]
    for name in ("outbuf", "inbuf", "inbuf_ctx") if net else ():
        lines += [
            f"p:descry/add_{name} virtqueue_add_{name} {queue} {position} num=$arg3:u32 token=$arg4:x64",
            f"r:descry/add_{name}_ret virtqueue_add_{name}{entry} ret=$retval:s32",
        ]
    notify = NOTIFY[machine.MACHINES[machine_name].bus]
    lines += [
        f"p:descry/kick virtqueue_kick_prepare {queue} num_added=+{at['added']}($arg1):u32 "
        f"packed=+{at['packed']}($arg1):u8 "
        f"use_dma=+{at['dma']}($arg1):u8 num=+{at['num']}($arg1):u32 ring=+{at['ring']}($arg1):x64",
        f"r:descry/kick_ret virtqueue_kick_prepare{entry} need=$retval:u8",
        f"p:descry/notify {notify} {queue}",
        f"r:descry/notify_ret {notify}{entry} ret=$retval:u8",
    ]
    used = f"used=+{at['used']}($arg1):u16"
    done = f" {queue} {used} len=+0($arg2):u32" if late else ""
    for name in ("get_buf", "get_buf_ctx"):
        short = name.replace("_buf", "")
        lines += [
            f"p:descry/{short} virtqueue_{name} {queue} {used}",
            f"r:descry/{short}_ret virtqueue_{name}{done} token=$retval:x64",
        ]
    lines += [
        "p:descry/irq vring_interrupt irq=$arg1:s32 dev=+0(+32($arg2)):s32 q=+40($arg2):u32 vq=$arg2:x64",
        "r:descry/irq_ret vring_interrupt ret=$retval:s32",
        f"p:descry/vq_del vring_del_virtqueue {queue}",
    ]
    return lines


def dma(series):
    """DMA mappings and swiotlb; 6.1 has no tracepoints for the former."""
    old = series == "6.1"
    unmap = "swiotlb_tbl_unmap_single" if old else "__swiotlb_tbl_unmap_single"
    lines = [
        "p:descry/sw_map swiotlb_tbl_map_single hwdev=$arg1:x64 orig=$arg2:x64 size=$arg3:u64"
        + ("" if old else " dir=$arg5:u32"),
        "r:descry/sw_map_ret swiotlb_tbl_map_single tlb=$retval:x64",
        "p:descry/sw_copy swiotlb_bounce hwdev=$arg1:x64 tlb=$arg2:x64 size=$arg3:u64 dir=$arg4:u32",
        "r:descry/sw_copy_ret swiotlb_bounce",
        f"p:descry/sw_unmap {unmap} hwdev=$arg1:x64 tlb=$arg2:x64 size=$arg3:u64 dir=$arg4:u32",
        f"r:descry/sw_unmap_ret {unmap}",
        "p:descry/dma_map dma_map_page_attrs hwdev=$arg1:x64 off=$arg3:x64 size=$arg4:u64 dir=$arg5:u32",
        "p:descry/dma_unmap dma_unmap_page_attrs hwdev=$arg1:x64 dma=$arg2:x64 size=$arg3:u64 dir=$arg4:u32",
    ]
    if old:
        lines += [
            "r:descry/dma_map_ret dma_map_page_attrs dma=$retval:x64",
            "r:descry/dma_unmap_ret dma_unmap_page_attrs",
        ]
    return lines


RING_SYMBOLS = (
    " (tracing_mark|vring|virtqueue|virtio|virtblk|virtnet|vp_|vm_|swiotlb|__swiotlb|dma_map_page|dma_unmap"
    "|dma_direct|iommu_dma|blk_mq|dev_hard_start)"
)


def ring_options(series, net=False, with_dma=True):
    options = ["-e descry"]
    if with_dma:
        options += ["-e swiotlb", "-e iommu:map", "-e iommu:unmap"]
    if with_dma and series != "6.1":
        options += [
            f"-e dma:{name}"
            for name in ("dma_map_page", "dma_unmap_page", "dma_sync_single_for_cpu", "dma_sync_single_for_device")
        ]
    options += ["-e net:net_dev_start_xmit"] if net else ["-e block:block_rq_issue", "-e block:block_rq_complete"]
    return " ".join(options)


def with_fprobes(lines):
    """Fprobe events first, which do not skip hits that nest; kprobe events where the kernel has none."""
    for line in lines:
        if line.startswith("p:"):
            yield "f:" + line[2:]
            yield "|" + line
        elif line.startswith("r:"):
            name, function, *rest = line[2:].split(" ")
            yield " ".join([f"f:{name} {function}%return", *rest])
            yield "|" + line
        else:
            yield line
