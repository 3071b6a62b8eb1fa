// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/facts/virtio_names.hpp"

#include <gtest/gtest.h>

namespace descry {
namespace {

TEST(VirtioNames, RecogniseTheTransportByTheParent) {
  EXPECT_EQ(transportOfParent("0000:00:02.0"), "pci");
  EXPECT_EQ(transportOfParent("10000:e1:1f.7"), "pci");
  EXPECT_EQ(transportOfParent("0.0.0001"), "ccw");
  EXPECT_EQ(transportOfParent("fe.3.c0de"), "ccw");
  EXPECT_EQ(transportOfParent("LNRO0005:00"), "mmio");
  EXPECT_EQ(transportOfParent("a003e00.virtio_mmio"), "mmio");
  EXPECT_EQ(transportOfParent("virtio-mmio.3"), "mmio");
  EXPECT_EQ(transportOfParent("usb1"), std::nullopt);
  EXPECT_EQ(transportOfParent(""), std::nullopt);
}

TEST(VirtioNames, CountNetQueuesInPairs) {
  EXPECT_EQ(queueName("net", 0, 3, std::nullopt), "rx0");
  EXPECT_EQ(queueName("net", 1, 3, std::nullopt), "tx0");
  EXPECT_EQ(queueName("net", 2, 3, std::nullopt), "ctrl");
  EXPECT_EQ(queueName("net", 2, 3, false), "rx1");
  EXPECT_EQ(queueName("net", 2, 4, true), "rx1");
  EXPECT_EQ(queueName("net", 3, 5, true), "tx1");
  EXPECT_EQ(queueName("net", 4, 5, true), "ctrl");
}

TEST(VirtioNames, CountRequestQueuesAfterTheFixedOnes) {
  EXPECT_EQ(queueName("blk", 1, 2, std::nullopt), "req1");
  EXPECT_EQ(queueName("scsi", 0, 3, std::nullopt), "ctrl");
  EXPECT_EQ(queueName("scsi", 2, 3, std::nullopt), "req0");
  EXPECT_EQ(queueName("fs", 1, 2, std::nullopt), "req0");
  EXPECT_EQ(queueName("vsock", 2, 3, std::nullopt), "event");
  EXPECT_EQ(queueName("rng", 0, 1, std::nullopt), "q0");
}

TEST(VirtioNames, KnowQemusDevices) {
  EXPECT_EQ(qemuDriver("virtio-keyboard-pci")->type, 18);
  EXPECT_EQ(qemuDriver("virtio-gpu-gl-pci")->type, 16);
  EXPECT_EQ(qemuDriver("virtio-blk-ccw")->transport, "ccw");
  EXPECT_EQ(qemuDriver("virtio-net-device")->transport, "mmio");
  EXPECT_EQ(qemuDriver("virtio-net")->transport, std::nullopt);
  EXPECT_TRUE(qemuDriver("vhost-user-blk-pci-non-transitional")->modernOnly);
  EXPECT_FALSE(qemuDriver("e1000"));
  EXPECT_FALSE(qemuDriver("virtio-unheard-pci"));
}

}  // namespace
}  // namespace descry
