// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/record/record.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <ostream>
#include <thread>

#include "collector/facts/silent_points.hpp"
#include "collector/record/capabilities.hpp"
#include "collector/record/essential_points.hpp"
#include "collector/record/forwarder.hpp"
#include "collector/record/machine_devices.hpp"
#include "collector/record/monotonic_clock.hpp"
#include "collector/record/raw_and_folded.hpp"
#include "collector/record/tsc_reading.hpp"
#include "collector/session/session_daemon.hpp"
#include "collector/session/tracing_session.hpp"
#include "schemas/model/error.hpp"
#include "schemas/system/output_file.hpp"
#include "schemas/system/process.hpp"

namespace descry {

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

/// Often enough that the ring does not fill up, and that records are never far behind their time.
constexpr auto kRound = 10ms;
constexpr auto kLivePeriod = 1s;
constexpr auto kRateSample = 100ms;

bool hasVhost() {
  std::error_code error;
  return fs::exists("/sys/module/vhost", error);
}

/// A machine that serves devices is a host, even if it is also something else.
Side sideOfThisMachine(bool servesByProgram) {
  std::error_code error;
  if (hasVhost() || servesByProgram) return Side::Host;
  if (fs::exists("/sys/bus/virtio/devices", error) && !fs::is_empty("/sys/bus/virtio/devices", error))
    return Side::Guest;
  throw Error(
      "this machine has neither kernel vhost (the module is not loaded) nor a QEMU or a vhost-user backend that runs nor "
      "virtio devices: nothing to record");
}

double ownCpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void refuseUsed(const fs::path& directory) {
  std::error_code error;
  if (fs::exists(directory, error) && !fs::is_empty(directory, error))
    throw Error(fmt::format("{}: already contains files; record into a new directory", directory.string()));
}

std::string shortTime(std::uint64_t ns) {
  if (ns < 10'000) return fmt::format("{} ns", ns);
  if (ns < 10'000'000) return fmt::format("{:.1f} us", static_cast<double>(ns) * 1e-3);
  return fmt::format("{:.1f} ms", static_cast<double>(ns) * 1e-6);
}

class Recording {
 public:
  explicit Recording(const RecordOptions& options) : m_options(options) {}

  RecordOutcome run();

 private:
  void findQemus();
  void findBackends();
  void openSessions();
  SessionOptions sessionFor(const fs::path& output, std::vector<std::string> events) const;
  std::unique_ptr<ProbeSet> chosenProbes(const ProbeOptions& probes, bool withKvmAlone,
                                         const ProbeSet::Take& take) const;
  void startProbes();
  void loop();
  bool done();
  void showLive();
  void noteLoss(std::uint64_t now);
  void writeBeside();
  void writeStart();
  void writeCost(std::uint64_t now);
  void writeTsc();
  void finish();

  const RecordOptions& m_options;
  RecordOutcome m_outcome;
  std::unique_ptr<Process> m_command;
  std::unique_ptr<SessionDaemon> m_daemon;
  std::vector<std::unique_ptr<TracingSession>> m_sessions;
  std::vector<std::vector<std::byte>> m_early;  ///< records from before the session was there
  std::unique_ptr<Forwarder> m_forwarder;
  std::vector<QemuProcess> m_qemus;
  std::vector<VhostUserBackend> m_backends;
  std::unique_ptr<ProbeSet> m_probes;
  Clock::time_point m_begin, m_lastLive, m_lastTsc;
  double m_cpuBegin = 0;
  std::uint64_t m_lastLook = 0;
  ProbeLoss m_notedLoss;
};

SessionOptions Recording::sessionFor(const fs::path& output, std::vector<std::string> events) const {
  SessionOptions session;
  session.output = output;
  session.relay = m_options.relay;
  session.events = std::move(events);
  std::uint64_t bytes = 0;
  for (const auto& record : m_early) bytes += record.size();
  session.bytesPerSecond = bytes * (1s / kRateSample);
  if (!m_options.withUst.empty()) session.threadNames = {"vtid"};
  return session;
}

void Recording::openSessions() {
  const char* side = m_outcome.side == Side::Host ? "host" : "guest";
  if (!m_options.compareFolds) {
    std::vector<std::string> events = {"descry:*"};
    for (const std::string& name : m_options.withUst)
      if (std::ranges::find(events, name) == events.end()) events.push_back(name);  // LTTng takes none twice
    m_outcome.traces = {m_options.output / side};
    m_sessions.push_back(std::make_unique<TracingSession>(sessionFor(m_outcome.traces[0], std::move(events))));
    return;
  }
  m_outcome.traces = {m_options.output / "folded" / side, m_options.output / "raw" / side};
  m_sessions.push_back(std::make_unique<TracingSession>(sessionFor(m_outcome.traces[0], foldedEventNames())));
  m_sessions.push_back(std::make_unique<TracingSession>(sessionFor(m_outcome.traces[1], rawEventNames())));
}

void Recording::findQemus() {
  if (!m_options.qemus || m_options.side == Side::Guest) return;
  if (m_options.qemuPid) {
    m_qemus.push_back(qemuProcess(*m_options.qemuPid));
    if (!m_qemus.front().refusal.empty())
      throw Error(fmt::format("{} ({}) cannot be probed: {}", m_qemus.front().name, *m_options.qemuPid,
                              m_qemus.front().refusal));
    return;
  }
  m_qemus = runningQemus();
  const auto owner = static_cast<pid_t>(m_options.probes.ownerPid);
  if (owner != 0) std::erase_if(m_qemus, [owner](const QemuProcess& qemu) { return qemu.pid != owner; });
}

std::unique_ptr<ProbeSet> Recording::chosenProbes(const ProbeOptions& probes, bool withKvmAlone,
                                                  const ProbeSet::Take& take) const {
  if (m_outcome.side == Side::Guest) return makeGuestProbes(probes, take);
  std::vector<std::unique_ptr<ProbeSet>> sets;
  if (hasVhost() || withKvmAlone || (m_qemus.empty() && m_backends.empty()))
    sets.push_back(makeHostProbes(probes, take));
  const ProbeSet* host = sets.empty() ? nullptr : sets.front().get();
  std::vector<QemuProcess> byFunctions, byTracePoints;
  for (const QemuProcess& qemu : m_qemus) (qemu.whyTracePoints.empty() ? byFunctions : byTracePoints).push_back(qemu);
  if (!byFunctions.empty()) sets.push_back(makeQemuProbes(probes, std::move(byFunctions), host, take));
  if (!byTracePoints.empty()) sets.push_back(makeQemuTracePoints(probes, std::move(byTracePoints), take));
  if (!m_backends.empty()) sets.push_back(makeVhostUserProbes(probes, m_backends, take));
  return joinProbes(std::move(sets));
}

void Recording::findBackends() {
  if (!m_options.vhostUser || m_options.side == Side::Guest) return;
  if (!m_options.vhostUserPid) {
    m_backends = runningVhostUserBackends();
    return;
  }
  m_backends.push_back(vhostUserBackend(*m_options.vhostUserPid));
  if (const std::string& refusal = m_backends.front().refusal; !refusal.empty())
    throw Error(fmt::format("{} ({}) cannot be probed: {}", m_backends.front().name, *m_options.vhostUserPid, refusal));
}

void Recording::startProbes() {
  ProbeOptions probes = m_options.probes;
  if (m_options.compareFolds) probes.folded = probes.raw = true;
  probes.kvmOfVmm = probes.kvm && !m_qemus.empty();
  probes.noVhost = probes.kvmOfVmm && !hasVhost();
  const ProbeSet::Take take = [this](const RecordRun& records) {
    if (m_forwarder) return m_forwarder->forward(records);
    for (std::size_t at = 0; at < records.count; ++at) {
      const auto record = records.from(at, 1);
      m_early.emplace_back(record.begin(), record.end());
    }
  };
  // KVM alone is an extra: without it the QEMUs are recorded all the same.
  const bool withKvmAlone = probes.noVhost && std::ranges::any_of(m_qemus, &usesKvm);
  try {
    m_probes = chosenProbes(probes, withKvmAlone, take);
    m_lastLook = m_probes->attach();
  } catch (const Error&) {
    if (!withKvmAlone) throw;
    m_probes = chosenProbes(probes, false, take);
    m_lastLook = m_probes->attach();
  }
  m_outcome.coverage = m_probes->coverage();
  if (const std::string lack = lackOfEssentials(m_outcome.side, m_outcome.coverage); !lack.empty())
    throw Error(fmt::format("nothing could be told of any device: the probes do not show {}. {}", lack,
                            insteadOfProbes(m_outcome.coverage)));
}

/// What a trace does not carry lies beside it: the guest's devices, and what was probed.
void Recording::writeBeside() {
  for (const fs::path& trace : m_outcome.traces) {
    fs::create_directories(trace);                          // LTTng made it, unless it streams
    const OutputRules rules = OutputRules::replacingAny();  // the folder was made for this recording
    if (m_outcome.side == Side::Guest)
      writeFile(trace / "virtio-devices", rules, [](std::ostream& out) { out << virtioDeviceListing(); });
    writeFile(trace / "coverage.tsv", rules, [&](std::ostream& out) {
      out << "point\tattached\tfunction\treason\n";
      for (const Coverage& point : m_outcome.coverage)
        out << point.point->name << '\t' << attachmentName(point) << '\t' << point.function << '\t' << point.reason
            << '\n';
    });
  }
}

void Recording::writeStart() {
  descry_capture_start start{};
  start.header.type = Descry_capture_start;
  start.header.ns = m_lastLook;
  start.detail = static_cast<std::uint32_t>(m_options.probes.detail);
  start.raw = m_options.probes.raw ? 1 : 0;
  m_forwarder->forward(RecordRun::of(start));
}

/// Losses are noticed when the counters are looked at: they happened since the look before.
void Recording::noteLoss(std::uint64_t now) {
  const ProbeLoss loss = m_probes->loss();
  const auto note = [&](std::uint64_t count, std::uint32_t place) {
    if (count == 0) return;
    descry_capture_loss record{};
    record.header.type = Descry_capture_loss;
    record.header.ns = now;
    record.begin = m_lastLook;
    record.count = count;
    record.place = place;
    m_forwarder->forward(RecordRun::of(record));
  };
  note(loss.inRing - m_notedLoss.inRing, DescryLostInRing);
  note(loss.inMap - m_notedLoss.inMap, DescryLostInMap);
  note(loss.inHits - m_notedLoss.inHits, DescryLostInHits);
  m_notedLoss = loss;
  m_lastLook = now;
}

void Recording::writeCost(std::uint64_t now) {
  const ProbeCost cost = m_probes->cost();
  descry_capture_cost record{};
  record.header.type = Descry_capture_cost;
  record.header.ns = now;
  record.hits = cost.hits;
  record.timed = cost.timed;
  record.timed_ns = cost.timedNs;
  record.outside_ps = cost.outsidePs;
  m_forwarder->forward(RecordRun::of(record));
}

/// Where both sides know their counters and KVM what lies between them, that tells their clocks apart.
void Recording::writeTsc() {
  const std::optional<TscReading> reading = readTsc();
  if (!reading) return;
  descry_capture_tsc record{};
  record.header.type = Descry_capture_tsc;
  record.header.ns = reading->ns;
  record.tsc = reading->tsc;
  record.error = reading->errorNs;
  m_forwarder->forward(RecordRun::of(record));
  m_lastTsc = Clock::now();
}

bool Recording::done() {
  if (m_options.cancel && *m_options.cancel) return true;
  if (m_options.duration && Clock::now() - m_begin >= *m_options.duration) return true;
  if (m_options.count != 0 && m_forwarder->chains() >= m_options.count) return true;
  if (m_command && (m_outcome.commandCode = m_command->poll())) return true;
  if (!m_daemon->alive()) return m_outcome.daemonLost = true;
  return false;
}

void Recording::showLive() {
  const auto now = Clock::now();
  if (now - m_lastLive < kLivePeriod) return;
  const double seconds = std::chrono::duration<double>(now - m_lastLive).count();
  m_lastLive = now;
  const LiveNumbers live = m_forwarder->takeLiveNumbers();
  const ProbeLoss loss = m_probes->loss();
  const double total = std::chrono::duration<double>(now - m_begin).count();
  if (m_options.live)
    m_options.live(fmt::format("{:5.0f} s  {:9.0f} chains/s  p50 {:>9}  p99 {:>9}  lost {}  own CPU {:.1f} %", total,
                               static_cast<double>(live.chains) / seconds, shortTime(live.p50Ns), shortTime(live.p99Ns),
                               loss.inRing + loss.inMap + loss.inHits, 100 * (ownCpuSeconds() - m_cpuBegin) / total));
}

void Recording::loop() {
  while (!done()) {
    std::this_thread::sleep_for(kRound);
    m_probes->consume();
    noteLoss(monotonicNs());
    if (Clock::now() - m_lastTsc >= kLivePeriod) writeTsc();
    m_forwarder->flush();
    showLive();
  }
}

void Recording::finish() {
  if (m_outcome.daemonLost) m_forwarder->stopWriting();
  // Detaching does not belong to what recording costs.
  const double seconds = std::chrono::duration<double>(Clock::now() - m_begin).count();
  m_outcome.cpuShare = seconds > 0 ? (ownCpuSeconds() - m_cpuBegin) / seconds : 0;
  // What is written from here on belongs to the moment the probes stopped: the capture ends there.
  writeTsc();
  const std::uint64_t end = m_probes->finish();
  noteLoss(end);
  writeCost(end);
  m_forwarder->flush();
  m_outcome.loss = m_probes->loss();
  m_outcome.cost = m_probes->cost();
  if (!m_outcome.daemonLost) {
    for (const auto& session : m_sessions) {
      m_outcome.daemonLost |= !session->stop();
      m_outcome.discarded += session->discarded();
    }
  }
  m_outcome.chains = m_forwarder->chains();
  m_outcome.silent = silentPoints(m_forwarder->counts());
  m_outcome.latencyNs = m_forwarder->latencyNs();
  m_outcome.records = m_forwarder->records();
}

RecordOutcome Recording::run() {
  requireCapabilities();
  findQemus();
  findBackends();
  m_outcome.side = m_options.side ? *m_options.side : sideOfThisMachine(!m_qemus.empty() || !m_backends.empty());
  if (!m_options.output.empty())
    for (const char* name : {"host", "guest", "folded", "raw"})
      if (name == std::string(m_outcome.side == Side::Host ? "host" : "guest") ||
          (m_options.compareFolds && name[0] != 'h' && name[0] != 'g'))
        refuseUsed(m_options.output / name);
  if (!m_options.command.empty()) {
    ProcessOptions asItIsNow;
    asItIsNow.waits = true;
    m_command = std::make_unique<Process>(m_options.command, asItIsNow);
  }
  m_daemon = std::make_unique<SessionDaemon>(m_options.withUst.empty() ? SessionDaemon::Visibility::Private
                                                                       : SessionDaemon::Visibility::Shared);
  startProbes();
  std::this_thread::sleep_for(kRateSample);
  m_probes->consume();
  openSessions();
  m_forwarder = std::make_unique<Forwarder>();
  for (const auto& session : m_sessions) session->writeOutMetadata();
  writeStart();
  writeTsc();
  for (const auto& record : m_early) m_forwarder->forward({record.data(), 1, record.size()});
  m_early.clear();
  if (!m_options.output.empty()) writeBeside();
  if (!dropCapabilities()) throw Error("cannot give up the capabilities");
  if (m_options.attached) m_options.attached(m_outcome.coverage, m_probes->trapCost());
  m_cpuBegin = ownCpuSeconds();
  m_begin = m_lastLive = Clock::now();
  writeTsc();
  if (m_command) m_command->release();
  loop();
  finish();
  m_sessions.clear();
  m_daemon->stop();
  return std::move(m_outcome);
}

}  // namespace

RecordOutcome record(const RecordOptions& options) {
  return Recording(options).run();
}

}  // namespace descry
