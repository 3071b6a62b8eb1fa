// SPDX-License-Identifier: GPL-2.0-or-later
/* Guest side: mappings and bounces belong to the add or get around them. */
#ifndef DESCRY_PROBES_GUEST_DMA_H
#define DESCRY_PROBES_GUEST_DMA_H

#include "collector/probes/guest_state.h"

static __always_inline int bounced(u64 device, u64 size) {
  struct RingCall* call = openCall();
  if (!call) return 0;
  const u64 now = bpf_ktime_get_ns();
  RAW(bounced, now, {
    record->dev_addr = device;
    record->size = size;
  });
  call->hits++;
  call->bounces++;
  call->bounceBytes += size;
  call->bouncedAt = now;
  return 0;
}
SEC("raw_tp/swiotlb_bounced") int onBounced_tracepoint(struct bpf_raw_tracepoint_args* ctx) {
  MEASURED(bounced(ctx->args[1], ctx->args[2]));
}

static __always_inline int mapped(u64 physical, u64 dma, u64 size, u64 direction) {
  struct RingCall* call = openCall();
  if (!call) return 0;
  const u64 now = bpf_ktime_get_ns();
  RAW(mapped, now, {
    record->phys_addr = physical;
    record->dma_addr = dma;
    record->size = size;
    record->dir = direction;
  });
  call->hits++;
  call->dmaMaps++;
  call->dmaIdentity += physical == dma;
  if (call->bouncedAt) {
    /* Only the tracepoint was recorded: from the bounce to the end of the mapping is search and copy. */
    call->swiotlb += now - call->bouncedAt;
    call->swiotlbSeen = 1;
    call->bouncedAt = 0;
  }
  call->mapped = now;
  return 0;
}
SEC("raw_tp/dma_map_page") int onMapped_tracepoint(struct bpf_raw_tracepoint_args* ctx) {
  MEASURED(mapped(ctx->args[1], ctx->args[2], ctx->args[3], ctx->args[4]));
}
SEC("raw_tp/dma_map_phys") int onMappedPhys_tracepoint(struct bpf_raw_tracepoint_args* ctx) {
  MEASURED(mapped(ctx->args[1], ctx->args[2], ctx->args[3], ctx->args[4]));
}

/* Kernels without the tracepoints (6.1): the function that everybody maps with. What it was given is a page, whose
   number follows from where all pages are listed. */
#ifdef __TARGET_ARCH_x86
#define PAGE_BITS 12
extern const void vmemmap_base __ksym __weak;

SEC("fexit/dma_map_page_attrs") int onMapPage_fexit(void* ctx) {
  u64 dma = 0, pages = 0;
  if (!recording || !&vmemmap_base) return 0;
  bpf_get_func_ret(ctx, &dma);
  bpf_probe_read_kernel(&pages, sizeof(pages), &vmemmap_base);
  const u64 number = (argument(ctx, 1) - pages) / bpf_core_type_size(struct page);
  MEASURED(mapped((number << PAGE_BITS) + argument(ctx, 2), dma, argument(ctx, 3), (u32)argument(ctx, 4)));
}
#endif

static __always_inline void enterSwiotlb(struct RingCall* call, u64 now) {
  call->hits++;
  call->bouncedAt = 0;
  if (call->isGet && !call->unmapped) call->unmapped = now;
}

static __always_inline void leaveSwiotlb(struct RingCall* call, u64 now) {
  if (!call->swiotlbEntered) return;
  call->hits++;
  call->swiotlbSeen = 1;
  call->swiotlb += now - call->swiotlbEntered;
  call->swiotlbEntered = 0;
  if (!call->isGet) call->mapped = now;
}

static __always_inline int onBounceMap(u64 dev, u64 original, u64 size) {
  struct RingCall* call = openCall();
  if (!call) return 0;
  const u64 now = bpf_ktime_get_ns();
  RAW(sw_map, now, {
    record->orig = original;
    record->size = size;
  });
  if (!call->bouncedAt) {
    /* No tracepoint came before: this probe is the only witness of the bounce. */
    call->bounces++;
    call->bounceBytes += size;
  }
  enterSwiotlb(call, now);
  call->swiotlbEntered = now;
  return 0;
}
ON_ENTRY3(onBounceMap, "swiotlb_tbl_map_single", u64, u64, u64)

