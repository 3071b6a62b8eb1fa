// SPDX-License-Identifier: GPL-2.0-or-later
// Plays the host side of virtio-blk devices in real time and records it with LTTng-UST under QEMU's event names:
//   virtio_trace_writer EVENTS
// Stops submitting when EVENTS were emitted, lets what is in flight end, and prints how often everything happened as
// JSON: what a reader of the trace must find again.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <queue>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/virtio_trace_provider.h"

namespace {

using Ns = std::int64_t;

constexpr unsigned kSectorBytes = 512;
/// Reset, acknowledge, driver, features ok, driver ok.
constexpr std::uint8_t kStatusOfStart[] = {0, 1, 3, 11, 15};

Ns now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

/// For so long the device still polls a ring it served and the guest still reaps after an interrupt: what comes in that
/// time needs no doorbell and no interrupt.
constexpr Ns kPollingNs = 10'000, kReapingNs = 8'000;

/// One virtqueue with a guest workload behind it: `jobs` requests are in flight or being thought of at any time.
struct Queue {
  std::uintptr_t vdev = 0, vq = 0;
  int index = 0;
  unsigned jobs = 1;
  unsigned sectors = 8;
  unsigned writePercent = 0;
  Ns serviceNs = 100'000;
  std::uint64_t nextSector = 0;
  Ns lastServed = 0, lastInterrupt = 0;
  std::uint64_t chains = 0, kicks = 0, interrupts = 0;
};

struct Request {
  Queue* queue = nullptr;
  std::uintptr_t element = 0;
  bool isWrite = false;
};

struct Due {
  Ns at = 0;
  Request request;
  bool operator>(const Due& other) const { return at > other.at; }
};

using Schedule = std::priority_queue<Due, std::vector<Due>, std::greater<>>;

/// One of QEMU's I/O threads: serves its queues like virtio-blk with an asynchronous backend, so requests overlap, end
/// out of order, and doorbells and interrupts serve several chains whenever several are due at once.
class IoThread {
 public:
  IoThread(std::vector<Queue>& queues, std::uint64_t budget, unsigned seed, std::uintptr_t heap)
      : m_queues(queues), m_budget(budget), m_random(seed), m_heap(heap) {}

  void run() {
    startDevices();
    const Ns start = now();
    for (Queue& queue : m_queues) {
      for (unsigned job = 0; job < queue.jobs; ++job) m_arrivals.push({start + thinkNs(), {&queue}});
    }
    while (!m_arrivals.empty() || !m_completions.empty()) {
      waitForWork();
      const Ns time = now();
      serveArrivals(time);
      serveCompletions(time);
    }
  }

  std::uint64_t events() const { return m_events; }

 private:
  void startDevices() {
    std::uintptr_t previous = 0;
    for (Queue& queue : m_queues) {
      if (queue.vdev != previous) {
        for (const std::uint8_t status : kStatusOfStart) {
          lttng_ust_tracepoint(qemu, virtio_set_status, queue.vdev, status);
          ++m_events;
        }
      }
      previous = queue.vdev;
    }
  }

  void waitForWork() const {
    Ns due = INT64_MAX;
    if (!m_arrivals.empty()) due = m_arrivals.top().at;
    if (!m_completions.empty()) due = std::min(due, m_completions.top().at);
    while (true) {
      const Ns missing = due - now();
      if (missing <= 0) return;
      // Short waits are spent polling, as an I/O thread does; sleeping would overshoot them.
      if (missing > 200'000) std::this_thread::sleep_for(std::chrono::nanoseconds(missing - 100'000));
    }
  }

  void serveArrivals(Ns time) {
    const bool stopping = m_events >= m_budget;
    while (!m_arrivals.empty() && m_arrivals.top().at <= time) {
      const Request request = m_arrivals.top().request;
      m_arrivals.pop();
      if (stopping) continue;
      if (time - request.queue->lastServed > kPollingNs) kick(*request.queue);
      request.queue->lastServed = time;
      fetch(*request.queue);
    }
  }

  void kick(Queue& queue) {
    lttng_ust_tracepoint(qemu, virtio_queue_notify, queue.vdev, queue.index, queue.vq);
    ++queue.kicks;
    ++m_events;
  }

  void fetch(Queue& queue) {
    const bool isWrite = m_random() % 100 < queue.writePercent;
    const std::uintptr_t element = takeElement();
    const unsigned pages = std::max(1U, queue.sectors / 8);
    const unsigned in = isWrite ? 1 : pages + 1;
    const unsigned out = isWrite ? pages + 1 : 1;
    lttng_ust_tracepoint(qemu, virtqueue_alloc_element, element, 240, in, out);
    lttng_ust_tracepoint(qemu, virtqueue_pop, queue.vq, element, in, out);
    if (isWrite) {
      lttng_ust_tracepoint(qemu, virtio_blk_handle_write, queue.vdev, element, queue.nextSector, queue.sectors);
    } else {
      lttng_ust_tracepoint(qemu, virtio_blk_handle_read, queue.vdev, element, queue.nextSector, queue.sectors);
    }
    m_events += 3;
    queue.nextSector += queue.sectors;
    ++queue.chains;
    m_completions.push({now() + serviceNs(queue), {&queue, element, isWrite}});
  }

