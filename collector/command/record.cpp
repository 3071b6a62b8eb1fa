// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/record/record.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <filesystem>

#include "analyzer/cli/cli.hpp"
#include "collector/command/command.hpp"
#include "collector/import/import.hpp"
#include "collector/record/trace_cmd.hpp"
#include "schemas/model/error.hpp"
#include "schemas/model/probe_cost.hpp"
#include "schemas/store/database.hpp"
#include "schemas/system/output_file.hpp"
#include "schemas/system/temporary_folder.hpp"

namespace descry {

namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::string side = "auto", output, duration, detail = "normal", kvm = "auto", qemu = "auto", vhostUser = "auto",
              relay, device, kernel, architecture;
  std::uint64_t count = 0;
  std::int32_t queue = -1;
  std::uint32_t pid = 0, bufferKiB = 8192;
  std::vector<std::string> command, withUst, btf;
  bool raw = false, compareFolds = false, kprobes = false, quiet = false, printTraceCmd = false, force = false;
};

constexpr std::pair<const char*, Detail> kDetails[] = {
    {"light", Detail::Light}, {"normal", Detail::Normal}, {"full", Detail::Full}};

/// 10, 10s, 500ms, 2m, 1h.
std::chrono::nanoseconds parseDuration(const std::string& text) {
  constexpr std::pair<std::string_view, double> kUnits[] = {{"ms", 1e6}, {"us", 1e3},   {"s", 1e9},
                                                            {"m", 60e9}, {"h", 3600e9}, {"", 1e9}};
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && value > 0)
    for (const auto& [unit, ns] : kUnits)
      if (std::string_view(end, static_cast<std::size_t>(text.data() + text.size() - end)) == unit)
        return std::chrono::nanoseconds(std::llround(value * ns));
  throw cli::UsageError("--duration: expected a time such as 10s, 500ms or 2m, found '" + text + "'");
}

void defineRecord(cli::Options& options, Arguments& arguments) {
  options
      .option("--side", "SIDE", arguments.side,
              "host (kernel vhost), guest (virtio drivers) or auto:\nwhat this machine does (default: auto)")
      .oneOf({"host", "guest", "auto"});
  options.option(
      "-o,--output", "PATH", arguments.output,
      "New directory for the trace; a name that ends in .db\nis a case database, imported and analysed at once");
  options.flag("--force", arguments.force, "Replace a file that descry did not write");
  options.option("--duration", "TIME", arguments.duration, "Stop after this time: 10s, 500ms, 2m");
  options.option("--count", "N", arguments.count, "Stop after this many chains");
  options.option("--device", "DEVICE", arguments.device, "Only this device: virtioN, or a vhost device's address");
  options.option("--queue", "N", arguments.queue, "Only queues with this index");
  options.option("--pid", "PID", arguments.pid, "Only devices of this VMM process (host)");
  options.option("--detail", "LEVEL", arguments.detail, "How much to probe: light, normal or full\n(default: normal)")
      .oneOf({"light", "normal", "full"});
  options
      .option("--kvm", "WHEN", arguments.kvm,
              "Also record KVM and the scheduler (host): on, off\nor auto: where KVM is loaded, but not with\n"
              "--detail light (default: auto)")
      .oneOf({"auto", "on", "off"});
  options.option(
      "--qemu", "WHICH", arguments.qemu,
      "Also record queues that QEMUs serve themselves (host),\nby uprobes on the programs as they are: a process,\n"
      "off, or auto: all that run, but not with\n--detail light (default: auto)");
  options.option(
      "--vhost-user", "WHICH", arguments.vhostUser,
      "Also record queues that vhost-user backends serve\n(host), by uprobes on DPDK's vhost library: a process,\n"
      "off, or auto: all that run, but not with\n--detail light (default: auto)");
  options.flag("--raw", arguments.raw, "Record every probe hit instead of finished halves");
  options.flag("--kprobes", arguments.kprobes, "Use kprobes also where fentry would work");
  options.flag("--compare-folds", arguments.compareFolds,
               "Record both from the same hits, into two traces:\na test of the fold in the kernel");
  options.option("--with-ust", "EVENTS", arguments.withUst,
                 "Also record these events of other LTTng-UST\nproviders, e.g. 'qemu:virtqueue_*' (several times)");
  options.option("--stream", "HOST", arguments.relay, "Send the trace to the lttng-relayd on this host");
  options.option("--buffer", "KIB", arguments.bufferKiB, "Buffer between the kernel and the collector");
  options.flag("--print-trace-cmd", arguments.printTraceCmd,
               "Record nothing; print a script for trace-cmd instead,\nfor machines where this program cannot run");
  options.option("--kernel", "VERSION", arguments.kernel, "Kernel of that script (default: the running one)");
  options.option(
      "--btf", "FILE", arguments.btf,
      "Types of that kernel: a copy of its\n/sys/kernel/btf/vmlinux, then of its modules\nvirtio_ring and vhost (several times)");
  options.option("--arch", "ARCH", arguments.architecture, "Its architecture, as uname -m says (default: this one)");
  options.flag("-q,--quiet", arguments.quiet, "No coverage table, no live line and no summary");
  options.argument("COMMAND", arguments.command, "Record while this command runs (after --)");
}

