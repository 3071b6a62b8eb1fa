// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "collector/fold/fold.hpp"
#include "collector/record/probe_set.hpp"

namespace descry {

struct RecordOptions {
  std::optional<Side> side;      ///< nothing: what this machine has
  std::filesystem::path output;  ///< directory of the capture; DIR/host or DIR/guest gets the trace
  std::string relay;  ///< host of an lttng-relayd, which gets the trace; `output`, if any, what lies beside it
  std::optional<std::chrono::nanoseconds> duration;
  std::uint64_t count = 0;           ///< stop after this many chains; 0: never
  std::vector<std::string> command;  ///< record while it runs
  std::vector<std::string> withUst;  ///< events of other UST providers
  ProbeOptions probes;
  bool qemus = true;                  ///< host: also probe QEMUs that serve queues themselves
  std::optional<pid_t> qemuPid;       ///< only this one, which then has to be possible
  bool vhostUser = true;              ///< host: also probe vhost-user backends
  std::optional<pid_t> vhostUserPid;  ///< only this one, which then has to be possible
  bool compareFolds = false;          ///< raw hits and finished halves of the same run, into two traces
  const std::atomic<bool>* cancel = nullptr;
  /// Called with the line about what is going on, about once a second.
  std::function<void(const std::string& line)> live;
  /// Called once when the probes are attached.
  std::function<void(const std::vector<Coverage>& coverage, const TrapCost& cost)> attached;
};

struct RecordOutcome {
  Side side = Side::Host;
  std::vector<Coverage> coverage;
  std::uint64_t chains = 0, records = 0;
  ProbeLoss loss;
  std::uint64_t discarded = 0;  ///< by LTTng
  ProbeCost cost;
  std::uint64_t latencyNs = 0;  ///< sum over all chains, as this side sees it
  double cpuShare = 0;          ///< own CPU time per time of the recording
  std::optional<int> commandCode;
  std::vector<std::string> silent;  ///< probe points without a hit that must have had some (silent_points.hpp)
  bool daemonLost = false;          ///< the session daemon ended before the recording did
  std::vector<std::filesystem::path> traces;
};

/// Records until `cancel`, the duration, the count or the command's end. Throws Error when it cannot begin; whatever
/// happens later ends the recording, and what was recorded until then stays readable.
RecordOutcome record(const RecordOptions& options);

}  // namespace descry
