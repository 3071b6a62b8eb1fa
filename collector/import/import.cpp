// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/import/import.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "collector/facts/facts_file.hpp"
#include "collector/facts/said_facts.hpp"
#include "collector/import/capture_import.hpp"
#include "collector/import/given_files.hpp"
#include "collector/import/pieces.hpp"
#include "collector/source/sources.hpp"
#include "schemas/model/error.hpp"
#include "schemas/model/vmm.hpp"
#include "schemas/store/database_file.hpp"

namespace descry {

namespace {

namespace fs = std::filesystem;

void stopIfAsked(const ImportOptions& options) {
  if (options.cancel && *options.cancel) throw Cancelled();
}

/// Lets the caller see how far it is and stop it.
class Watch {
 public:
  Watch(const ImportOptions& options, const GivenFiles& given) : m_options(options), m_given(given) {}

  void check(const std::string& step, std::optional<double> share, std::int64_t events) const {
    stopIfAsked(m_options);
    if (m_options.progress) m_options.progress({.step = m_given.shown(step), .share = share, .events = events});
  }

 private:
  const ImportOptions& m_options;
  const GivenFiles& m_given;
};

/// A slip of the pen must not cost a trace.
void checkOutput(const fs::path& output, const Inputs& inputs) {
  std::error_code error;
  const fs::path target = fs::weakly_canonical(fs::absolute(output, error), error);
  const bool isInput = std::ranges::any_of(
      inputs.facts, [&](const FactsInput& facts) { return fs::weakly_canonical(facts.path, error) == target; });
  if (isInput || (fs::is_regular_file(output, error) && isTrace(output)))
    throw Error(fmt::format("{}: is a trace or a facts file; the database needs a name of its own", output.string()));
  for (const TraceInput& trace : inputs.traces)
    if (fs::is_directory(trace.path, error) && fs::weakly_canonical(trace.path, error) == target.parent_path())
      throw Error(
          fmt::format("{}: lies inside the trace {}; write it somewhere else", output.string(), trace.path.string()));
}

OutputRules rulesFor(const ImportOptions& options, const Inputs& inputs) {
  OutputRules rules;
  rules.force = options.force;
  for (const TraceInput& trace : inputs.traces)
    for (const fs::path& piece : trace.paths()) rules.inputs.add(piece);
  for (const FactsInput& facts : inputs.facts) rules.inputs.add(facts.path);
  return rules;
}

/// What is known of one virtual machine.
struct Machine {
  std::vector<MachineFacts> said;  ///< by each source, and what comes first prevails
  std::vector<SurveyedCapture> captures;