/// Single hits have no names of their own for KVM's events.
bool wantsKvm(const Arguments& arguments) {
  if (arguments.kvm == "off") return false;
  if (arguments.kvm == "auto" && arguments.detail == "light") return false;
  const std::string why = arguments.raw || arguments.compareFolds ? "not with --raw or --compare-folds"
                          : arguments.side == "guest"             ? "only on a host"
                                                                  : withoutKvm();
  if (arguments.kvm == "on" && !why.empty()) throw cli::UsageError("--kvm on: " + why);
  return why.empty();
}

/// The value of --qemu or --vhost-user. Nothing: those that run, if any are wanted.
std::optional<pid_t> processIn(const std::string& value, std::string_view option, const Arguments& arguments) {
  if (value == "auto" || value == "off") return {};
  pid_t pid = 0;
  const char* last = value.data() + value.size();
  const auto [end, error] = std::from_chars(value.data(), last, pid);
  if (error != std::errc() || end != last || pid <= 0)
    throw cli::UsageError(fmt::format("{}: expected a process id, auto or off, found '{}'", option, value));
  if (arguments.side == "guest" || arguments.compareFolds)
    throw cli::UsageError(
        fmt::format("{} {}: {}", option, pid, arguments.compareFolds ? "not with --compare-folds" : "only on a host"));
  return pid;
}

RecordOptions optionsFrom(const Arguments& arguments) {
  RecordOptions options;
  if (arguments.side != "auto") options.side = arguments.side == "host" ? Side::Host : Side::Guest;
  if (!arguments.duration.empty()) options.duration = parseDuration(arguments.duration);
  options.count = arguments.count;
  options.command = arguments.command;
  options.withUst = arguments.withUst;
  options.relay = arguments.relay;
  options.compareFolds = arguments.compareFolds;
  for (const auto& [name, detail] : kDetails)
    if (arguments.detail == name) options.probes.detail = detail;
  options.probes.raw = arguments.raw;
  options.probes.folded = !arguments.raw;
  options.probes.kvm = wantsKvm(arguments);
  options.qemuPid = processIn(arguments.qemu, "--qemu", arguments);
  options.vhostUserPid = processIn(arguments.vhostUser, "--vhost-user", arguments);
  // QEMU's own trace events of the same chains would make them count twice.
  const bool tracesItself =
      std::ranges::any_of(arguments.withUst, [](const std::string& events) { return events.starts_with("qemu:"); });
  const bool looksForPrograms = !arguments.compareFolds && arguments.detail != "light";
  options.qemus = options.qemuPid || (arguments.qemu == "auto" && looksForPrograms && !tracesItself);
  options.vhostUser = options.vhostUserPid || (arguments.vhostUser == "auto" && looksForPrograms);
  options.probes.onlyKprobes = arguments.kprobes;
  options.probes.ownerPid = arguments.pid;
  options.probes.queue = arguments.queue;
  options.probes.ringBytes = arguments.bufferKiB * 1024U;
  if (!arguments.device.empty()) {
    const bool isName = arguments.device.starts_with("virtio");
    const std::string number = isName ? arguments.device.substr(6) : arguments.device;
    std::size_t used = 0;
    try {
      options.probes.device = std::stoull(number, &used, 0) + (isName ? 1 : 0);
    } catch (const std::exception&) {
      used = 0;
    }
    if (used != number.size() || used == 0)
      throw cli::UsageError("--device: expected virtioN or 0xADDRESS, found '" + arguments.device + "'");
  }
  return options;
}

