// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

struct lttng_handle;

namespace descry {

struct SessionOptions {
  std::filesystem::path output;          ///< directory of the CTF trace; unused when `relay` is set
  std::string relay;                     ///< host of an lttng-relayd; empty: none
  std::vector<std::string> events;       ///< names or patterns of UST events: "descry:*"
  std::vector<std::string> threadNames;  ///< contexts to add: "vtid", ...
  std::uint64_t bytesPerSecond = 0;      ///< what is expected; decides how large the buffers are
};

/// One LTTng session for user space events, of our own name, with one channel.
class TracingSession {
 public:
  /// Creates and starts it. Throws Error with LTTng's reason.
  explicit TracingSession(const SessionOptions& options);
  /// Destroys the session; the trace stays.
  ~TracingSession();
  TracingSession(const TracingSession&) = delete;
  TracingSession& operator=(const TracingSession&) = delete;

  /// Stops and waits until everything is written. False when the daemon is gone.
  bool stop();
  /// Has the description of all events that are known by now written to disk: without it a trace cannot be read when
  /// the session daemon is killed. What is recorded meanwhile is lost. Throws Error.
  void writeOutMetadata();
  /// Events that LTTng had no room for, so far.
  std::uint64_t discarded() const;
  const std::string& name() const { return m_name; }

 private:
  void create(const SessionOptions& options);
  void enable(const SessionOptions& options);

  std::string m_name;
  lttng_handle* m_handle = nullptr;
  bool m_stopped = false;
};

}  // namespace descry
