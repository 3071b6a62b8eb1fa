// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/record/forwarder.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "collector/decode/descry_records.hpp"
#include "schemas/error.hpp"

namespace descry {

namespace {

constexpr std::size_t kMostLatencies = 65536;
/// An event has to fit into the smallest of LTTng's buffers, several times.
constexpr std::size_t kMostNumbers = 2048;

/// Beside the program as it was built, else where it was installed.
void* loadProvider() {
  std::error_code error;
  const auto beside = std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / DESCRY_PROVIDER_FILE;
  if (!error && std::filesystem::exists(beside, error)) return dlopen(beside.c_str(), RTLD_NOW | RTLD_LOCAL);
  return dlopen(DESCRY_PROVIDER_PATH, RTLD_NOW | RTLD_LOCAL);
}

std::uint64_t quantile(std::vector<std::uint64_t>& values, double share) {
  if (values.empty()) return 0;
  const auto index = static_cast<std::size_t>(share * static_cast<double>(values.size() - 1));
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(index));
  return values[index];
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

void Forwarder::forward(const DescryHeader& record) {
  observe(record);
  ++m_records;
  if (appendToBatch(record, m_batch)) {
    if (m_batch.size() >= kMostNumbers) flush();
  } else if (m_write != nullptr) {
    m_write(&record);
  }
}

void Forwarder::flush() {
  if (m_batch.empty()) return;
  const DescryBatch batch = {recordLayout(), static_cast<std::uint32_t>(m_batch.size()),
                             reinterpret_cast<const __u64*>(m_batch.data())};
  if (m_writeBatch != nullptr) m_writeBatch(&batch);
  m_batch.clear();
}

void Forwarder::observe(const DescryHeader& record) {
  if (record.type == Descry_guest_half) {
    const auto& half = reinterpret_cast<const descry_guest_half&>(record);
    if (half.got != 0) count(half.got - half.entered);
    return;
  }
  if (record.type != Descry_host_half) return;
  const auto& half = reinterpret_cast<const descry_host_half&>(record);
  if (half.used == 0) return;
  const bool opens = (half.flags & 32U) != 0;
  const std::uint64_t begin = opens && half.kick != 0 ? half.kick : half.tried != 0 ? half.tried : half.fetched;
  count(half.used > begin ? half.used - begin : 0);
}

void Forwarder::count(std::uint64_t latency) {
  ++m_chains;
  ++m_since;
  m_latencySum += latency;
  if (m_latencies.size() < kMostLatencies)
    m_latencies.push_back(latency);
  else
    m_latencies[m_chains % kMostLatencies] = latency;
}

LiveNumbers Forwarder::takeLiveNumbers() {
  LiveNumbers numbers{.chains = m_since, .p50Ns = quantile(m_latencies, 0.5), .p99Ns = quantile(m_latencies, 0.99)};
  m_since = 0;
  m_latencies.clear();
  return numbers;
}

}  // namespace descry