static __always_inline int onBounceMapped(u64 ret) {
  struct RingCall* call = openCall();
  if (!call) return 0;
  const u64 now = bpf_ktime_get_ns();
  RAW(sw_map_ret, now, record->tlb = ret);
  leaveSwiotlb(call, now);
  return 0;
}
SEC("fexit/swiotlb_tbl_map_single") int onBounceMapped_fexit(u64* ctx) {
  u64 ret = 0;
  if (wantRaw) bpf_get_func_ret(ctx, &ret);
  MEASURED(onBounceMapped(ret));
}
SEC("kretprobe/swiotlb_tbl_map_single") int BPF_KRETPROBE(onBounceMapped_kretprobe, u64 ret) {
  MEASURED(onBounceMapped(ret));
}

static __always_inline int onBounceUnmap(u64 dev, u64 slot, u64 size) {
  struct RingCall* call = openCall();
  if (!call) return 0;
  const u64 now = bpf_ktime_get_ns();
  RAW(sw_unmap, now, {
    record->tlb = slot;
    record->size = size;
  });
  enterSwiotlb(call, now);
  call->swiotlbEntered = now;
  return 0;
}
ON_ENTRY3(onBounceUnmap, "__swiotlb_tbl_unmap_single", u64, u64, u64)
static __always_inline int onBounceUnmapOld(u64 dev, u64 slot, u64 size) {
  return onBounceUnmap(dev, slot, size);
}
ON_ENTRY3(onBounceUnmapOld, "swiotlb_tbl_unmap_single", u64, u64, u64)

static __always_inline int onBounceUnmapped(void) {
  struct RingCall* call = openCall();
  if (!call) return 0;
  const u64 now = bpf_ktime_get_ns();
  RAW(sw_unmap_ret, now, );
  leaveSwiotlb(call, now);
  return 0;
}
SEC("fexit/__swiotlb_tbl_unmap_single") int onBounceUnmapped_fexit(void* ctx) {
  MEASURED(onBounceUnmapped());
}
SEC("kretprobe/__swiotlb_tbl_unmap_single") int onBounceUnmapped_kretprobe(void* ctx) {
  MEASURED(onBounceUnmapped());
}
SEC("fexit/swiotlb_tbl_unmap_single") int onBounceUnmappedOld_fexit(void* ctx) {
  MEASURED(onBounceUnmapped());
}
SEC("kretprobe/swiotlb_tbl_unmap_single") int onBounceUnmappedOld_kretprobe(void* ctx) {
  MEASURED(onBounceUnmapped());
}

static __always_inline int onCopy(u64 dev, u64 slot, u64 size, u64 direction) {
  struct RingCall* call = openCall();
  if (!call) return 0;
  const u64 now = bpf_ktime_get_ns();
  RAW(sw_copy, now, {
    record->tlb = slot;
    record->size = size;
    record->dir = (u32)direction;
  });
  enterSwiotlb(call, now);
  call->copies++;
  call->copyBytes += size;
  call->copyEntered = now;
  return 0;
}
SEC("fentry/swiotlb_bounce") int onCopy_fentry(void* ctx) {
  MEASURED(onCopy(argument(ctx, 0), argument(ctx, 1), argument(ctx, 2), argument(ctx, 3)));
}
SEC("kprobe/swiotlb_bounce") int BPF_KPROBE(onCopy_kprobe, u64 dev, u64 slot, u64 size, u64 direction) {
  MEASURED(onCopy(dev, slot, size, direction));
}
static __always_inline int onCopied(void) {
  struct RingCall* call = openCall();
  if (!call || !call->copyEntered) return 0;
  const u64 now = bpf_ktime_get_ns();
  RAW(sw_copy_ret, now, );
  call->hits++;
  call->swiotlbSeen = 1;
  call->swiotlbCopy += now - call->copyEntered;
  if (!call->swiotlbEntered) call->swiotlb += now - call->copyEntered;
  call->copyEntered = 0;
  if (!call->isGet) call->mapped = now;
  return 0;
}
SEC("fexit/swiotlb_bounce") int onCopied_fexit(void* ctx) {
  MEASURED(onCopied());
}
SEC("kretprobe/swiotlb_bounce") int onCopied_kretprobe(void* ctx) {
  MEASURED(onCopied());
}

#endif
