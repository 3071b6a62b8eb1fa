// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/fold_fixture.hpp"

namespace descry {
namespace {

constexpr std::uint64_t kDevice = 0xd0, kVq = 0x70;

class QemuFoldTest : public FoldFixture {
 protected:
  void SetUp() override {
    FoldFixture::SetUp();
    begin(Side::Host);
  }
  void notify(Ns at, std::int32_t tid = 100) {
    event(at, EventKind::QemuNotify, {{Field::Device, kDevice}, {Field::Queue, 0}, {Field::Vq, kVq}}, tid);
  }
  void pop(Ns at, std::uint64_t element) {
    event(at, EventKind::QemuPop, {{Field::Vq, kVq}, {Field::Out, 1}, {Field::In, 2}, {Field::Element, element}});
  }
  void fill(Ns at, std::uint64_t element, std::uint64_t index = 0) {
    event(at, EventKind::QemuFill,
          {{Field::Vq, kVq}, {Field::Element, element}, {Field::Length, 513}, {Field::Value, index}});
  }
  void flush(Ns at) { event(at, EventKind::QemuFlush, {{Field::Vq, kVq}, {Field::Count, 1}}); }
  void interrupt(Ns at) { event(at, EventKind::QemuInterrupt, {{Field::Device, kDevice}, {Field::Vq, kVq}}); }
  void status(Ns at, std::uint64_t value) {
    event(at, EventKind::QemuStatus, {{Field::Device, kDevice}, {Field::Value, value}});
  }
};

TEST_F(QemuFoldTest, AChainRunsFromPopToFlush) {
  status(10, 0);
  notify(100);
  pop(110, 1);
  event(150, EventKind::QemuBackendDone, {{Field::Device, kDevice}, {Field::Element, 1}});
  fill(155, 1);
  flush(160);
  interrupt(165);
  end();
  const HostHalfRow half = hostHalf(0);
  EXPECT_EQ(half.f, 110);
  EXPECT_EQ(half.f + half.w, 100);
  EXPECT_EQ(half.k, kUnseen);
  EXPECT_EQ(half.f + half.p, 150);
  EXPECT_EQ(half.f + half.u, 160);
  EXPECT_EQ(half.f + half.s, 165);
  EXPECT_EQ(half.lengthBytes, 513);
  EXPECT_EQ(epoch().anchor, "start");
}

TEST_F(QemuFoldTest, AQueueWithoutADoorbellHasItsPlaceInTheArrayOfItsDevice) {
  // Queues 1 and 3 ring, 152 bytes each: 0 and 2 are told by their interrupts, the next lies between two entries, and
  // the last belongs to a device of which no queue rings.
  constexpr std::uint64_t kArray = 0x1000, kEntry = 0x98;
  const auto rings = [&](std::uint64_t index) {
    event(100, EventKind::QemuNotify,
          {{Field::Device, kDevice}, {Field::Queue, index}, {Field::Vq, kArray + index * kEntry}});
  };
  const auto signals = [&](std::uint64_t device, std::uint64_t vq) {
    event(200, EventKind::QemuPop, {{Field::Vq, vq}, {Field::Out, 0}, {Field::In, 1}, {Field::Element, vq}});
    event(300, EventKind::QemuInterrupt, {{Field::Device, device}, {Field::Vq, vq}});
  };
  rings(1);
  rings(3);
  signals(kDevice, kArray);
  signals(kDevice, kArray + 2 * kEntry);
  signals(kDevice, kArray + 5 * kEntry + 8);
  signals(kDevice + 1, kArray + 4 * kEntry);
  end();
  std::vector<std::int64_t> indices;
  Statement rows = database().prepare("SELECT coalesce(queue_index, -1) FROM queue ORDER BY queue_id");
  while (rows.step()) indices.push_back(rows.integer(0));
  EXPECT_EQ(indices, (std::vector<std::int64_t>{1, 3, 0, 2, -1, -1}));
}

TEST_F(QemuFoldTest, ADuplicateNotificationIsArrivalAndThenWorker) {
  notify(100, 50);   // the vCPU's thread
  notify(140, 100);  // the device's thread
  pop(150, 1);
  end();
  EXPECT_EQ(hostHalf(0).f + hostHalf(0).k, 100);
  EXPECT_EQ(hostHalf(0).f + hostHalf(0).w, 140);
  EXPECT_EQ(epoch().doorbellsSeen, 2);
  EXPECT_EQ(epoch().doorbellsOtherThread, 1);
}

TEST_F(QemuFoldTest, PoppingWithoutANotificationIsPolling) {
  notify(100);
  pop(110, 1);
  fill(120, 1);
  flush(121);
  interrupt(122);
  pop(900, 2);
  end();
  EXPECT_EQ(hostHalf(1).w, kUnseen);
}

TEST_F(QemuFoldTest, ARecycledElementIsANewChain) {
  notify(100);
  pop(110, 1);
  fill(120, 1);
  flush(121);
  pop(130, 1);
  fill(140, 1);
  flush(141);
  end();
  EXPECT_EQ(hostHalf(0).f + hostHalf(0).u, 121);
  EXPECT_EQ(hostHalf(1).f + hostHalf(1).u, 141);
}

TEST_F(QemuFoldTest, ABatchIsPublishedByItsOneFlush) {
  notify(100);
  pop(110, 1);
  pop(111, 2);
  fill(120, 1, 0);
  fill(125, 2, 1);
  flush(130);
  interrupt(135);
  end();
  for (const std::int64_t position : {0, 1}) {
    EXPECT_EQ(hostHalf(position).f + hostHalf(position).u, 130);
    EXPECT_EQ(hostHalf(position).f + hostHalf(position).s, 135);
    EXPECT_EQ(hostHalf(position).flags & kUsedWithoutFlush, 0);
  }
}

TEST_F(QemuFoldTest, WithoutFlushTheFillIsTheUsedTime) {
  notify(100);
  pop(110, 1);
  fill(120, 1);
  interrupt(125);
  end();
  EXPECT_EQ(hostHalf(0).f + hostHalf(0).u, 120);
  EXPECT_EQ(hostHalf(0).f + hostHalf(0).s, 125);
  EXPECT_EQ(hostHalf(0).flags & kUsedWithoutFlush, kUsedWithoutFlush);
}

TEST_F(QemuFoldTest, AResetSeparatesTheFirmwareFromTheDriver) {
  status(10, 0);
  notify(100);
  pop(110, 1);
  fill(120, 1);
  flush(121);
  status(200, 15);
  status(300, 0);
  notify(400);
  pop(410, 1);
  end();
  EXPECT_EQ(hostHalf(0, 0).f, 110);
  EXPECT_EQ(hostHalf(0, 1).f, 410);
  EXPECT_EQ(epoch(1).anchor, "start");
}

TEST_F(QemuFoldTest, AFillWithoutAPopIsAnAnomalyAndNoChain) {
  notify(90);
  fill(100, 5);
  end();
  EXPECT_EQ(database().queryInteger("SELECT count FROM anomaly WHERE kind = 'used-without-fetch'"), 1);
  EXPECT_EQ(database().queryInteger("SELECT count(*) FROM host_half"), 0);
}

TEST_F(QemuFoldTest, TranslationBeforeThePopBelongsToItsChain) {
  notify(100);
  event(105, EventKind::QemuIommuHit, {{Field::Iova, 0x1000}, {Field::Value, 0x100}});
  event(107, EventKind::QemuIommuMiss, {{Field::Iova, 0x2000}, {Field::Value, 0x100}});
  pop(120, 1);
  end();
  EXPECT_EQ(hostHalf(0).f + hostHalf(0).t, 105);
  EXPECT_EQ(hostHalf(0).misses, 1);
  EXPECT_EQ(store().devices[0].translation, "viommu");
}

// What probes on a QEMU say besides: the ring index, and which QEMU it is.

class QemuProbedTest : public QemuFoldTest {
 protected:
  void announce(Ns at, std::uint64_t process, std::uint64_t ring, std::uint64_t features = 0) {
    event(at, EventKind::QemuQueue,
          {{Field::Device, kDevice},
           {Field::Queue, 1},
           {Field::Vq, kVq},
           {Field::Size, 256},
           {Field::Ring, ring},
           {Field::Features, features},
           {Field::Value, 2},
           {Field::Process, process}});
  }
  void popAt(Ns at, std::uint64_t avail, std::uint64_t element, std::uint64_t process = 7, std::uint64_t packed = 0) {
    event(at, EventKind::QemuPop,
          {{Field::Vq, kVq},
           {Field::Avail, avail},
           {Field::Head, 5},
           {Field::Element, element},
           {Field::Packed, packed},
           {Field::Process, process}});
  }
  void fillOf(Ns at, std::uint64_t element, std::uint64_t process = 7) {
    event(at, EventKind::QemuFill,
          {{Field::Vq, kVq}, {Field::Element, element}, {Field::Value, 0}, {Field::Process, process}});
    event(at + 1, EventKind::QemuFlush, {{Field::Vq, kVq}, {Field::Count, 1}, {Field::Process, process}});
  }
};

TEST_F(QemuProbedTest, PositionsAreThoseOfTheRingAcrossItsWrap) {
  announce(90, 7, 0x1000);
  popAt(100, 65535, 1);
  popAt(110, 0, 2);
  fillOf(120, 2);
  fillOf(130, 1);
  end();
  EXPECT_EQ(epoch().anchor, "ring");
  EXPECT_EQ(hostHalf(65535).f + hostHalf(65535).u, 131);
  EXPECT_EQ(hostHalf(65536).f + hostHalf(65536).u, 121);
  EXPECT_EQ(hostHalf(65536).head, 5);
}

TEST_F(QemuProbedTest, APackedRingIsCounted) {
  announce(90, 7, 0x1000, std::uint64_t{1} << 34U);
  popAt(100, 40, 1, 7, 1);
  popAt(110, 42, 2, 7, 1);
  end();
  EXPECT_EQ(epoch().anchor, "order");
  EXPECT_EQ(hostHalf(0).f, 100);
  EXPECT_EQ(hostHalf(1).f, 110);
}

TEST_F(QemuProbedTest, AChainThatIsHandedBackIsFetchedAgain) {
  popAt(100, 8, 1);
  popAt(110, 9, 2);
  event(120, EventKind::QemuUnpop, {{Field::Vq, kVq}, {Field::Element, 2}, {Field::Process, 7}});
  popAt(130, 9, 3);
  fillOf(140, 3);
  end();
  EXPECT_EQ(hostHalf(9).f, 130);
  EXPECT_EQ(epoch().discarded, 1);
  EXPECT_EQ(epoch().used, 1);
}

TEST_F(QemuProbedTest, SeveralChainsAreHandedBackAtOnce) {
  for (std::uint64_t avail = 0; avail < 3; ++avail) popAt(100 + static_cast<Ns>(avail), avail, avail + 1);
  event(120, EventKind::QemuUnpop, {{Field::Vq, kVq}, {Field::Count, 2}, {Field::Process, 7}});
  popAt(130, 1, 2);
  popAt(140, 2, 3);
  end();
  EXPECT_EQ(hostHalf(0).f, 100);
  EXPECT_EQ(hostHalf(1).f, 130);
  EXPECT_EQ(hostHalf(2).f, 140);
  EXPECT_EQ(epoch().lastPosition, 2);
}

TEST_F(QemuProbedTest, PositionsThatNobodySawAreALoss) {
  popAt(100, 1, 1);
  popAt(110, 4, 2);
  end();
  EXPECT_EQ(epoch().positionGaps, 1);
  Statement loss = database().prepare("SELECT count, reason FROM loss");
  ASSERT_TRUE(loss.step());
  EXPECT_EQ(loss.integer(0), 2);
  EXPECT_EQ(loss.text(1), "gap");
}

TEST_F(QemuProbedTest, ARingThatBeginsAnewIsAnotherEpoch) {
  popAt(100, 700, 1);
  fillOf(110, 1);
  popAt(200, 0, 2);
  end();
  EXPECT_EQ(hostHalf(700, 0).f, 100);
  EXPECT_EQ(hostHalf(0, 1).f, 200);
  Statement anomaly = database().prepare("SELECT kind FROM anomaly");
  ASSERT_TRUE(anomaly.step());
  EXPECT_EQ(anomaly.text(0), "position-went-back");
}

TEST_F(QemuProbedTest, ADoorbellByEventfdArrivesWithoutAnExit) {
  const auto rings = [this](Ns at, std::int32_t tid, std::uint64_t byEventfd) {
    event(
        at, EventKind::QemuNotify,
        {{Field::Device, kDevice}, {Field::Queue, 0}, {Field::Vq, kVq}, {Field::Value, byEventfd}, {Field::Process, 7}},
        tid);
  };
  rings(100, 50, 1);
  rings(140, 100, 0);
  popAt(150, 0, 1);
  end();
  EXPECT_EQ(hostHalf(0).f + hostHalf(0).k, 100);
  EXPECT_EQ(hostHalf(0).f + hostHalf(0).w, 140);
  EXPECT_EQ(epoch().doorbellsSeen, 2);
  EXPECT_EQ(epoch().doorbellsOtherThread, 0);
}

TEST_F(QemuProbedTest, TwoQemusMayHaveTheSameAddresses) {
  announce(90, 7, 0x1000);
  announce(95, 8, 0x2000);
  popAt(100, 0, 1, 7);
  popAt(110, 0, 1, 8);
  fillOf(120, 1, 7);
  fillOf(130, 1, 8);
  end();
  Statement rows = database().prepare(
      "SELECT vmm_pid, kind, queue_index, size, ring_address, f_ns + u_ns FROM device JOIN queue USING (device_id) "
      "JOIN host_half USING (queue_id) ORDER BY vmm_pid");
  ASSERT_TRUE(rows.step());
  EXPECT_EQ(rows.integer(0), 7);
  EXPECT_EQ(rows.text(1), "blk");
  EXPECT_EQ(rows.integer(2), 1);
  EXPECT_EQ(rows.integer(3), 256);
  EXPECT_EQ(rows.text(4), "0x1000");
  EXPECT_EQ(rows.integer(5), 121);
  ASSERT_TRUE(rows.step());
  EXPECT_EQ(rows.integer(0), 8);
  EXPECT_EQ(rows.text(4), "0x2000");
  EXPECT_EQ(rows.integer(5), 131);
}

}  // namespace
}  // namespace descry
