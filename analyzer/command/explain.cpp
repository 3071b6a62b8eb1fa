// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <charconv>
#include <memory>

#include "analyzer/case/inputs.hpp"
#include "analyzer/case/time_unit.hpp"
#include "analyzer/cli/cli.hpp"
#include "analyzer/command/command.hpp"
#include "analyzer/command/output.hpp"
#include "analyzer/command/typed.hpp"
#include "analyzer/explain/story.hpp"
#include "analyzer/report/print.hpp"
#include "analyzer/report/report.hpp"
#include "schemas/model/error.hpp"

namespace descry {

namespace {

struct Arguments {
  std::string database, chain, where, output;
  std::int64_t slowest = 1;
  bool force = false;
};

/// "virtio0/req0/231", or "virtio0/req0/1/231" with an epoch, as a condition.
Condition conditionOf(const std::string& chain) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= chain.size();) {
    const std::size_t end = std::min(chain.find('/', begin), chain.size());
    parts.push_back(chain.substr(begin, end - begin));
    begin = end + 1;
  }
  const auto isNumber = [](const std::string& text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  };
  const bool withEpoch = parts.size() == 4;
  if ((parts.size() != 3 && !withEpoch) || !isNumber(parts.back()) || (withEpoch && !isNumber(parts[2])))
    throw cli::UsageError(
        fmt::format("--chain: expected DEVICE/QUEUE/POSITION or DEVICE/QUEUE/EPOCH/POSITION, found "
                    "\"{}\"",
                    chain));
  const auto number = [](const std::string& digits) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc()) throw cli::UsageError(fmt::format("--chain: {} is too large a number", digits));
    return value;
  };
  const Condition queue = both(equals("device", parts[0]), equals("queue", parts[1]));
  const Condition chainOfQueue = both(queue, equals("position", number(parts.back())));
  return withEpoch ? both(chainOfQueue, equals("epoch", number(parts[2]))) : chainOfQueue;
}

int run(const Arguments& arguments) {
  const std::string& wanted = arguments.chain.empty() ? arguments.where : arguments.chain;
  const Condition condition =
      arguments.chain.empty()
          ? cli::parsed("--where", arguments.where, [](const auto& each) { return parseCondition(each); })
          : conditionOf(arguments.chain);
  const Database database = Database::openReadOnly(arguments.database);
  requireNanoseconds(database, "descry explain");
  const auto stories = tellStories(database, condition, arguments.chain.empty() ? arguments.slowest : 10);
  if (stories.empty())
    throw Error(fmt::format("{}: no complete chain{}", arguments.database,
                            wanted.empty() ? "" : fmt::format(" meets: {}", wanted)));
  ReportOptions options;
  writeOutput({arguments.output, "text", inputsOf(database), arguments.force}, options,
              [&](std::ostream& out) { printText(storyPage(stories), options, out); });
  return cli::kOk;
}

std::function<int()> define(cli::Options& options) {
  auto arguments = std::make_shared<Arguments>();
  options.argument("DATABASE", arguments->database, "Case database made by descry import").required();
  const cli::Option chain =
      options.option("--chain", "DEVICE/QUEUE/POSITION", arguments->chain, "This chain, e.g. virtio0/req0/231");
  options
      .option("--slowest", "N", arguments->slowest,
              "The N slowest chains, those that did not come\nback first (default: 1)")
      .range(1, 1000)
      .excludes(chain);
  options
      .option("--where", "CONDITION", arguments->where,
              "Only chains that meet this, e.g.\n'queue == rx0 and iotlb > 50us'")
      .excludes(chain);
  options.option("-o,--output", "FILE", arguments->output, "Write there; - is the standard output");
  options.flag("--force", arguments->force, "Replace a file that descry did not write");
  return [arguments] { return run(*arguments); };
}

}  // namespace

const cli::Command kExplainCommand{"explain", "Tell the story of the slowest chain, or of any other", define};

}  // namespace descry
