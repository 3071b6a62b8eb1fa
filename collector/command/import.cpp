// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/import/import.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>

#include "analyzer/cli/cli.hpp"
#include "analyzer/cli/progress.hpp"
#include "collector/command/command.hpp"
#include "schemas/model/error.hpp"
#include "schemas/model/vmm.hpp"
#include "schemas/text/escape.hpp"

namespace descry {

namespace {

struct ImportArguments {
  std::vector<std::string> paths, hostPaths, guestPaths, factsFiles;
  std::string output, vm, vmm, reader = "auto";
  std::vector<DeviceMapping> map;
  std::uint32_t jobs = 0;
  bool force = false, noAnalyze = false, quiet = false;
};

/// Words with commas, in lines that the help has room for.
std::string wrapped(const std::vector<std::string>& words) {
  constexpr std::size_t kColumns = 50;
  std::string text;
  std::size_t used = 30;
  for (const std::string& word : words) {
    const bool isFirst = text.empty();
    used += word.size() + 2;
    text += isFirst ? word : used > kColumns ? ",\n" + word : ", " + word;
    if (used > kColumns) used = word.size() + 2;
  }
  return text;
}

void defineImport(cli::Options& options, ImportArguments& arguments) {
  options.argument("PATH", arguments.paths,
                   "A trace (CTF directory, trace.dat, ftrace text, log of\n"
                   "QEMU), a file as for --facts, a capture folder (host/,\n"
                   "guest/, case.json) or a directory above; sides follow\n"
                   "from names and content");
  options.option("-o,--output", "FILE", arguments.output, "Database to write; replaced only at the end").required();
  options.option("--guest", "PATH", arguments.guestPaths, "Trace of the guest (may be given several times)");
  options.flag("--force", arguments.force, "Replace a file that descry did not write");
  options.option("--host", "PATH", arguments.hostPaths, "Trace of the host (may be given several times)");
  options.option("--facts", "FILE", arguments.factsFiles,
                 "What a trace does not carry, known by its content:\n"
                 "a listing of /sys/bus/virtio/devices, virsh dumpxml,\n"
                 "a command line of QEMU (ps), answers of its monitor\n"
                 "(x-query-virtio, info virtio), lspci -vv, dmesg, JSON\n"
                 "like case.json (several times)");
  cli::addMapOption(options, arguments.map);
  options.option("--vm", "NAME", arguments.vm, "Name of the virtual machine");
  std::vector<std::string> vmms;
  for (const VmmName& vmm : kVmmNames) vmms.emplace_back(vmm.option);
  options
      .option("--vmm", "VMM", arguments.vmm,
              fmt::format("In whose words findings advise: {}\n(default: as facts say, else the two likeliest)",
                          wrapped(vmms)))
      .oneOf(vmms);
  options
      .option("--reader", "READER", arguments.reader,
              "Who reads CTF: packets (fast), babeltrace (reference)\n"
              "or auto: packets, babeltrace where it has to")
      .oneOf({"auto", "packets", "babeltrace"});
  options
      .option("-j,--jobs", "N", arguments.jobs,
              "1: no threads; more (default): read, fold and write\nside by side. The database is the same")
      .range(1, 1024);
  options.flag("--no-analyze", arguments.noAnalyze, "Write the facts only; descry analyze adds results");
  options.flag("-q,--quiet", arguments.quiet, "No progress bar and no summary");
}

ImportOptions optionsFrom(const ImportArguments& arguments) {
  ImportOptions options;
  for (const std::string& path : arguments.guestPaths) options.paths.push_back({path, Side::Guest});
  for (const std::string& path : arguments.hostPaths) options.paths.push_back({path, Side::Host});
  for (const std::string& path : arguments.paths) options.paths.push_back({path, std::nullopt});
  options.factsFiles.assign(arguments.factsFiles.begin(), arguments.factsFiles.end());
  options.output = arguments.output;
  options.force = arguments.force;
  options.map = arguments.map;
  options.vm = arguments.vm;
  options.vmm = arguments.vmm;
  options.reader = arguments.reader == "packets"      ? CtfReader::Packets
                   : arguments.reader == "babeltrace" ? CtfReader::Babeltrace
                                                      : CtfReader::Auto;
  options.jobs = arguments.jobs;
  options.analyze = !arguments.noAnalyze;
  return options;
}

std::string counted(std::int64_t count, const char* one, const char* several) {
  return fmt::format("{} {}", count, count == 1 ? one : several);
}

void summarize(const ImportArguments& arguments, const ImportOutcome& outcome) {
  const std::string output = printable(arguments.output);
  if (outcome.captures == 0) fmt::print("{}: facts alone, without a trace\n", output);
  const std::string chains = arguments.noAnalyze ? "" : ", " + counted(outcome.analysis.chains, "chain", "chains");
  if (outcome.captures > 0)
    fmt::print("{}: {}, {}, {}{}\n", output, counted(outcome.captures, "trace", "traces"),
               counted(outcome.events, "event", "events"), counted(outcome.devices, "device", "devices"), chains);
  std::fflush(stdout);
  for (const std::string& note : outcome.notes) cli::say("note", note);
  if (outcome.analysis.stuck)
    cli::say("warning", fmt::format("requests do not come back; see the findings of: descry report {}",
                                    shellWord(arguments.output)));
  if (!outcome.damaged) return;
  for (const std::string& doubt : outcome.doubts) cli::say("warning", doubt);
  cli::say("warning",
           fmt::format("some numbers cannot be trusted (ranges with lost events: {}, anomalies: {}); see the health "
                       "section of: descry report --full {}",
                       outcome.losses, outcome.anomalies, shellWord(arguments.output)));
}

int importCommand(const ImportArguments& arguments) {
  ImportOptions options = optionsFrom(arguments);
  options.cancel = &cli::catchInterrupts();
  cli::ProgressBar bar(arguments.quiet);
  options.progress = [&](const ImportProgress& progress) { bar.show(progress.step, progress.share, progress.events); };
  ImportOutcome outcome;
  try {
    outcome = importTraces(options);
  } catch (const Cancelled&) {
    std::error_code error;
    const bool old = std::filesystem::exists(arguments.output, error);
    throw Error(fmt::format("cancelled, {} {}", arguments.output, old ? "left as it was" : "was not made"));
  }
  bar.clear();
  if (!arguments.quiet) summarize(arguments, outcome);
  return outcome.damaged || outcome.analysis.stuck ? cli::kDamaged : cli::kOk;
}

std::function<int()> define(cli::Options& options) {
  const auto arguments = std::make_shared<ImportArguments>();
  defineImport(options, *arguments);
  return [arguments] {
    if (arguments->paths.empty() && arguments->guestPaths.empty() && arguments->hostPaths.empty() &&
        arguments->factsFiles.empty())
      throw cli::UsageError("import needs at least one trace or facts file");
    return importCommand(*arguments);
  };
}

}  // namespace

const cli::Command kImportCommand{"import", "Read traces into a case database and analyse them", define};

}  // namespace descry
