// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/record/forwarder.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <span>

#include "collector/facts/silent_points.hpp"
#include "collector/fold/epoch_counts.hpp"
#include "schemas/model/error.hpp"
#include "schemas/model/points.hpp"

namespace descry {

namespace {

/// Beside the program as it was built, else where it was installed.
void* loadProvider() {
  std::error_code error;
  const auto beside = std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / DESCRY_PROVIDER_FILE;
  if (!error && std::filesystem::exists(beside, error)) return dlopen(beside.c_str(), RTLD_NOW | RTLD_LOCAL);
  return dlopen(DESCRY_PROVIDER_PATH, RTLD_NOW | RTLD_LOCAL);
}

/// Of a finished chain; nothing for one that is not.
std::optional<std::uint64_t> latencyOf(const descry_guest_half& half) {
  if (half.got == 0) return {};
  return half.got - half.entered;
}

std::optional<std::uint64_t> latencyOf(const descry_host_half& half) {
  if (half.used == 0) return {};
  const bool opens = (half.flags & kOpensBurst) != 0;
  const std::uint64_t begin = opens && half.kick != 0 ? half.kick : half.tried != 0 ? half.tried : half.fetched;
  return half.used > begin ? half.used - begin : 0;
}

/// Differences of lower halves are right for any upper halves.
std::uint64_t latencyOf(const descry_used_chain& chain, std::uint64_t used) {
  const auto low = [](std::uint64_t pair) { return static_cast<std::uint32_t>(pair); };
  const bool opens = (chain.counts >> 56U & kOpensBurst) != 0;
  const std::uint32_t kick = low(chain.kick_entered), tried = low(chain.tried_fetched);
  const std::uint32_t begin = opens && kick != 0 ? kick : tried != 0 ? tried : low(chain.tried_fetched >> 32U);
  return low(used) - begin;
}

}  // namespace

Forwarder::Forwarder() {
  // LTTng-UST registers with the session daemon while it is loaded, and reads these then.
  setenv("LTTNG_UST_ALLOW_BLOCKING", "1", 1);
  setenv("LTTNG_UST_REGISTER_TIMEOUT", "10000", 0);
  void* provider = loadProvider();
  if (provider == nullptr) throw Error(fmt::format("the LTTng-UST provider cannot be loaded: {}", dlerror()));
  m_write = reinterpret_cast<Write>(dlsym(provider, "descryForward"));
  m_writeBatch = reinterpret_cast<WriteBatch>(dlsym(provider, "descryForwardBatch"));
  if (m_write == nullptr || m_writeBatch == nullptr)
    throw Error(fmt::format("the LTTng-UST provider is of another version: {}", dlerror()));
}

void Forwarder::forward(const RecordRun& records) {
  m_records += records.count;
  switch (records.type()) {
    case Descry_guest_half:
      observe<descry_guest_half>(records);
      break;
    case Descry_host_half:
      observe<descry_host_half>(records);
      break;
    case Descry_host_used:
      observeUsed(records);
      break;
    case Descry_qemu_pop:
      observePops(records);
      break;
    case Descry_qemu_fill:
      observeFills(records);
      break;
    case Descry_host_epoch:
      addEpochs<descry_host_epoch>(records);
      break;
    case Descry_guest_epoch:
      addEpochs<descry_guest_epoch>(records);
      break;
    default:
      break;
  }
  put(records);
}

void Forwarder::addChain(std::uint64_t latencyNs) {
  ++m_chains;
  m_latencySum += latencyNs;
  m_latencies.add(latencyNs);
}

template <typename Epoch>
void Forwarder::addEpochs(const RecordRun& records) {
  for (std::size_t at = 0; at < records.count; ++at) {
    QueueEpochRow epoch;
    takeCounts(structureAt<Epoch>(records.from(at, 1).data()), epoch);
    addCounts(m_counts, epoch);
  }
}

template <typename Half>
void Forwarder::observe(const RecordRun& records) {
  for (std::size_t at = 0; at < records.count; ++at) {
    const std::optional<std::uint64_t> latency = latencyOf(structureAt<Half>(records.from(at, 1).data()));
    if (!latency) continue;
    addChain(*latency);
  }
}

void Forwarder::observeUsed(const RecordRun& records) {
  const auto used = structureAt<descry_host_used>(records.first);
  const std::byte* chain = records.first + sizeof used;
  for (std::uint32_t at = 0; at < used.count; ++at, chain += sizeof(descry_used_chain))
    addChain(latencyOf(structureAt<descry_used_chain>(chain), used.header.ns));
}

namespace {

/// Elements of two QEMUs may have the same address, which has 47 bits.
std::uint64_t elementKey(std::uint64_t element, std::uint32_t process) {
  return element ^ std::uint64_t{process} << 44U;
}

}  // namespace

void Forwarder::observePops(const RecordRun& records) {
  // Some go back unseen, as a device that is reset hands back none.
  constexpr std::size_t kMostOpen = 65536;
  if (m_popped.size() > kMostOpen) m_popped.clear();
  for (std::size_t at = 0; at < records.count; ++at) {
    const auto pop = structureAt<descry_qemu_pop>(records.from(at, 1).data());
    m_popped.insert_or_assign(elementKey(pop.elem, pop.process), pop.header.ns);
  }
}

void Forwarder::observeFills(const RecordRun& records) {
  for (std::size_t at = 0; at < records.count; ++at) {
    const auto fill = structureAt<descry_qemu_fill>(records.from(at, 1).data());
    const auto popped = m_popped.find(elementKey(fill.elem, fill.process));
    if (popped == m_popped.end()) continue;
    addChain(fill.header.ns > popped->second ? fill.header.ns - popped->second : 0);
    m_popped.erase(popped);
  }
}

void Forwarder::put(const RecordRun& records) {
  if (records.type() >= DescryFirstRaw) {
    for (std::size_t at = 0; at < records.count && m_write != nullptr; ++at) m_write(records.from(at, 1).data());
    return;
  }
  for (std::size_t done = 0; done < records.count;) {
    std::size_t room = (kMostWords - m_words) * sizeof(std::uint64_t);
    if (room < records.bytes) {
      flush();
      room = kMostWords * sizeof(std::uint64_t);
    }
    std::size_t some = records.count - done;
    if (some * records.bytes > room) some = room / records.bytes;
    const std::span<const std::byte> next = records.from(done, some);
    std::memcpy(&m_batch[m_words], next.data(), next.size());
    m_words += next.size() / sizeof(std::uint64_t);
    done += some;
  }
}

void Forwarder::flush() {
  if (m_words == 0) return;
  const DescryBatch batch = {recordLayout(), static_cast<std::uint32_t>(m_words),
                             reinterpret_cast<const __u64*>(m_batch.data())};
  if (m_writeBatch != nullptr) m_writeBatch(&batch);
  m_words = 0;
}

LiveNumbers Forwarder::takeLiveNumbers() {
  const LiveNumbers numbers{
      .chains = m_latencies.total(), .p50Ns = m_latencies.quantile(0.5), .p99Ns = m_latencies.quantile(0.99)};
  m_latencies.clear();
  return numbers;
}

}  // namespace descry
