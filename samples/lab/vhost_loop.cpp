// SPDX-License-Identifier: GPL-2.0-or-later
// Drives the transmit queue of the kernel's vhost-net without a guest, and writes down what it did and measured itself:
// the truth that a recording of the same run is compared with.
#define VIRTIO_RING_NO_LEGACY  // vring_init() is C
#include <endian.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/vhost.h>
#include <linux/virtio_ring.h>
#include <net/if.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr std::uint64_t kMemory = 64U << 20;
constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kBuffers = 1U << 20;          // ring below, packet buffers from here on
constexpr std::uint64_t kBufferDistance = 4 * kPage;  // no two packets share a page
constexpr unsigned kQueue = 1;                        // vhost-net: 0 receives, 1 transmits
constexpr unsigned kRingSize = 256;
constexpr std::uint64_t kAvail = 8192, kUsed = 16384;
constexpr unsigned kHeader = 12, kFrame = 60;
constexpr std::uint64_t kStuckNs = 20'000'000'000;

struct Options {
  bool iotlb = false;
  bool mapped = false;           // map all buffers before the first packet
  bool inOrder = false;          // VIRTIO_F_IN_ORDER; vhost offers it since 6.17
  unsigned invalidateEvery = 0;  // batches; 0: never
  unsigned answerDelayUs = 0;
  unsigned packets = 1600;
  unsigned batch = 16;
  std::string truth = "/out/truth.json";
};

struct Batch {
  std::uint64_t startNs, latencyNs, misses;
};

struct Miss {
  std::uint64_t iova, readNs, answerNs, answeredNs;  // the message was read, the answer is written, has been written
  bool echo;  // the page was mapped already: vhost had repeated the miss before its answer came
};

struct Update {
  std::uint64_t beginNs, endNs;  // of the write
};

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "vhost_loop: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

template <typename Result>
Result checked(Result result, const char* what) {
  if (result < 0) fail(what);
  return result;
}

std::uint64_t now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(time.tv_nsec);
}

int openTap() {
  const int tap = checked(open("/dev/net/tun", O_RDWR), "/dev/net/tun");
  ifreq request{};
  std::strcpy(request.ifr_name, "lab0");
  request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
  checked(ioctl(tap, TUNSETIFF, &request), "TUNSETIFF");
  int header = kHeader;
  checked(ioctl(tap, TUNSETVNETHDRSZ, &header), "TUNSETVNETHDRSZ");
  const int socket = checked(::socket(AF_INET, SOCK_DGRAM, 0), "socket");
  request.ifr_flags = IFF_UP;
  checked(ioctl(socket, SIOCSIFFLAGS, &request), "SIOCSIFFLAGS");
  close(socket);
  return tap;
}

/// The virtual machine that does not exist, with the little-endian ring of a modern device: memory, one ring, a VMM
/// that answers IOTLB misses.
class Loop {
 public:
  explicit Loop(const Options& options) : m_options(options), m_memory(mapMemory()), m_tap(openTap()) {
    m_vhost = checked(open("/dev/vhost-net", O_RDWR), "/dev/vhost-net");
    checked(ioctl(m_vhost, VHOST_SET_OWNER, nullptr), "VHOST_SET_OWNER");
    negotiate();
    setMemoryTable();
    fillBuffers();
    startRing();
  }

  void run() {
    while (m_sent < m_options.packets) {
      m_batches.push_back(sendBatch());
      m_sent += m_options.batch;
      if (m_options.invalidateEvery != 0 && m_batches.size() % m_options.invalidateEvery == 0)
        tell(VHOST_IOTLB_INVALIDATE, kBuffers, kMemory - kBuffers);
    }
    m_ended = true;
    if (m_vmm.joinable()) m_vmm.join();
  }

  void writeTruth(const std::string& path) const {
    std::FILE* file = std::fopen(path.c_str(), "w");
    if (file == nullptr) fail(path.c_str());
    std::fprintf(file, "{\n \"packets\": %u,\n \"batch\": %u,\n \"iotlb\": %s,\n", m_sent, m_options.batch,
                 m_options.iotlb ? "true" : "false");
    std::fprintf(file, " \"answer_delay_ns\": %u,\n \"invalidations\": %zu,\n", m_options.answerDelayUs * 1000U,
                 m_invalidations);
    writeList(file, "batches", m_batches, ",", [file](const Batch& batch) {
      std::fprintf(file, "{\"start_ns\": %lu, \"latency_ns\": %lu, \"misses\": %lu}", batch.startNs, batch.latencyNs,
                   batch.misses);
    });
    writeList(file, "updates", m_updates, ",", [file](const Update& update) {
      std::fprintf(file, "{\"begin_ns\": %lu, \"end_ns\": %lu}", update.beginNs, update.endNs);
    });
    writeList(file, "misses", m_misses, "", [file](const Miss& miss) {
      std::fprintf(file, "{\"iova\": %lu, \"read_ns\": %lu, \"answer_ns\": %lu, \"answered_ns\": %lu, \"echo\": %s}",
                   miss.iova, miss.readNs, miss.answerNs, miss.answeredNs, miss.echo ? "true" : "false");
    });
    std::fprintf(file, "}\n");
    if (std::fclose(file) != 0) fail(path.c_str());
  }