void printCoverage(const std::vector<Coverage>& coverage) {
  std::size_t attached = 0;
  for (const Coverage& point : coverage) attached += point.attachment != Attachment::Missing;
  fmt::print(stderr, "{} of {} probe points attached:\n", attached, coverage.size());
  for (const Coverage& point : coverage) {
    fmt::print(stderr, "  {:<30} {:<9} {}{}\n", point.point->name, attachmentName(point), point.function,
               point.reason.empty() ? "" : " (" + point.reason + ")");
    if (point.attachment == Attachment::Missing)
      fmt::print(stderr, "  {:<30} so the report will not know {}\n", "", point.point->without);
  }
}

/// Told before anything is recorded: those who watch a production machine may want to stop here.
void printTrapCost(const TrapCost& cost) {
  const auto us = [](std::uint64_t ps) { return static_cast<double>(ps) * 1e-6; };
  // Ten: as counted in the lab for requests that each ring a doorbell and an interrupt.
  if (cost.qemuPs != 0)
    fmt::print(stderr,
               "a probe on QEMU is a trap of {:.2f} us here; a request makes about 10, which it waits for: {:.0f} us "
               "(--qemu off: none)\n",
               us(cost.qemuPs), us(10 * cost.qemuPs));
  if (cost.burstPs != 0)
    fmt::print(
        stderr,
        "a vhost-user backend takes {:.2f} us longer here for each call for a burst, also where it polls and finds "
        "nothing (--vhost-user off: none)\n",
        us(cost.burstPs));
}

class LiveLine {
 public:
  explicit LiveLine(bool quiet) : m_quiet(quiet), m_terminal(cli::isTerminal(STDERR_FILENO)) {}
  ~LiveLine() { clear(); }
  void show(const std::string& line) {
    if (m_quiet) return;
    fmt::print(stderr, "{}{}{}", m_terminal ? "\r" : "", line, m_terminal ? "\x1b[K" : "\n");
    std::fflush(stderr);
    m_shown = m_terminal;
  }
  void clear() {
    if (std::exchange(m_shown, false)) fmt::print(stderr, "\r\x1b[K");
  }

 private:
  bool m_quiet, m_terminal, m_shown = false;
};

void summarize(const RecordOutcome& outcome) {
  fmt::print("{} chains in {} records; own CPU {:.1f} %\n", outcome.chains, outcome.records, 100 * outcome.cpuShare);
  fmt::print("lost: {} in the ring buffer, {} in tables, {} in LTTng\n", outcome.loss.inRing, outcome.loss.inMap,
             outcome.discarded);
  const ProbeCost& cost = outcome.cost;
  if (cost.besideHits != 0)
    fmt::print(
        "probes beside the chains, of KVM, the scheduler, eventfds and backends that poll: {} hits, {:.0f} ns inside each, {} "
        "skipped because they nested, or because more threads signal than there is room for\n",
        cost.besideHits, cost.insideBesideNs(), cost.besideMissed);
  if (cost.timed == 0) return;
  fmt::print("probes: {} hits, {:.0f} ns each", cost.hits, cost.perHitNs());
  if (cost.outsidePs != 0)
    fmt::print(", {:.0f} ns of it to get in and out", static_cast<double>(cost.outsidePs) * 1e-3);
  fmt::print("\n");
  if (outcome.chains == 0 || outcome.latencyNs == 0) return;
  const auto chains = static_cast<double>(outcome.chains);
  const double perChain = cost.perHitNs() * static_cast<double>(cost.hits) / chains;
  const double share = 100 * perChain * chains / static_cast<double>(outcome.latencyNs);
  fmt::print("        {:.1f} hits and {:.0f} ns per chain: {:.1f} % of its mean latency\n",
             static_cast<double>(cost.hits) / chains, perChain, share);
  if (share > kMuchProbePercent)
    fmt::print(stderr, "warning: the probes are probably {:.0f} % of what was measured; record with --detail light\n",
               share);
}

OutputRules rulesFor(const Arguments& arguments) {
  OutputRules rules;
  rules.isOurs = Database::isCase;
  rules.force = arguments.force;
  return rules;
}

