// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/session/tracing_session.hpp"

#include <fmt/format.h>
#include <lttng/lttng.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>
#include <utility>

#include "schemas/model/error.hpp"

namespace descry {

namespace {

constexpr const char* kChannel = "descry";
/// LTTng has buffers for every CPU, though one thread writes: few CPUs, large buffers.
constexpr std::uint64_t kSmallestBuffer = 128U << 10U, kLargestBuffer = 8U << 20U, kUsualBuffer = 1U << 20U;
constexpr std::uint64_t kUsualMemory = 64U << 20U;
/// What is in a buffer is on disk this much later at most, also when somebody kills us.
constexpr unsigned kFlushMicroseconds = 200'000;
constexpr std::uint64_t kBuffers = 4;
/// Our own events rather wait than get lost: then the BPF ring buffer counts what is too much.
constexpr std::int64_t kBlockingMicroseconds = 1'000'000;

int nextSessionNumber() {
  static int number = 0;
  return number++;
}

[[noreturn]] void fail(const std::string& what, int code) {
  throw Error(fmt::format("{}: {}", what, lttng_strerror(code)));
}

/// LTTng turns to the relay daemon when the session is made or when it starts, depending on the version.
[[noreturn]] void failToBegin(const SessionOptions& options, int code) {
  fail(options.relay.empty() ? "the LTTng session cannot begin"
                             : fmt::format("the LTTng session that streams to {} cannot begin; see that lttng-relayd "
                                           "runs there and can be reached",
                                           options.relay),
       code);
}

std::string url(const std::filesystem::path& directory) {
  return "file://" + std::filesystem::absolute(directory).lexically_normal().string();
}

struct ChannelDelete {
  void operator()(lttng_channel* channel) const { lttng_channel_destroy(channel); }
};
struct EventDelete {
  void operator()(lttng_event* event) const { lttng_event_destroy(event); }
};

}  // namespace

TracingSession::TracingSession(const SessionOptions& options)
    : m_name(fmt::format("descry-{}-{}", getpid(), nextSessionNumber())) {
  create(options);
  try {
    enable(options);
    if (const int code = lttng_start_tracing(m_name.c_str()); code < 0) failToBegin(options, code);
  } catch (...) {
    lttng_destroy_handle(m_handle);
    lttng_destroy_session(m_name.c_str());
    throw;
  }
}

void TracingSession::create(const SessionOptions& options) {
  lttng_session_descriptor* session =
      options.relay.empty()
          ? lttng_session_descriptor_local_create(m_name.c_str(), std::filesystem::absolute(options.output).c_str())
          : lttng_session_descriptor_network_create(m_name.c_str(), ("net://" + options.relay).c_str(), nullptr);
  if (session == nullptr)
    throw Error(fmt::format("{}: LTTng takes no such place for a trace",
                            options.relay.empty() ? url(options.output) : options.relay));
  const auto code = lttng_create_session_ext(session);
  lttng_session_descriptor_destroy(session);
  if (code != LTTNG_OK) failToBegin(options, -static_cast<int>(code));
}

void TracingSession::enable(const SessionOptions& options) {
  lttng_domain domain{};
  domain.type = LTTNG_DOMAIN_UST;
  domain.buf_type = LTTNG_BUFFER_PER_UID;
  m_handle = lttng_create_handle(m_name.c_str(), &domain);
  if (m_handle == nullptr) throw Error("the LTTng session has no handle");

  const std::unique_ptr<lttng_channel, ChannelDelete> channel(lttng_channel_create(&domain));
  if (!channel) throw Error("LTTng cannot make a channel: out of memory");
  std::strncpy(channel->name, kChannel, sizeof channel->name - 1);
  lttng_channel_set_default_attr(&domain, &channel->attr);
  // All buffers of one CPU hold a second of what is expected: the consumer needs far less to come round, but who finds
  // them full waits for a tenth of a second.
  const auto cpus = static_cast<std::uint64_t>(std::max(sysconf(_SC_NPROCESSORS_CONF), 1L));
  const std::uint64_t usual = std::clamp(kUsualMemory / kBuffers / cpus, kSmallestBuffer, kUsualBuffer);
  channel->attr.subbuf_size = std::bit_ceil(std::clamp(options.bytesPerSecond / kBuffers, usual, kLargestBuffer));
  channel->attr.switch_timer_interval = kFlushMicroseconds;
  channel->attr.num_subbuf = kBuffers;
  lttng_channel_set_blocking_timeout(channel.get(), kBlockingMicroseconds);
  if (const int code = lttng_enable_channel(m_handle, channel.get()); code < 0) fail("the channel is refused", code);

  for (const std::string& context : options.threadNames) {
    lttng_event_context wanted{};
    wanted.ctx = context == "vpid" ? LTTNG_EVENT_CONTEXT_VPID : LTTNG_EVENT_CONTEXT_VTID;
    if (const int code = lttng_add_context(m_handle, &wanted, nullptr, kChannel); code < 0)
      fail(fmt::format("the context {} is refused", context), code);
  }
  for (const std::string& name : options.events) {
    const std::unique_ptr<lttng_event, EventDelete> event(lttng_event_create());
    if (!event) throw Error("LTTng cannot make an event rule: out of memory");
    event->type = LTTNG_EVENT_TRACEPOINT;
    event->loglevel_type = LTTNG_EVENT_LOGLEVEL_ALL;
    std::strncpy(event->name, name.c_str(), sizeof event->name - 1);
    const int code = lttng_enable_event_with_exclusions(m_handle, event.get(), kChannel, nullptr, 0, nullptr);
    if (code < 0) fail(fmt::format("the events {} are refused", name), code);
  }
}

bool TracingSession::stop() {
  if (std::exchange(m_stopped, true)) return true;
  return lttng_stop_tracing(m_name.c_str()) >= 0;
}

void TracingSession::writeOutMetadata() {
  if (const int code = lttng_stop_tracing(m_name.c_str()); code < 0) fail("the session does not stop", code);
  if (const int code = lttng_start_tracing(m_name.c_str()); code < 0) fail("the session does not start again", code);
}

std::uint64_t TracingSession::discarded() const {
  lttng_channel* channels = nullptr;
  const int count = lttng_list_channels(m_handle, &channels);
  std::uint64_t sum = 0;
  for (int i = 0; i < count; ++i) {
    std::uint64_t events = 0;
    if (lttng_channel_get_discarded_event_count(&channels[i], &events) == 0) sum += events;
  }
  if (count >= 0) std::free(channels);
  return sum;
}

TracingSession::~TracingSession() {
  stop();
  lttng_destroy_handle(m_handle);
  lttng_destroy_session(m_name.c_str());
}

}  // namespace descry