 private:
  template <typename Item, typename Print>
  static void writeList(std::FILE* file, const char* name, const std::vector<Item>& items, const char* end,
                        Print print) {
    std::fprintf(file, " \"%s\": [", name);
    for (std::size_t i = 0; i < items.size(); ++i) {
      std::fputs(i ? ",\n  " : "\n  ", file);
      print(items[i]);
    }
    std::fprintf(file, "]%s\n", end);
  }

  static std::uint8_t* mapMemory() {
    void* memory = mmap(nullptr, kMemory, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) fail("mmap");
    std::memset(memory, 0, kMemory);
    return static_cast<std::uint8_t*>(memory);
  }

  template <typename Argument>
  void request(unsigned long code, Argument* argument, const char* name) const {
    checked(ioctl(m_vhost, code, argument), name);
  }

  void negotiate() const {
    std::uint64_t backend = std::uint64_t{1} << VHOST_BACKEND_F_IOTLB_MSG_V2;
    request(VHOST_SET_BACKEND_FEATURES, &backend, "VHOST_SET_BACKEND_FEATURES");
    constexpr std::uint64_t kVersion1 = std::uint64_t{1} << 32, kAccessPlatform = std::uint64_t{1} << 33,
                            kInOrder = std::uint64_t{1} << 35;
    std::uint64_t features = kVersion1 | (m_options.iotlb ? kAccessPlatform : 0) | (m_options.inOrder ? kInOrder : 0);
    request(VHOST_SET_FEATURES, &features, "VHOST_SET_FEATURES");
  }

  void setMemoryTable() const {
    std::vector<std::uint64_t> storage((sizeof(vhost_memory) + sizeof(vhost_memory_region)) / sizeof(std::uint64_t));
    auto* table = reinterpret_cast<vhost_memory*>(storage.data());
    table->nregions = 1;
    table->regions[0] = {0, kMemory, reinterpret_cast<std::uint64_t>(m_memory), 0};
    request(VHOST_SET_MEM_TABLE, table, "VHOST_SET_MEM_TABLE");
  }

  void fillBuffers() {
    auto* descriptors = reinterpret_cast<vring_desc*>(m_memory);
    for (unsigned i = 0; i < kRingSize; ++i) {
      const std::uint64_t address = kBuffers + i * kBufferDistance;
      descriptors[i] = {htole64(address), htole32(kHeader + kFrame), 0, 0};
      std::uint8_t* frame = m_memory + address + kHeader;
      std::memset(frame, 0xff, 6);  // to everybody, from 02:02:..., type IPv4
      std::memset(frame + 6, 2, 6);
      frame[12] = 0x08;
    }
  }

  void startRing() {
    vhost_vring_state state{kQueue, kRingSize};
    request(VHOST_SET_VRING_NUM, &state, "VHOST_SET_VRING_NUM");
    state.num = 0;
    request(VHOST_SET_VRING_BASE, &state, "VHOST_SET_VRING_BASE");
    m_kick = checked(eventfd(0, 0), "eventfd");
    vhost_vring_file file{kQueue, m_kick};
    request(VHOST_SET_VRING_KICK, &file, "VHOST_SET_VRING_KICK");
    file.fd = checked(eventfd(0, EFD_NONBLOCK), "eventfd");
    request(VHOST_SET_VRING_CALL, &file, "VHOST_SET_VRING_CALL");
    const std::uint64_t base = m_options.iotlb ? 0 : reinterpret_cast<std::uint64_t>(m_memory);
    vhost_vring_addr address{kQueue, 0, base, base + kUsed, base + kAvail, 0};
    request(VHOST_SET_VRING_ADDR, &address, "VHOST_SET_VRING_ADDR");
    if (m_options.iotlb) {
      // The ring itself has to be mapped before the backend starts; later misses on it would end with EFAULT.
      tell(VHOST_IOTLB_UPDATE, 0, m_options.mapped ? kMemory : kBuffers);
      m_vmm = std::thread([this] { answerMisses(); });
    }
    file.fd = m_tap;
    request(VHOST_NET_SET_BACKEND, &file, "VHOST_NET_SET_BACKEND");
  }