int importAfter(const RecordOutcome& outcome, const Arguments& arguments) {
  ImportOptions options;
  for (const fs::path& trace : outcome.traces) options.paths.push_back({trace, outcome.side});
  options.output = arguments.output;
  options.force = arguments.force;
  const ImportOutcome imported = importTraces(options);
  return imported.damaged || imported.analysis.stuck ? cli::kDamaged : cli::kOk;
}

int printTraceCmd(const Arguments& arguments) {
  utsname running{};
  uname(&running);
  TraceCmdOptions options;
  options.side = arguments.side == "host" ? Side::Host : Side::Guest;
  options.release = arguments.kernel.empty() ? running.release : arguments.kernel;
  options.architecture = arguments.architecture.empty() ? running.machine : arguments.architecture;
  if (!isUnameWord(options.release))
    throw cli::UsageError(fmt::format(
        "--kernel: expected what uname -r says there, such as 6.12.107+deb13-amd64, found \"{}\"", options.release));
  if (!isUnameWord(options.architecture))
    throw cli::UsageError(
        fmt::format("--arch: expected what uname -m says there, such as x86_64, found \"{}\"", options.architecture));
  if (!arguments.btf.empty()) {
    if (arguments.kernel.empty()) throw cli::UsageError("--btf: say of which kernel it is, with --kernel VERSION");
    options.offsets = offsetsFrom(KernelBtf({arguments.btf.begin(), arguments.btf.end()}), options.release);
  } else if (arguments.kernel.empty()) {
    if (const auto types = KernelBtf::ofRunningKernel()) options.offsets = offsetsFrom(*types, options.release);
  }
  fmt::print("{}", traceCmdScript(options));
  return cli::kOk;
}

int run(const Arguments& arguments) {
  if (arguments.printTraceCmd) return printTraceCmd(arguments);
  if (arguments.output.empty() && arguments.relay.empty()) throw cli::UsageError("say where to put the trace: -o DIR");
  RecordOptions options = optionsFrom(arguments);
  options.cancel = &cli::catchInterrupts();
  LiveLine line(arguments.quiet);
  options.live = [&](const std::string& text) { line.show(text); };
  options.attached = [&](const std::vector<Coverage>& coverage, const TrapCost& cost) {
    if (arguments.quiet) return;
    printCoverage(coverage);
    printTrapCost(cost);
  };
  const bool wantsDatabase = arguments.output.ends_with(".db");
  std::optional<TemporaryFolder> temporary;
  if (wantsDatabase && !arguments.relay.empty())
    throw cli::UsageError("--stream: the trace goes to the relay daemon; import it there, into " + arguments.output);
  if (wantsDatabase) {
    checkOutput(arguments.output, rulesFor(arguments));
    const fs::path folder = fs::path(arguments.output).parent_path();
    temporary.emplace("trace", folder.empty() ? fs::path(".") : folder);
  }
  options.output = wantsDatabase ? temporary->path() / "trace" : fs::path(arguments.output);
  const RecordOutcome outcome = record(options);
  line.clear();
  if (!arguments.quiet) summarize(outcome);
  int code = outcome.loss.inRing + outcome.loss.inMap + outcome.discarded != 0 ? cli::kDamaged : cli::kOk;
  for (const std::string& point : outcome.silent) {
    fmt::print(stderr, "warning: {}\n", point);
    code = cli::kDamaged;
  }
  if (outcome.daemonLost) {
    fmt::print(stderr, "warning: the session daemon ended before the recording did; the trace ends there\n");
    code = cli::kDamaged;
  }
  if (wantsDatabase) {
    try {
      code = std::max(code, importAfter(outcome, arguments));
    } catch (const Error& error) {
      temporary->keep();
      throw Error(fmt::format("{} (the trace is kept in {})", error.what(), temporary->path().string()));
    }
  }
  if (outcome.commandCode && *outcome.commandCode != 0)
    fmt::print(stderr, "warning: the command ended with exit code {}\n", *outcome.commandCode);
  return code;
}

std::function<int()> define(cli::Options& options) {
  const auto arguments = std::make_shared<Arguments>();
  defineRecord(options, *arguments);
  return [arguments] { return run(*arguments); };
}

}  // namespace

const cli::Command kRecordCommand{"record", "Record what the rings of this machine do", define};

}  // namespace descry