  void serveCompletions(Ns time) {
    std::vector<Queue*> interrupted;
    while (!m_completions.empty() && m_completions.top().at <= time) {
      const Request request = m_completions.top().request;
      m_completions.pop();
      complete(request);
      if (std::find(interrupted.begin(), interrupted.end(), request.queue) == interrupted.end()) {
        interrupted.push_back(request.queue);
      }
      m_arrivals.push({now() + thinkNs(), {request.queue}});
    }
    for (Queue* queue : interrupted) {
      if (time - queue->lastInterrupt < kReapingNs) continue;
      queue->lastInterrupt = time;
      lttng_ust_tracepoint(qemu, virtio_notify_irqfd, queue->vdev, queue->vq);
      ++queue->interrupts;
      ++m_events;
    }
  }

  void complete(const Request& request) {
    const Queue& queue = *request.queue;
    const unsigned written = request.isWrite ? 1 : queue.sectors * kSectorBytes + 1;
    lttng_ust_tracepoint(qemu, virtio_blk_rw_complete, queue.vdev, request.element, 0);
    lttng_ust_tracepoint(qemu, virtio_blk_req_complete, queue.vdev, request.element, 0);
    lttng_ust_tracepoint(qemu, virtqueue_fill, queue.vq, request.element, written, 0);
    lttng_ust_tracepoint(qemu, virtqueue_flush, queue.vq, 1);
    m_events += 4;
    m_freeElements.push_back(request.element);
  }

  /// The heap hands out what was freed last, so element addresses come again at once.
  std::uintptr_t takeElement() {
    if (m_freeElements.empty()) return m_heap += 0x1e0;
    const std::uintptr_t element = m_freeElements.back();
    m_freeElements.pop_back();
    return element;
  }

  /// Interrupt, reaping and the next submission in the guest.
  Ns thinkNs() { return 8'000 + static_cast<Ns>(std::exponential_distribution<>(1.0 / 25'000)(m_random)); }

  /// Mostly near the queue's usual time, one request in a hundred ten times slower.
  Ns serviceNs(const Queue& queue) {
    const double usual = std::lognormal_distribution<>(0, 0.35)(m_random) * static_cast<double>(queue.serviceNs);
    return static_cast<Ns>(m_random() % 100 == 0 ? usual * 10 : usual);
  }

  std::vector<Queue>& m_queues;
  std::uint64_t m_budget;
  std::uint64_t m_events = 0;
  std::mt19937 m_random;
  std::uintptr_t m_heap;
  std::vector<std::uintptr_t> m_freeElements;
  Schedule m_arrivals, m_completions;
};

struct DeviceShape {
  int queues;
  unsigned jobs, sectors, writePercent;
  Ns serviceNs;
};

/// A boot disk, a database volume, a log volume and a scratch disk.
constexpr DeviceShape kDevices[] = {
    {1, 2, 8, 20, 90'000}, {4, 6, 32, 30, 220'000}, {1, 1, 8, 100, 60'000}, {2, 12, 128, 10, 400'000}};

std::vector<Queue> makeDevice(std::size_t number) {
  const DeviceShape& shape = kDevices[number];
  std::vector<Queue> queues;
  for (int index = 0; index < shape.queues; ++index) {
    Queue queue;
    queue.vdev = 0x55cff4360040 + number * 0x118c10;
    queue.vq = 0x7f1e7c1d9010 + number * 0x80000 + static_cast<std::uintptr_t>(index) * 0x98;
    queue.index = index;
    queue.jobs = shape.jobs;
    queue.sectors = shape.sectors;
    queue.writePercent = shape.writePercent;
    queue.serviceNs = shape.serviceNs;
    queues.push_back(queue);
  }
  return queues;
}

bool waitUntilTraced() {
  for (int tries = 0; tries < 1000; ++tries) {
    if (lttng_ust_tracepoint_enabled(qemu, virtqueue_pop)) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

void print(std::uint64_t events, const std::vector<std::vector<Queue>>& threads) {
  std::printf("{\"events\": %llu, \"queues\": [", static_cast<unsigned long long>(events));
  const char* separator = "";
  for (const std::vector<Queue>& queues : threads) {
    for (const Queue& queue : queues) {
      std::printf(
          "%s\n  {\"vdev\": \"0x%llx\", \"queue\": %d, \"chains\": %llu, \"kicks\": %llu, \"interrupts\": %llu}",
          separator, static_cast<unsigned long long>(queue.vdev), queue.index,
          static_cast<unsigned long long>(queue.chains), static_cast<unsigned long long>(queue.kicks),
          static_cast<unsigned long long>(queue.interrupts));
      separator = ",";
    }
  }
  std::printf("\n]}\n");
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t wanted = argc == 2 ? std::strtoull(argv[1], nullptr, 10) : 0;
  if (wanted == 0) {
    std::fprintf(stderr, "usage: virtio_trace_writer EVENTS\n");
    return 2;
  }
  if (!waitUntilTraced()) {
    std::fprintf(stderr, "virtio_trace_writer: no tracing session has enabled the events of provider qemu\n");
    return 1;
  }

  // Two I/O threads: the first serves the boot disk and the database, the second the rest.
  std::vector<std::vector<Queue>> queues(2);
  for (std::size_t device = 0; device < std::size(kDevices); ++device) {
    const std::vector<Queue> made = makeDevice(device);
    std::vector<Queue>& of = queues[device / 2];
    of.insert(of.end(), made.begin(), made.end());
  }
  IoThread first(queues[0], wanted / 2, 1, 0x7f1e74000000);
  IoThread second(queues[1], wanted - wanted / 2, 2, 0x7f1e6c000000);
  std::thread other([&] { second.run(); });
  first.run();
  other.join();
  print(first.events() + second.events(), queues);
  return 0;
}
