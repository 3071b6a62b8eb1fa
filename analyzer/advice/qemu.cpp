// SPDX-License-Identifier: GPL-2.0-or-later
// QEMU's command line. The test advice.qemu runs what is said here against the help of the installed QEMU.
#include <fmt/format.h>

#include <array>

#include "analyzer/advice/tables.hpp"

namespace descry {

namespace {

constexpr std::string_view kVirtio = "https://github.com/qemu/qemu/blob/master/include/hw/virtio/virtio.h";
constexpr std::string_view kNet = "https://github.com/qemu/qemu/blob/master/hw/net/virtio-net.c";
constexpr std::string_view kBlk = "https://github.com/qemu/qemu/blob/master/hw/block/virtio-blk.c";
constexpr std::string_view kScsi = "https://github.com/qemu/qemu/blob/master/hw/scsi/virtio-scsi.c";
constexpr std::string_view kFs = "https://github.com/qemu/qemu/blob/master/hw/virtio/vhost-user-fs.c";
constexpr std::string_view kNetdev = "https://github.com/qemu/qemu/blob/master/qapi/net.json";
constexpr std::string_view kObject = "https://github.com/qemu/qemu/blob/master/qapi/qom.json";
constexpr std::string_view kOptions = "https://www.qemu.org/docs/master/system/invocation.html";
constexpr std::string_view kIoeventfd = "net blk scsi console rng 9p";

constexpr std::array kEntries = {
    Entry{Knob::AccessPlatform, "", "", "", "-device {model},iommu_platform={value}", "", "", kVirtio},
    Entry{Knob::Vhost, "", "net", "", "-netdev tap,...,vhost={value}", "", "", kNetdev},
    Entry{Knob::Vhost, "off", "vsock", "", "", "its only vsock device is vhost's", "", kVirtio},
    Entry{Knob::IoThread, "", "blk scsi", "", "-object iothread,id=io0 -device {model},iothread=io0", "", "", kBlk},
    Entry{Knob::IoThread, "", "net", "", "-netdev tap,...,vhost=on",
          "a network device has no iothread; vhost is a thread", "", kNetdev},
    Entry{Knob::IoThread, "", "", "", "", "this device runs in the main loop or in vhost", "", kNet},
    Entry{Knob::QueueThreads, "", "blk", "", "-device {model},iothread-vq-mapping=...", "as JSON", "9.0", kBlk},
    Entry{Knob::QueueThreads, "", "net", "", "-netdev tap,...,queues=N -device {model},mq=on",
          "with vhost, each pair of queues has a thread", "", kNetdev},
    Entry{Knob::Queues, "", "net", "", "-netdev tap,...,queues={value} -device {model},mq=on", "", "", kNetdev},
    Entry{Knob::Queues, "", "blk", "", "-device {model},num-queues={value}", "", "", kBlk},
    Entry{Knob::Queues, "", "scsi", "", "-device {model},num_queues={value}", "", "", kScsi},
    Entry{Knob::Queues, "", "fs", "", "-device {model},num-request-queues={value}", "", "", kFs},
    Entry{Knob::RingSize, "", "blk", "", "-device {model},queue-size={value}", "", "", kBlk},
    Entry{Knob::RingSize, "", "scsi", "", "-device {model},virtqueue_size={value}", "", "", kScsi},
    Entry{Knob::RingSize, "", "fs", "", "-device {model},queue-size={value}", "", "", kFs},
    Entry{Knob::RxRingSize, "", "net", "", "-device {model},rx_queue_size={value}", "", "", kNet},
    Entry{Knob::TxRingSize, "", "net", "", "-device {model},tx_queue_size={value}",
          "more than 256 only with vhost-user or vDPA", "", kNet},
    Entry{Knob::Ioeventfd, "", kIoeventfd, "mmio", "-global virtio-mmio.ioeventfd={value}", "", "", kVirtio},
    Entry{Knob::Ioeventfd, "", kIoeventfd, "", "-device {model},ioeventfd={value}", "", "", kVirtio},
    Entry{Knob::Packed, "", "", "", "-device {model},packed={value}", "", "", kVirtio},
    Entry{Knob::Indirect, "", "", "", "-device {model},indirect_desc={value}", "", "", kVirtio},
    Entry{Knob::EventIdx, "", "", "", "-device {model},event_idx={value}", "", "", kVirtio},
    Entry{Knob::Poll, "", "net", "", "-netdev tap,...,poll-us=50", "with vhost", "2.7", kNetdev},
    Entry{Knob::Poll, "", "blk scsi", "", "-object iothread,id=io0,poll-max-ns=32768",
          "with iothread=io0 for the device", "", kObject},
    Entry{Knob::HugePages, "", "", "", "-mem-path /dev/hugepages", "", "", kOptions},
    Entry{Knob::VcpuCpu, "", "", "", "taskset -cp <cpu> <tid>", "info cpus of the monitor has the tids", "", kOptions},
    Entry{Knob::MainThreadCpu, "", "", "", "taskset -cp <cpu> <pid of QEMU>", "", "", kOptions},
};

}  // namespace

const AdviceTable kQemuAdvice{"QEMU", false, "", kEntries};

std::string qemuModel(const AdvisedDevice& device) {
  // As 'qemu-system-x86_64 -device help' and 'qemu-system-s390x -device help' of QEMU 7.2 to 10.0 list them.
  struct Model {
    std::string_view kind, name;
    bool onCcw, onMmio;
  };
  static constexpr Model kModels[] = {
      {"net", "virtio-net", true, true},        {"blk", "virtio-blk", true, true},
      {"scsi", "virtio-scsi", true, true},      {"console", "virtio-serial", true, true},
      {"rng", "virtio-rng", true, true},        {"balloon", "virtio-balloon", true, true},
      {"9p", "virtio-9p", true, true},          {"gpu", "virtio-gpu", true, true},
      {"input", "virtio-keyboard", true, true}, {"vsock", "vhost-vsock", true, true},
      {"crypto", "virtio-crypto", true, true},  {"fs", "vhost-user-fs", true, true},
      {"iommu", "virtio-iommu", false, true},   {"i2c", "vhost-user-i2c", false, true},
      {"gpio", "vhost-user-gpio", false, true}, {"mem", "virtio-mem", false, false},
      {"pmem", "virtio-pmem", false, false},    {"sound", "virtio-sound", false, true}};
  const bool ccw = device.transport == "ccw", mmio = device.transport == "mmio";
  for (const Model& model : kModels)
    if (model.kind == device.kind && (!ccw || model.onCcw) && (!mmio || model.onMmio))
      return fmt::format("{}-{}", model.name, ccw ? "ccw" : mmio ? "device" : "pci");
  return "...";
}

}  // namespace descry
