// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/facts/apply_facts.hpp"
#include "collector/facts/virtio_names.hpp"

namespace descry {

namespace {

void setDmaApi(DeviceRow& device, const DeviceFacts* facts) {
  if (!seen(device.dmaApi) && facts)
    for (const QueueFacts& queue : facts->queues)
      if (queue.usesDma) device.dmaApi = *queue.usesDma ? 1 : 0;
  // vring_use_dma_api(): with ACCESS_PLATFORM always, without it only under Xen.
  if (!seen(device.dmaApi) && device.accessPlatform == 1) device.dmaApi = 1;
  if (!seen(device.accessPlatform) && device.dmaApi == 0) device.accessPlatform = 0;
  if (device.dmaApi == 1 && device.accessPlatform == 1)
    device.dmaApiReason = "VIRTIO_F_ACCESS_PLATFORM is negotiated";
  else if (device.dmaApi == 0 && device.accessPlatform == 0 && facts && facts->features)
    device.dmaApiReason = "VIRTIO_F_ACCESS_PLATFORM is not negotiated";
}

void setTranslation(DeviceRow& device, Translation translation, std::string_view reason) {
  device.translation = wordOf(translation);
  device.translationReason = reason;
}

}  // namespace

void applyTranslation(DeviceRow& device, const DeviceFacts* facts, Backend backend) {
  setDmaApi(device, facts);
  if (device.translation) return;
  if (device.accessPlatform == 0) {
    const bool said = facts && (facts->features || facts->accessPlatform);
    return setTranslation(device, Translation::NotInPath,
                          said ? "VIRTIO_F_ACCESS_PLATFORM is not negotiated: the device uses guest physical addresses"
                               : "the guest's ring bypasses the DMA API: the device uses guest physical addresses");
  }
  // From here on the flag is on or unknown. The kernel's vhost then goes through its device IOTLB even where nothing
  // is to be translated, so for it only the host's events decide.
  if (device.accessPlatform != 1 || backend.vhost || !backend.qemu) return;
  if (device.transport == "ccw") return setTranslation(device, Translation::NotInPath, "virtio-ccw has no IOMMU");
  if (device.transport == "mmio")
    return setTranslation(device, Translation::NotInPath, "virtio-mmio has no IOMMU under QEMU");
  if (!device.iommuGroupType) return;
  if (device.iommuGroupType->starts_with("DMA"))
    setTranslation(device, Translation::Viommu,
                   "the guest maps the device's memory through an IOMMU (group type " + *device.iommuGroupType + ")");
  else
    setTranslation(device, Translation::NotInPath,
                   *device.iommuGroupType == "none" ? "the guest has no IOMMU for the device"
                                                    : "the guest's IOMMU passes the device's addresses through");
}

}  // namespace descry
