// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/record/doctor.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "analyzer/cli/cli.hpp"
#include "collector/command/command.hpp"

namespace descry {

namespace {

constexpr const char* kFindings[] = {"good", "limited", "missing"};
constexpr const char* kMarks[] = {"ok", "!!", "no"};

std::string asJson(const Diagnosis& diagnosis) {
  nlohmann::ordered_json json;
  json["kernel"] = diagnosis.kernel;
  json["architecture"] = diagnosis.architecture;
  for (const Examination& examination : diagnosis.examinations)
    json["examinations"].push_back({{"id", examination.id},
                                    {"what", examination.what},
                                    {"finding", kFindings[static_cast<int>(examination.finding)]},
                                    {"found", examination.found},
                                    {"means", examination.means},
                                    {"fix", examination.fix}});
  for (const Attribution& attribution : diagnosis.attributions)
    json["attributions"].push_back(
        {{"cause", attribution.cause}, {"possible", attribution.possible}, {"why", attribution.why}});
  return json.dump(2);
}

void print(const Diagnosis& diagnosis) {
  fmt::print("Linux {} ({})\n\n", diagnosis.kernel, diagnosis.architecture);
  for (const Examination& examination : diagnosis.examinations) {
    fmt::print("{}  {}: {}\n", kMarks[static_cast<int>(examination.finding)], examination.what, examination.found);
    if (!examination.means.empty()) fmt::print("    {}\n", examination.means);
    if (!examination.fix.empty() && examination.finding != Finding::Good) fmt::print("    -> {}\n", examination.fix);
  }
  fmt::print("\nA recording made here can tell:\n");
  for (const Attribution& attribution : diagnosis.attributions)
    fmt::print("{}  {:<13} {}\n", attribution.possible ? "ok" : "no", attribution.cause, attribution.why);
}

std::function<int()> define(cli::Options& options) {
  const auto asksJson = std::make_shared<bool>(false);
  options.flag("--json", *asksJson, "Write JSON");
  return [asksJson] {
    const Diagnosis diagnosis = examine();
    if (*asksJson)
      fmt::print("{}\n", asJson(diagnosis));
    else
      print(diagnosis);
    bool missing = false;
    for (const Examination& examination : diagnosis.examinations) missing |= examination.finding == Finding::Missing;
    return missing ? cli::kFailedCheck : cli::kOk;
  };
}

}  // namespace

const cli::Command kDoctorCommand{"doctor", "Check what can be recorded here and what prevents more", define};

}  // namespace descry
