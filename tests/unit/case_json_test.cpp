// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "collector/facts/facts_file.hpp"
#include "tests/unit/error_of.hpp"

namespace descry {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr std::string_view kCase = R"({
  "transport": "ccw",
  "guest": {"kernel": "Linux 6.1 s390x", "boot_parameters": "swiotlb=force", "kprobes_missed_because_nested": 3,
            "kprobe_missed_by_event": {"get": 2, "irq": 1},
            "ring_buffer_stats": {"cpu1": {"overrun": 7, "commit overrun": 0, "dropped events": 2}},
            "event_definitions": ["r10:descry/notify_ret virtio_ccw_kvm_notify ret=$retval:u8",
                                  "f:descry/get_ret virtqueue_get_buf%return token=$retval:x64"]},
  "host": {"backend": "QEMU userspace device"},
  "devices": [{"guest_name": "virtio1", "device_type": 2, "parent": "0.0.0001", "iommu_group_type": "none",
               "negotiated_features": "0x330006e54", "access_platform": true, "driver_active_while_recording": true,
               "queues": {"0": {"packed": "0", "use_dma": "1", "num": "256", "ring": "0x2d9c000"}}}],
  "qemu_devices": [{"id": "out", "guest_name": "virtio1", "queues": [{"queue-index": 1, "vring-num": 128, "vring-desc": 4096}]},
                   {"id": "unknown to the guest"}]
})";

TEST(CaseJson, ReadsDevicesAndSides) {
  const MachineFacts facts = parseCaseJson(kCase, "case.json");
  EXPECT_EQ(facts.transport, "ccw");
  ASSERT_THAT(facts.devices, SizeIs(1));
  const DeviceFacts& device = facts.devices.front();
  EXPECT_EQ(device.features, 0x330006e54U);
  EXPECT_EQ(device.accessPlatform, true);
  EXPECT_EQ(device.vmmId, "out");
  ASSERT_THAT(device.queues, SizeIs(2));
  EXPECT_EQ(device.queues[0].size, 256);
  EXPECT_EQ(device.queues[0].usesDma, true);
  EXPECT_EQ(device.queues[1].size, 128);
  EXPECT_EQ(device.queues[1].ring, "0x1000");
  EXPECT_EQ(facts.guest.probesMissed, 3);
  EXPECT_EQ(facts.guest.overwritten.at(1), 7);
  EXPECT_EQ(facts.guest.dropped.at(1), 2);
  EXPECT_EQ(facts.guest.probedFunctions.at("notify_ret"), "virtio_ccw_kvm_notify");
  EXPECT_EQ(facts.guest.probedFunctions.at("get_ret"), "virtqueue_get_buf");
  EXPECT_EQ(facts.host.backend, "QEMU userspace device");
}

TEST(CaseJson, SaysWhereAValueIsWrong) {
  EXPECT_THAT(errorOf([] { parseCaseJson(R"({"devices": [{"guest_name": "virtio0", "parent": 5}]})", "f"); }),
              HasSubstr("f: devices[0].parent: expected text, found 5"));
  EXPECT_THAT(errorOf([] { parseCaseJson(R"({"devices": {}})", "f"); }), HasSubstr("f: devices: expected a list"));
  EXPECT_THAT(errorOf([] { parseCaseJson(R"({"transport": "isa"})", "f"); }), HasSubstr("expected pci, ccw"));
  EXPECT_THAT(errorOf([] { parseCaseJson(R"({"guest": {"kprobes_missed_because_nested": -1}})", "f"); }),
              HasSubstr("not negative"));
  EXPECT_THAT(errorOf([] { parseCaseJson(R"({"guest": )", "f"); }), HasSubstr("not valid JSON at byte"));
  EXPECT_THAT(errorOf([] { parseCaseJson(R"({"other": 1})", "f"); }), HasSubstr("no device facts"));
}

}  // namespace
}  // namespace descry