  std::optional<std::int64_t> tscKhz(std::optional<Side> side) const {
    MachineFacts all;
    for (const MachineFacts& facts : said) all.complete(facts);
    return all.tscKhz(side);
  }
};

/// What --vmm says.
MachineFacts factsOfOption(std::string_view option) {
  MachineFacts facts;
  facts.source = kVmmOption;
  const auto named = std::ranges::find(kVmmNames, option, &VmmName::option);
  if (named == kVmmNames.end()) return facts;
  facts.more["vmm"] = named->runs.empty() ? named->name : named->runs;
  if (!named->runs.empty()) facts.more["managed_by"] = named->name;
  return facts;
}

/// A file that was found, not named, and that cannot be read after all is left out.
std::vector<MachineFacts> factsOf(Inputs& inputs, const std::string& vm, const GivenFiles& given) {
  std::vector<MachineFacts> said;
  if (!inputs.vmm.empty()) said.push_back(factsOfOption(inputs.vmm));
  for (const FactsInput& file : inputs.facts) {
    if (!file.vm.empty() && file.vm != vm) continue;
    try {
      said.push_back(readFacts(file.path));
      said.back().source = given.shown(said.back().source);
    } catch (const Error& error) {
      if (!file.found) throw;
      inputs.notes.push_back(fmt::format("{}; it is left out", error.what()));
    }
  }
  return said;
}

/// Traces that were found below a directory but have nothing of virtio in them, and why.
using Refused = std::vector<std::pair<TraceInput, std::string>>;

/// The import goes on without them, unless nothing is left of their side.
void leaveOut(const Refused& refused, const std::map<std::string, Machine>& machines, std::vector<std::string>& notes) {
  for (const auto& [trace, why] : refused) {
    const bool any = std::ranges::any_of(machines.at(trace.vm).captures, [&trace = trace](const auto& capture) {
      return !trace.side || capture.side == *trace.side;
    });
    if (!any) throw Error(why);
    notes.push_back(why + "; it is left out");
  }
}

std::map<std::string, Machine> readTraces(FactStore& store, Inputs& inputs, const ReadOptions& options,
                                          const Watch& watch, const GivenFiles& given) {
  std::map<std::string, Machine> machines;
  // A facts file that cannot be read is better known before a long trace was read.
  for (const TraceInput& trace : inputs.traces)
    if (const auto [machine, isNew] = machines.try_emplace(trace.vm); isNew)
      machine->second.said = factsOf(inputs, trace.vm, given);
  if (inputs.traces.empty()) machines[inputs.machine].said = factsOf(inputs, inputs.machine, given);
  Refused refused;
  for (const TraceInput& trace : inputs.traces) {
    const std::string step = "reading " + trace.path.string();
    const auto look = [&](std::optional<double> share, std::int64_t events) { watch.check(step, share, events); };
    Machine& machine = machines[trace.vm];
    ReadOptions reading = options;
    reading.tscKhz = machine.tscKhz(trace.side);
    try {
      machine.captures.push_back(importCapture(store, trace, reading, look));
    } catch (const NothingTaken& error) {
      if (!trace.found) throw;
      refused.push_back({trace, error.what()});
      continue;
    }
    MachineFacts written;
    written.source = given.shown(trace.path.string());
    written.devices = machine.captures.back().survey.devices();
    machine.said.push_back(std::move(written));
  }
  leaveOut(refused, machines, inputs.notes);
  return machines;
}

void count(const FactStore& store, ImportOutcome& outcome) {
  outcome.captures = static_cast<std::int64_t>(store.captures.size());
  // A device that both sides saw has a row of each.
  const auto ofSide = [&store](std::string_view side) {
    return std::ranges::count_if(store.devices, [&](const DeviceRow& device) {
      return store.captures[static_cast<std::size_t>(device.captureId - 1)].side == side;
    });
  };
  outcome.devices = std::max(ofSide("guest"), ofSide("host"));
  outcome.losses = std::ranges::count_if(store.losses, [](const LossRow& loss) { return loss.reason != "wrapped"; });
  for (const CaptureRow& capture : store.captures) {
    outcome.events += capture.events;
    outcome.decoded += capture.decoded;
  }
}

ImportOutcome writeFacts(Database& database, Inputs& inputs, const ReadOptions& options, const Watch& watch,
                         const GivenFiles& given) {
  FactStore store(database, options.inBackground);
  for (auto& [vm, machine] : readTraces(store, inputs, options, watch, given))
    applyFacts(store, vm, joinFacts(store, vm, machine.said, machine.captures, inputs.notes), machine.captures);
  for (std::string& note : inputs.notes) note = given.shown(std::move(note));
  for (CaptureRow& capture : store.captures) capture.path = given.shown(std::move(capture.path));
  for (SwiotlbPoolRow& pool : store.swiotlbPools) pool.source = given.shown(std::move(pool.source));
  for (const std::string& note : inputs.notes)
    store.anomaly("input-note", Doubt::Info, kUnseen, kUnseenQueue, kUnseen, note);
  store.meta.push_back({"tool_version", DESCRY_VERSION});
  store.finish();
  ImportOutcome outcome;
  count(store, outcome);
  outcome.anomalies = database.queryInteger("SELECT count(*) FROM anomaly WHERE severity <> 'info'").value_or(0);
  Statement doubts = database.prepare("SELECT detail FROM anomaly WHERE severity = 'error' ORDER BY anomaly_id");
  outcome.notes = inputs.notes;
  while (doubts.step()) outcome.doubts.emplace_back(doubts.text(0));
  return outcome;
}

/// The same with readable files in place of pipes and packed files.
ImportOptions readable(ImportOptions options, GivenFiles& given) {
  for (GivenPath& path : options.paths) path.path = given.readable(path.path);
  for (fs::path& path : options.factsFiles) path = given.readable(path);
  return options;
}

/// Facts without a trace are worth a case only where they say by themselves that something is wrong.
void checkFactsAlone(Database& database, const Inputs& inputs) {
  if (!inputs.traces.empty()) return;
  constexpr const char* kAnswers =
      "SELECT (SELECT count(*) FROM swiotlb_pool WHERE full > 0)"
      " + (SELECT count(*) FROM anomaly WHERE kind = 'facts-contradict')";
  if (database.queryInteger(kAnswers).value_or(0) > 0) return;
  std::string names;
  for (const FactsInput& facts : inputs.facts) names += (names.empty() ? "" : ", ") + facts.path.string();
  throw Error(fmt::format("no trace was given, and the facts alone ({}) answer nothing: give a trace as well", names));
}

ImportOutcome importReadable(const ImportOptions& options, const InputFiles& originals, const GivenFiles& given) {
  const Watch watch(options, given);
  Inputs inputs = findInputs(options.paths, options.factsFiles);
  inputs.vmm = options.vmm;
  nameMachines(inputs, options.vm);
  joinPieces(inputs);
  checkOutput(options.output, inputs);
  const ReadOptions reading{.reader = options.reader, .inBackground = options.jobs != 1};
  OutputRules rules = rulesFor(options, inputs);
  rules.inputs.add(originals);
  DatabaseFile file(options.output, rules);
  ImportOutcome outcome = writeFacts(file.database(), inputs, reading, watch, given);
  checkFactsAlone(file.database(), inputs);
  if (options.analyze) {
    file.database().commit();
    file.database().begin();
    AnalysisOptions analysis;
    analysis.map = options.map;
    analysis.progress = [&](double share) { watch.check("analysing", share, 0); };
    outcome.analysis = analyze(file.database(), analysis);
  }
  outcome.damaged = outcome.losses > 0 || outcome.anomalies > 0 || outcome.analysis.damaged;
  watch.check("writing " + options.output.string(), std::nullopt, 0);
  file.commit();
  return outcome;
}

}  // namespace

ImportOutcome importTraces(const ImportOptions& options) {
  GivenFiles given([&options] { stopIfAsked(options); });
  InputFiles originals;
  for (const GivenPath& path : options.paths) originals.add(path.path);
  for (const fs::path& path : options.factsFiles) originals.add(path);
  const ImportOptions opened = readable(options, given);
  try {
    return importReadable(opened, originals, given);
  } catch (const Cancelled&) {
    throw;
  } catch (const Error& error) {
    throw Error(given.shown(error.what()));
  }
}

}  // namespace descry
