// SPDX-License-Identifier: GPL-2.0-or-later
// An example of descry-ust: a vhost-user backend that serves a virtio-rng device, and says of every chain what it did.
//
//   vhost_user_rng /tmp/rng.sock &
//   qemu-system-x86_64 ... -object memory-backend-memfd,id=m,size=512M,share=on -machine memory-backend=m
//     -chardev socket,id=c,path=/tmp/rng.sock -device vhost-user-rng-pci,chardev=c
//
// It listens on the socket, serves one VMM, and ends with it. Only what a queue needs is implemented.
#define VIRTIO_RING_NO_LEGACY  // vring_init() is C
#include <linux/virtio_ring.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <utility>
#include <vector>

#include "collector/ust/descry_ust.h"

namespace {

// VERSION_1; and for the VMM LOG_ALL and PROTOCOL_FEATURES, with the protocol feature LOG_SHMFD.
constexpr std::uint64_t kFeatures = (std::uint64_t{1} << 32U) | (1U << 26U) | (1U << 30U);
constexpr std::uint64_t kProtocolFeatures = 1U << 1U;
constexpr std::uint64_t kEventIndex = std::uint64_t{1} << 29U;  // QEMU grants it to this device without asking
constexpr std::size_t kMostRegions = 8;

enum Request : std::uint32_t {
  GetFeatures = 1,
  SetFeatures = 2,
  SetMemTable = 5,
  SetVringNum = 8,
  SetVringAddr = 9,
  SetVringBase = 10,
  GetVringBase = 11,
  SetVringKick = 12,
  SetVringCall = 13,
  GetProtocolFeatures = 15,

};

struct Header {
  std::uint32_t request, flags, size;
};
struct Region {
  std::uint64_t guest, size, user, offset;
};
struct State {
  std::uint32_t index, number;
};
struct Address {
  std::uint32_t index, flags;
  std::uint64_t descriptors, used, avail, log;
};
union Payload {
  std::uint64_t value;
  State state;
  Address address;
  struct {
    std::uint32_t count, padding;
    Region regions[kMostRegions];
  } memory;
};

struct Ring {
  vring_desc* desc = nullptr;
  vring_avail* avail = nullptr;
  vring_used* used = nullptr;
};

struct Mapped {
  Region region;
  char* memory;
};

class Backend {
 public:
  explicit Backend(int socket) : m_socket(socket) {}
  /// Serves until the VMM is gone.
  void run();

 private:
  bool receive();
  void handle(const Header& header, const Payload& payload, const std::vector<int>& fds);
  void reply(std::uint32_t request, const void* data, std::uint32_t size);
  void mapMemory(const Payload& payload, const std::vector<int>& fds);
  void serve(std::uint64_t kicked);
  std::uint32_t fill(std::uint16_t head, descry_ust_chain& chain);
  void askForDoorbell();
  void announce();
  char* at(std::uint64_t address, bool guest) const;

