// SPDX-License-Identifier: GPL-2.0-or-later
// Programs with getters as QEMU has them: the compiler says where the members are, the derivation must find them.
#include "collector/vmm/qemu_layout.hpp"

#include <gmock/gmock.h>

#include <cstddef>

#include "schemas/model/error.hpp"
#include "tests/unit/error_of.hpp"

namespace plain {
#include "tests/unit/qemu_like.h"
}
#undef DESCRY_TESTS_QEMU_LIKE_H
#undef PADDING
#undef OTHER
#define PADDING 1
namespace padded {
#include "tests/unit/qemu_like.h"
}

namespace descry {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

#define EXPECT_LAYOUT(layout, source)                                                 \
  EXPECT_EQ((layout).queueBytes, sizeof(source::VirtQueue));                          \
  EXPECT_EQ((layout).deviceQueues, offsetof(source::VirtIODevice, vq));               \
  EXPECT_EQ((layout).deviceFeatures, offsetof(source::VirtIODevice, guest_features)); \
  EXPECT_EQ((layout).deviceId, offsetof(source::VirtIODevice, device_id));            \
  EXPECT_EQ((layout).ringSize, offsetof(source::VirtQueue, vring.num));               \
  EXPECT_EQ((layout).ringAddress, offsetof(source::VirtQueue, vring.desc));           \
  EXPECT_EQ((layout).lastAvail, offsetof(source::VirtQueue, last_avail_idx));         \
  EXPECT_EQ((layout).queueIndex, offsetof(source::VirtQueue, queue_index));           \
  EXPECT_EQ((layout).vector, offsetof(source::VirtQueue, vector));                    \
  EXPECT_EQ((layout).queueDevice, offsetof(source::VirtQueue, vdev));                 \
  EXPECT_EQ((layout).guestNotifier, offsetof(source::VirtQueue, guest_notifier));     \
  EXPECT_EQ((layout).hostNotifier, offsetof(source::VirtQueue, host_notifier));       \
  EXPECT_EQ((layout).elementOut, offsetof(source::VirtQueueElement, out_num));        \
  EXPECT_EQ((layout).elementIn, offsetof(source::VirtQueueElement, in_num))

TEST(QemuLayoutTest, GettersSayWhereTheMembersAre) {
  EXPECT_LAYOUT(deriveQemuLayout(ProgramFile(QEMU_LIKE)), plain);
}

TEST(QemuLayoutTest, AnotherVersionHasThemElsewhere) {
  EXPECT_LAYOUT(deriveQemuLayout(ProgramFile(QEMU_LIKE_PADDED)), padded);
}

TEST(QemuLayoutTest, TheTwoFunctionsThatPopEndsInAreProbed) {
  const ProgramFile program(QEMU_LIKE);
  EXPECT_THAT(workersOf(program, "virtqueue_pop", 2), SizeIs(2));
  EXPECT_THAT(workersOf(program, "virtqueue_detach_element", 1), SizeIs(1));
  EXPECT_THAT(workersOf(program, "virtqueue_detach_element", 2), IsEmpty());
}

TEST(QemuLayoutTest, AProbeStandsBehindTheLandingPadOfAnIndirectBranch) {
  const ProgramFile program(QEMU_LIKE_PADDED);  // built with -fcf-protection
  const auto function = program.function("virtqueue_pop");
  ASSERT_TRUE(function);
  EXPECT_EQ(probeOffset(program, *function), program.fileOffset(function->address) + 4);
  const ProgramFile without(QEMU_LIKE);
  EXPECT_EQ(probeOffset(without, *without.function("virtqueue_pop")),
            without.fileOffset(without.function("virtqueue_pop")->address));
}

TEST(QemuLayoutTest, AProgramWithoutAGetterIsRefusedByItsName) {
  EXPECT_THAT(errorOf([] { deriveQemuLayout(ProgramFile(QEMU_LIKE_STRIPPED)); }),
              HasSubstr("does not export virtio_queue_get_host_notifier"));
  EXPECT_THAT(errorOf([] { deriveQemuLayout(ProgramFile("/bin/sh")); }), HasSubstr("does not export"));
}

TEST(QemuLayoutTest, OffsetsInAnotherOrderThanTheSourceHasAreRefused) {
  EXPECT_THAT(errorOf([] { deriveQemuLayout(ProgramFile(QEMU_LIKE_IMPLAUSIBLE)); }),
              HasSubstr("members of a queue do not come in the order of the source"));
}

TEST(QemuLayoutTest, StaticTracePointsAreSeenByTheirNames) {
  const ProgramFile library("/usr/lib/x86_64-linux-gnu/libstdc++.so.6");  // Debian builds it with some
  EXPECT_TRUE(library.hasTracePoint("libstdcxx", "catch"));
  EXPECT_FALSE(library.hasTracePoint("libstdcxx", "virtqueue_pop"));
}

TEST(QemuLayoutTest, WhatIsNoProgramIsRefused) {
  EXPECT_THAT(errorOf([] { ProgramFile(DESCRY_SOURCE_DIR "/README.md"); }), HasSubstr("expected an ELF program"));
}

}  // namespace
}  // namespace descry
