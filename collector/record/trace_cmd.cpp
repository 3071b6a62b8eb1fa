// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/record/trace_cmd.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>

#include "schemas/model/error.hpp"

namespace descry {

namespace {

std::string guestQueue(const KernelOffsets& k, int argument) {
  return fmt::format("dev=+0(+{0}($arg{2})):s32 q=+{1}($arg{2}):u32 vq=$arg{2}:x64", k.vqDevice, k.vqIndex, argument);
}

class Definitions {
 public:
  explicit Definitions(const KernelOffsets& offsets) : m_offsets(offsets) {}

  /// What follows may be missing in a kernel of this kind: the script does not say so.
  void nextAreOptional(bool are = true) { m_optional = are; }

  void entry(std::string_view event, std::string_view function, const std::string& fields) {
    add(fmt::format("p:descry/{} {}{}{}", event, function, fields.empty() ? "" : " ", fields));
  }
  /// `arguments` only where a return event can carry them.
  void onReturn(std::string_view event, std::string_view function, const std::string& arguments,
                const std::string& fields) {
    std::string all = m_offsets.returnArguments ? arguments : "";
    if (!all.empty() && !fields.empty()) all += ' ';
    all += fields;
    add(fmt::format("r10:descry/{} {}{}{}", event, function, all.empty() ? "" : " ", all));
  }

  std::vector<KprobeDefinition> lines;

 private:
  void add(std::string text) { lines.push_back({std::move(text), m_optional}); }