  int m_socket;
  int m_kick = -1, m_call = -1;
  std::vector<Mapped> m_memory;
  std::uint64_t m_features = 0;
  Address m_address{};
  std::uint32_t m_size = 0;
  Ring m_ring;
  std::uint16_t m_next = 0;
  std::int64_t m_position = 0;  ///< of the next chain, without wrap
};

char* Backend::at(std::uint64_t address, bool guest) const {
  for (const Mapped& mapped : m_memory) {
    const std::uint64_t begin = guest ? mapped.region.guest : mapped.region.user;
    if (address >= begin && address - begin < mapped.region.size)
      return mapped.memory + mapped.region.offset + (address - begin);
  }
  return nullptr;
}

void Backend::mapMemory(const Payload& payload, const std::vector<int>& fds) {
  for (const Mapped& old : m_memory) munmap(old.memory, old.region.size + old.region.offset);
  m_memory.clear();
  const std::size_t count = std::min<std::size_t>({payload.memory.count, kMostRegions, fds.size()});
  for (std::size_t i = 0; i < count; ++i) {
    const Region& region = payload.memory.regions[i];
    void* memory = mmap(nullptr, region.size + region.offset, PROT_READ | PROT_WRITE, MAP_SHARED, fds[i], 0);
    if (memory != MAP_FAILED) m_memory.push_back({region, static_cast<char*>(memory)});
  }
}

void Backend::announce() {
  const descry_ust_queue queue{reinterpret_cast<std::uint64_t>(this), reinterpret_cast<std::uint64_t>(&m_ring), 0};
  descry_ust_ring(&queue, m_size, m_address.descriptors, m_features, m_next);
}

/// Fills a chain's buffers with random bytes; their number.
std::uint32_t Backend::fill(std::uint16_t head, descry_ust_chain& chain) {
  std::uint32_t written = 0;
  chain.out = chain.in = 0;
  for (std::uint16_t i = head, steps = 0; i < m_size && steps < m_size; ++steps) {
    const vring_desc& descriptor = m_ring.desc[i];
    if ((descriptor.flags & VRING_DESC_F_WRITE) == 0) {
      ++chain.out;
    } else if (char* buffer = at(descriptor.addr, true)) {
      ++chain.in;
      const ssize_t got = getrandom(buffer, std::min<std::size_t>(descriptor.len, 256), 0);
      written += got > 0 ? static_cast<std::uint32_t>(got) : 0;
    }
    if ((descriptor.flags & VRING_DESC_F_NEXT) == 0) break;
    i = descriptor.next;
  }
  return written;
}

/// With event index, the driver rings for the chain that is named behind the used ring only.
void Backend::askForDoorbell() {
  if ((m_features & kEventIndex) == 0) return;
  auto* event = reinterpret_cast<std::uint16_t*>(&m_ring.used->ring[m_size]);
  std::atomic_ref(*event).store(m_next, std::memory_order_seq_cst);
}

void Backend::serve(std::uint64_t kicked) {
  if (m_ring.avail == nullptr) return;
  const descry_ust_queue queue{reinterpret_cast<std::uint64_t>(this), reinterpret_cast<std::uint64_t>(&m_ring), 0};
  const std::uint64_t entered = descry_ust_now();
  bool opensBurst = true, any = false;
  while (true) {
    if (std::atomic_ref(m_ring.avail->idx).load(std::memory_order_acquire) == m_next) {
      askForDoorbell();
      if (std::atomic_ref(m_ring.avail->idx).load(std::memory_order_seq_cst) == m_next) break;
    }
    descry_ust_chain chain{};
    chain.position = m_position++;
    chain.kick = kicked;
    chain.entered = entered;
    chain.tried = descry_ust_now();
    const std::uint16_t head = m_ring.avail->ring[m_next++ % m_size];
    chain.head = head;
    chain.fetched = descry_ust_now();
    const std::uint32_t length = fill(head, chain);
    chain.length = length;
    chain.opens_burst = std::exchange(opensBurst, false) ? 1 : 0;
    chain.used = descry_ust_now();
    std::atomic_ref index(m_ring.used->idx);
    const std::uint16_t slot = index.load(std::memory_order_relaxed);
    m_ring.used->ring[slot % m_size] = {head, length};
    index.store(static_cast<std::uint16_t>(slot + 1), std::memory_order_release);
    descry_ust_used(&queue, &chain);
    any = true;
  }
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (!any || m_call < 0 || (m_ring.avail->flags & VRING_AVAIL_F_NO_INTERRUPT) != 0) return;
  const std::uint64_t one = 1;
  if (write(m_call, &one, sizeof one) == sizeof one) descry_ust_interrupted(&queue);
}

void Backend::reply(std::uint32_t request, const void* data, std::uint32_t size) {
  std::array<char, sizeof(Header) + sizeof(Payload)> message{};
  const Header header{request, 1 | 4, size};  // version 1, a reply
  std::memcpy(message.data(), &header, sizeof header);
  std::memcpy(message.data() + sizeof header, data, size);
  if (write(m_socket, message.data(), sizeof header + size) < 0) std::perror("reply");
}

void Backend::handle(const Header& header, const Payload& payload, const std::vector<int>& fds) {
  const auto replace = [&fds](int& fd) {
    if (fd >= 0) close(fd);
    fd = fds.empty() ? -1 : fds.front();
  };
  switch (header.request) {
    case GetFeatures:
      return reply(header.request, &kFeatures, sizeof kFeatures);
    case GetProtocolFeatures:
      return reply(header.request, &kProtocolFeatures, sizeof kProtocolFeatures);
    case SetFeatures:
      m_features = payload.value;
      return;
    case SetMemTable:
      return mapMemory(payload, fds);
    case SetVringNum:
      m_size = payload.state.number;
      return;
    case SetVringBase:
      m_next = static_cast<std::uint16_t>(payload.state.number);
      m_position = m_next;
      return;
    case SetVringAddr:
      m_address = payload.address;
      m_ring.desc = reinterpret_cast<vring_desc*>(at(m_address.descriptors, false));
      m_ring.avail = reinterpret_cast<vring_avail*>(at(m_address.avail, false));
      m_ring.used = reinterpret_cast<vring_used*>(at(m_address.used, false));
      return;
    case GetVringBase: {
      const State state{payload.state.index, m_next};
      m_ring.avail = nullptr;
      return reply(header.request, &state, sizeof state);
    }
    case SetVringKick:
      replace(m_kick);
      return announce();
    case SetVringCall: {
      replace(m_call);
      // An interrupt that went to the eventfd before this one may have got lost.
      const std::uint64_t one = 1;
      if (m_call >= 0 && write(m_call, &one, sizeof one) != sizeof one) std::perror("call");
      return;
    }
    default:
      return;  // nothing else changes what this device does
  }
}

bool Backend::receive() {
  Header header{};
  Payload payload{};
  std::array<char, CMSG_SPACE(sizeof(int) * kMostRegions)> control{};
  iovec vector{&header, sizeof header};
  msghdr message{};
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  if (recvmsg(m_socket, &message, 0) != sizeof header || header.size > sizeof payload) return false;
  if (header.size > 0 && recv(m_socket, &payload, header.size, MSG_WAITALL) != static_cast<ssize_t>(header.size))
    return false;
  std::vector<int> fds;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    fds.resize((part->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    std::memcpy(fds.data(), CMSG_DATA(part), fds.size() * sizeof(int));
  }
  handle(header, payload, fds);
  return true;
}

void Backend::run() {
  while (true) {
    std::array<pollfd, 2> wait{{{m_socket, POLLIN, 0}, {m_kick, POLLIN, 0}}};
    if (poll(wait.data(), m_kick < 0 ? 1 : 2, -1) < 0 && errno != EINTR) return;
    if (wait[1].revents != 0) {
      const std::uint64_t kicked = descry_ust_now();
      std::uint64_t count = 0;
      if (read(m_kick, &count, sizeof count) == sizeof count) serve(kicked);
    }
    if (wait[0].revents != 0 && !receive()) return;
  }
}

int listenOn(const char* path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  unlink(path);
  const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  if (listener < 0 || bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener, 1) != 0)
    return -1;
  return accept(listener, nullptr, nullptr);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s SOCKET\n", argv[0]);
    return 2;
  }
  const int vmm = listenOn(argv[1]);
  if (vmm < 0) {
    std::perror(argv[1]);
    return 1;
  }
  Backend(vmm).run();
  unlink(argv[1]);
  return 0;
}