  /// An update or an invalidation.
  void tell(std::uint8_t type, std::uint64_t iova, std::uint64_t bytes) {
    vhost_msg_v2 message{};
    message.type = VHOST_IOTLB_MSG_V2;
    message.iotlb.iova = iova;
    message.iotlb.size = bytes;
    message.iotlb.uaddr = reinterpret_cast<std::uint64_t>(m_memory) + iova;
    message.iotlb.perm = VHOST_ACCESS_RW;
    message.iotlb.type = type;
    const std::lock_guard lock(m_mapping);
    const std::uint64_t begin = now();
    checked(write(m_vhost, &message, sizeof message), "IOTLB message");
    if (type == VHOST_IOTLB_UPDATE) {
      m_updates.push_back({begin, now()});
      m_mapped.insert(iova);
    } else {
      ++m_invalidations;
      m_mapped.clear();
    }
  }

  bool isMapped(std::uint64_t page) {
    const std::lock_guard lock(m_mapping);
    return m_mapped.contains(page);
  }

  void answerMisses() {
    while (true) {
      pollfd ready{m_vhost, POLLIN, 0};
      if (checked(poll(&ready, 1, 20), "poll") == 0) {
        if (m_ended) return;
        continue;
      }
      vhost_msg_v2 message{};
      const ssize_t bytes = read(m_vhost, &message, sizeof message);
      const std::uint64_t readNs = now();
      if (bytes < 0 && errno == EAGAIN) continue;
      checked(bytes, "read of a miss");
      if (message.iotlb.type != VHOST_IOTLB_MISS) continue;
      if (m_options.answerDelayUs != 0) usleep(m_options.answerDelayUs);
      ++m_missCount;
      const std::uint64_t page = message.iotlb.iova & ~(kPage - 1);
      Miss miss{message.iotlb.iova, readNs, now(), 0, isMapped(page)};
      tell(VHOST_IOTLB_UPDATE, page, kPage);
      miss.answeredNs = now();
      m_misses.push_back(miss);
    }
  }

  Batch sendBatch() {
    auto* avail = reinterpret_cast<vring_avail*>(m_memory + kAvail);
    auto* used = reinterpret_cast<vring_used*>(m_memory + kUsed);
    const std::uint64_t misses = m_missCount, start = now();
    for (unsigned i = 0; i < m_options.batch; ++i, ++m_index) {
      const auto slot = static_cast<std::uint16_t>(m_index % kRingSize);
      avail->ring[slot] = htole16(slot);
    }
    __atomic_store_n(&avail->idx, htole16(m_index), __ATOMIC_SEQ_CST);
    checked(eventfd_write(m_kick, 1), "kick");
    while (le16toh(__atomic_load_n(&used->idx, __ATOMIC_ACQUIRE)) != m_index) {
      sched_yield();
      if (now() - start > kStuckNs) {
        std::fprintf(stderr, "vhost_loop: stuck: avail index %u, used index %u\n", m_index, le16toh(used->idx));
        std::exit(1);
      }
    }
    return {start, now() - start, m_missCount - misses};
  }

  const Options m_options;
  std::uint8_t* m_memory;
  int m_tap, m_vhost = -1, m_kick = -1;
  std::uint16_t m_index = 0;
  unsigned m_sent = 0;
  std::size_t m_invalidations = 0;
  std::mutex m_mapping;
  std::set<std::uint64_t> m_mapped;  // pages, since the last invalidation
  std::vector<Update> m_updates;
  std::atomic<std::uint64_t> m_missCount = 0;
  std::atomic<bool> m_ended = false;
  std::vector<Batch> m_batches;
  std::vector<Miss> m_misses;
  std::thread m_vmm;
};

Options parse(int count, char** arguments) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string name = arguments[i];
    const auto value = [&]() -> const char* {
      if (i + 1 < count) return arguments[++i];
      std::fprintf(stderr, "vhost_loop: %s needs a value\n", name.c_str());
      std::exit(2);
    };
    const auto number = [&] { return static_cast<unsigned>(std::strtoul(value(), nullptr, 10)); };
    if (name == "--iotlb")
      options.iotlb = true;
    else if (name == "--mapped")
      options.mapped = true;
    else if (name == "--in-order")
      options.inOrder = true;
    else if (name == "--invalidate-every")
      options.invalidateEvery = number();
    else if (name == "--answer-delay-us")
      options.answerDelayUs = number();
    else if (name == "--packets")
      options.packets = number();
    else if (name == "--batch")
      options.batch = number();
    else if (name == "--truth")
      options.truth = value();
    else {
      std::fprintf(stderr, "vhost_loop: unknown option %s\n", name.c_str());
      std::exit(2);
    }
  }
  if (options.batch == 0 || options.batch > kRingSize || options.packets % options.batch != 0) {
    std::fprintf(stderr, "vhost_loop: --packets must be a multiple of --batch, and a batch fit into %u\n", kRingSize);
    std::exit(2);
  }
  return options;
}

}  // namespace

int main(int count, char** arguments) {
  const Options options = parse(count, arguments);
  Loop loop(options);
  loop.run();
  loop.writeTruth(options.truth);
  return 0;
}