  const KernelOffsets& m_offsets;
  bool m_optional = false;
};

/// Some of them are there. Events of one name and with the same fields may have several functions.
std::vector<const char*> notifyFunctions(std::string_view architecture) {
  if (architecture.starts_with("s390"))
    return {"virtio_ccw_kvm_notify", "virtio_ccw_kvm_notify_with_data", "vp_notify", "vp_notify_with_data"};
  return {"vp_notify", "vp_notify_with_data", "vm_notify", "vm_notify_with_data"};
}

/// Adds beside virtqueue_add_KIND, by the event that stands for the same.
constexpr std::pair<const char*, const char*> kMoreAdds[] = {{"outbuf", "virtqueue_add_outbuf_premapped"},
                                                             {"inbuf", "virtqueue_add_inbuf_premapped"},
                                                             {"inbuf", "virtqueue_add_inbuf_cache_clean"}};

std::vector<KprobeDefinition> guestDefinitions(const KernelOffsets& k, std::string_view architecture) {
  Definitions d(k);
  const std::string queue = guestQueue(k, 1);
  const std::string position = fmt::format(
      "avail=+{}($arg1):u16 pavail=+{}($arg1):u16 wrap=+{}($arg1):u8 "
      "free_head=+{}($arg1):u32",
      k.availShadow, k.packedAvail, k.packedWrap, k.freeHead);
  const std::string used = fmt::format("{} used=+{}($arg1):u16", queue, k.lastUsed);
  d.entry("add_sgs", "virtqueue_add_sgs",
          fmt::format("{} {} out=$arg3:u32 in=$arg4:u32 token=$arg5:x64", queue, position));
  d.onReturn("add_sgs_ret", "virtqueue_add_sgs", queue, "ret=$retval:s32");
  const auto add = [&](std::string_view kind, std::string_view function) {
    d.entry(fmt::format("add_{}", kind), function, fmt::format("{} {} num=$arg3:u32 token=$arg4:x64", queue, position));
    d.onReturn(fmt::format("add_{}_ret", kind), function, queue, "ret=$retval:s32");
  };
  for (const char* kind : {"outbuf", "inbuf", "inbuf_ctx"}) add(kind, fmt::format("virtqueue_add_{}", kind));
  d.nextAreOptional();
  for (const auto& [kind, function] : kMoreAdds) add(kind, function);
  d.nextAreOptional(false);
  d.entry("kick", "virtqueue_kick_prepare",
          fmt::format("{} num_added=+{}($arg1):u32 packed=+{}($arg1):u8 use_dma=+{}($arg1):u8 num=+{}($arg1):u32 "
                      "ring=+{}($arg1):x64",
                      queue, k.numAdded, k.packed, k.usesDma, k.ringSize, k.ringAddress));
  d.onReturn("kick_ret", "virtqueue_kick_prepare", queue, "need=$retval:u8");
  d.nextAreOptional();
  for (const char* function : notifyFunctions(architecture)) {
    d.entry("notify", function, queue);
    d.onReturn("notify_ret", function, queue, "ret=$retval:u8");
  }
  d.nextAreOptional(false);
  for (const auto& [event, function] : {std::pair{"get", "virtqueue_get_buf"}, {"get_ctx", "virtqueue_get_buf_ctx"}}) {
    d.entry(event, function, used);
    d.onReturn(fmt::format("{}_ret", event), function, used + " len=+0($arg2):u32", "token=$retval:x64");
  }
  d.entry("irq", "vring_interrupt", "irq=$arg1:s32 " + guestQueue(k, 2));
  d.onReturn("irq_ret", "vring_interrupt", "", "ret=$retval:s32");
  d.entry("vq_del", "vring_del_virtqueue", queue);
  d.entry(
      "sw_map", "swiotlb_tbl_map_single",
      std::string("hwdev=$arg1:x64 orig=$arg2:x64 size=$arg3:u64") + (k.bounceWithoutAlloc ? " dir=$arg5:u32" : ""));
  d.onReturn("sw_map_ret", "swiotlb_tbl_map_single", "", "tlb=$retval:x64");
  const std::string slot = "hwdev=$arg1:x64 tlb=$arg2:x64 size=$arg3:u64 dir=$arg4:u32";
  const char* unmap = k.bounceWithoutAlloc ? "__swiotlb_tbl_unmap_single" : "swiotlb_tbl_unmap_single";
  d.entry("sw_copy", "swiotlb_bounce", slot);
  d.onReturn("sw_copy_ret", "swiotlb_bounce", "", "");
  d.entry("sw_unmap", unmap, slot);
  d.onReturn("sw_unmap_ret", unmap, "", "");
  d.entry("dma_map", "dma_map_page_attrs", "hwdev=$arg1:x64 off=$arg3:x64 size=$arg4:u64 dir=$arg5:u32");
  if (!k.bounceWithoutAlloc) d.onReturn("dma_map_ret", "dma_map_page_attrs", "", "dma=$retval:x64");
  d.entry("dma_unmap", "dma_unmap_page_attrs", "hwdev=$arg1:x64 dma=$arg2:x64 size=$arg3:u64 dir=$arg4:u32");
  if (!k.bounceWithoutAlloc) d.onReturn("dma_unmap_ret", "dma_unmap_page_attrs", "", "");
  return std::move(d.lines);
}

std::vector<KprobeDefinition> hostDefinitions(const KernelOffsets& k, std::string_view architecture) {
  Definitions d(k);
  const std::string vq = "vq=$arg1:x64";
  const std::string avail = fmt::format("{} avail=+{}($arg1):u16", vq, k.vhostLastAvail);
  d.entry("set_owner", "vhost_dev_set_owner", "hdev=$arg1:x64");
  d.entry("vring_ioctl", "vhost_vring_ioctl",
          fmt::format("hdev=$arg1:x64 cmd=$arg2:x32 index=+u0($arg3):u32 num=+u4($arg3):u32 vq0=+0(+{0}($arg1)):x64 "
                      "vq1=+8(+{0}($arg1)):x64",
                      k.vhostQueues));
  d.entry("kick", "vhost_poll_wakeup", "wait=$arg1:x64 key=$arg4:x32");
  for (const char* name : {"tx_kick", "rx_kick", "tx_net", "rx_net"}) {
    d.entry(name, fmt::format("handle_{}", name), "work=$arg1:x64");
    d.onReturn(fmt::format("{}_ret", name), fmt::format("handle_{}", name), "", "");
  }
  d.entry("prefetch", "vq_meta_prefetch", avail);
  d.onReturn("prefetch_ret", "vq_meta_prefetch", vq, "ret=$retval:s32");
  const char* fetch = k.fetchesSeveral ? "vhost_get_vq_desc_n" : "vhost_get_vq_desc";
  d.entry("get_desc", fetch,
          fmt::format("{0} used=+{1}($arg1):u16 hdev=+0($arg1):x64 vq0=+0(+{2}(+0($arg1))):x64 "
                      "vq1=+8(+{2}(+0($arg1))):x64 num=+{3}($arg1):u32 ring=+{4}($arg1):x64 features=+{5}($arg1):x64",
                      avail, k.vhostLastUsed, k.vhostQueues, k.vhostSize, k.vhostRing, k.vhostFeatures));
  d.onReturn("get_desc_ret", fetch, avail + " out=+0($arg4):u32 in=+0($arg5):u32", "ret=$retval:s32");
  d.entry("discard", "vhost_discard_vq_desc", fmt::format("{} n=$arg2:s32", avail));
  d.entry(
      "add_used", "vhost_add_used_n",
      fmt::format("{} used=+{}($arg1):u16 count=$arg{}:u32 id0=+0($arg2):u32 len0=+4($arg2):u32 call=+{}($arg1):x64",
                  vq, k.vhostLastUsed, k.usedCount, k.vhostCall));
  d.entry("eventfd", k.returnArguments ? "eventfd_signal_mask" : "eventfd_signal", "ctx=$arg1:x64");
  const bool amd64 = architecture == "x86_64" || architecture == "amd64";
  d.entry("miss", "vhost_iotlb_miss.isra.0",
          amd64 ? "vq=%di:x64 iova=%si:x64 access=%dx:u32" : "vq=$arg1:x64 iova=$arg2:x64 access=$arg3:u32");
  d.onReturn("chr_read_ret", "vhost_chr_read_iter", "hdev=$arg1:x64", "ret=$retval:s64");
  d.entry("chr_write", "vhost_chr_write_iter", "hdev=$arg1:x64");
  d.onReturn("chr_write_ret", "vhost_chr_write_iter", "hdev=$arg1:x64", "ret=$retval:s64");
  d.entry("iotlb_add", "vhost_iotlb_add_range", "start=$arg2:x64 last=$arg3:x64 addr=$arg4:x64");
  d.entry("iotlb_del", "vhost_iotlb_del_range", "start=$arg2:x64 last=$arg3:x64");
  return std::move(d.lines);
}

}  // namespace

std::vector<KprobeDefinition> kprobeDefinitions(const TraceCmdOptions& options) {
  const bool guest = options.side == Side::Guest;
  const auto tells = [guest](const std::optional<KernelOffsets>& offsets) {
    return offsets && (guest ? offsets->knowsGuest() : offsets->knowsHost());
  };
  const auto known = tells(options.offsets) ? options.offsets : offsetsOf(options.release);
  if (!tells(known))
    throw Error(fmt::format(
        "the structure offsets of kernel {} are not known, only those of Debian's {}: give its BTF with --btf FILE, a copy "
        "of /sys/kernel/btf/vmlinux there, and with another --btf that of its module, /sys/kernel/btf/{}",
        options.release, fmt::join(kernelsWithOffsets(), ", "), guest ? "virtio_ring" : "vhost"));
  return guest ? guestDefinitions(*known, options.architecture) : hostDefinitions(*known, options.architecture);
}

bool isUnameWord(std::string_view text) {
  constexpr std::size_t kMost = 64;  // __NEW_UTS_LEN
  return !text.empty() && text.size() <= kMost && std::ranges::all_of(text, [](unsigned char c) {
    return c < 0x80 &&
           (std::isalnum(c) != 0 || std::string_view("._+-~").find(static_cast<char>(c)) != std::string_view::npos);
  });
}

std::string traceCmdScript(const TraceCmdOptions& options) {
  for (const std::string& word : {options.release, options.architecture})
    if (!isUnameWord(word)) throw Error(fmt::format("\"{}\" is not what uname -r or uname -m says of a kernel", word));
  const bool guest = options.side == Side::Guest;
  std::string text = fmt::format(
      "#!/bin/sh\n"
      "# Records the {} side of virtio rings of a Linux {} ({}) with trace-cmd: sh SCRIPT [COMMAND...]\n"
      "# Then: descry import --{} trace.dat ...\n"
      "T=/sys/kernel/tracing\n"
      "[ -e $T/kprobe_events ] || mount -t tracefs tracefs $T\n"
      "probe() {{ echo \"$1\" >> $T/kprobe_events 2>/dev/null || echo \"refused: $1\" >&2; }}\n"
      "maybe() {{ echo \"$1\" >> $T/kprobe_events 2>/dev/null || :; }}\n",
      guest ? "guest" : "host", options.release, options.architecture, guest ? "guest" : "host");
  for (const KprobeDefinition& line : kprobeDefinitions(options))
    text += fmt::format("{} '{}'\n", line.optional ? "maybe" : "probe", line.text);
  text += "events=\"-e descry\"\n";
  if (guest)
    text +=
        "grep -q 'descry/notify ' $T/kprobe_events || echo 'refused: every function that rings a doorbell' >&2\n"
        "for e in swiotlb dma:dma_map_page dma:dma_map_phys dma:dma_unmap_page dma:dma_unmap_phys iommu:map "
        "iommu:unmap; do\n"
        "  [ -d $T/events/$(echo $e | tr : /) ] && events=\"$events -e $e\"\n"
        "done\n"
        "for d in /sys/bus/virtio/devices/*; do\n"
        "  p=$(readlink -f $d/..); g=$(cat $p/iommu_group/type 2>/dev/null || echo none)\n"
        "  printf '%s id=%s features=%s status=%s ' $(basename $d) $(cat $d/device $d/features $d/status)\n"
        "  echo parent=$(basename $p) iommu_group=$g\n"
        "done > virtio-devices\n";
  text +=
      "trace-cmd record -C mono $events -o trace.dat \"$@\"\n"
      "cp $T/kprobe_profile kprobe_profile\n"
      "for e in $T/events/descry/*/; do echo 0 > $e/enable; echo \"-:descry/$(basename $e)\" >> $T/kprobe_events; "
      "done\n";
  return text;
}

}  // namespace descry
