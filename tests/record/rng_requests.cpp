// SPDX-License-Identifier: GPL-2.0-or-later
// The other end of samples/vhost_user_rng without a VMM: sets up one queue in shared memory, asks for random bytes so
// many times, one request after the other, and prints how many were answered: rng_requests SOCKET COUNT.
#define VIRTIO_RING_NO_LEGACY  // vring_init() is C
#include <linux/virtio_ring.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr std::uint32_t kSize = 16;
constexpr std::size_t kPage = 4096, kMemory = 4 * kPage;
constexpr std::uint64_t kGuestBase = 0x100000;  // of the only memory region; not where it is in this process
constexpr std::uint64_t kVersion1 = std::uint64_t{1} << 32U;
constexpr std::uint32_t kRequestBytes = 64;
constexpr int kPatienceMs = 20'000;

enum Request : std::uint32_t {
  SetFeatures = 2,
  SetMemTable = 5,
  SetVringNum = 8,
  SetVringAddr = 9,
  SetVringBase = 10,
  SetVringKick = 12,
  SetVringCall = 13,
};

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

class FrontEnd {
 public:
  explicit FrontEnd(const char* path);
  void setUp();
  /// One request; false when no answer comes.
  bool ask();

 private:
  void send(Request request, const std::uint64_t* words, std::size_t count, int fd = -1);

  int m_socket, m_kick, m_call, m_file;
  char* m_memory;
  vring_desc* m_desc;
  vring_avail* m_avail;
  vring_used* m_used;
  std::uint16_t m_asked = 0;
};

FrontEnd::FrontEnd(const char* path)
    : m_socket(socket(AF_UNIX, SOCK_STREAM, 0)),
      m_kick(eventfd(0, 0)),
      m_call(eventfd(0, 0)),
      m_file(memfd_create("queue", 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  if (connect(m_socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail(path);
  if (ftruncate(m_file, kMemory) != 0) fail("ftruncate");
  void* memory = mmap(nullptr, kMemory, PROT_READ | PROT_WRITE, MAP_SHARED, m_file, 0);
  if (memory == MAP_FAILED) fail("mmap");
  m_memory = static_cast<char*>(memory);
  m_desc = reinterpret_cast<vring_desc*>(m_memory);
  m_avail = reinterpret_cast<vring_avail*>(m_memory + kPage);
  m_used = reinterpret_cast<vring_used*>(m_memory + 2 * kPage);
}

/// A message of vhost-user: request, flags (version 1), size, and 64-bit words.
void FrontEnd::send(Request request, const std::uint64_t* words, std::size_t count, int fd) {
  std::array<std::uint32_t, 3> header{request, 1, static_cast<std::uint32_t>(count * sizeof *words)};
  std::array<iovec, 2> parts{{{header.data(), sizeof header}, {const_cast<std::uint64_t*>(words), header[2]}}};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof fd)> control{};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  if (fd >= 0) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* attached = CMSG_FIRSTHDR(&message);
    attached->cmsg_level = SOL_SOCKET;
    attached->cmsg_type = SCM_RIGHTS;
    attached->cmsg_len = CMSG_LEN(sizeof fd);
    std::memcpy(CMSG_DATA(attached), &fd, sizeof fd);
  }
  if (sendmsg(m_socket, &message, 0) < 0) fail("sendmsg");
}

void FrontEnd::setUp() {
  const auto own = reinterpret_cast<std::uint64_t>(m_memory);
  const std::uint64_t memory[] = {1, kGuestBase, kMemory, own, 0};  // one region, at offset 0 of the file
  const std::uint64_t ring[] = {0, own, own + 2 * kPage, own + kPage, 0};
  const std::uint64_t size = std::uint64_t{kSize} << 32U, first = 0, queue = 0;
  send(SetFeatures, &kVersion1, 1);
  send(SetMemTable, memory, std::size(memory), m_file);
  send(SetVringNum, &size, 1);
  send(SetVringBase, &first, 1);
  send(SetVringAddr, ring, std::size(ring));
  send(SetVringCall, &queue, 1, m_call);
  send(SetVringKick, &queue, 1, m_kick);
}

bool FrontEnd::ask() {
  const auto head = static_cast<std::uint16_t>(m_asked % kSize);
  m_desc[head] = {kGuestBase + 3 * kPage, kRequestBytes, VRING_DESC_F_WRITE, 0};
  m_avail->ring[head] = head;
  std::atomic_ref(m_avail->idx).store(++m_asked, std::memory_order_release);
  std::uint64_t count = 1;
  if (write(m_kick, &count, sizeof count) != sizeof count) fail("kick");
  while (std::atomic_ref(m_used->idx).load(std::memory_order_acquire) != m_asked) {
    pollfd wait{m_call, POLLIN, 0};
    if (poll(&wait, 1, kPatienceMs) <= 0 || read(m_call, &count, sizeof count) != sizeof count) return false;
  }
  return m_used->ring[head].id == head && m_used->ring[head].len == kRequestBytes;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s SOCKET COUNT\n", argv[0]);
    return 2;
  }
  FrontEnd frontEnd(argv[1]);
  frontEnd.setUp();
  const long wanted = std::atol(argv[2]);
  long answered = 0;
  while (answered < wanted && frontEnd.ask()) ++answered;
  std::printf("%ld\n", answered);
  return answered == wanted ? 0 : 1;
}
