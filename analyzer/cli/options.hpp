// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/pair/device_mapping.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

/// The command line of all programs: a thin layer over CLI11, whose header takes ten seconds to compile and is included
/// in options.cpp only.
namespace descry::cli {

/// Says what is wrong with the text after an option; "" when nothing is.
using TextCheck = std::function<std::string(const std::string&)>;

/// "text, json or junit"
std::string alternatives(const std::vector<std::string>& names);

/// An option or argument that was just defined, to say more about it.
class Option {
 public:
  explicit Option(CLI::Option& option) : m_option(&option) {}
  Option& required();
  Option& check(TextCheck check);
  /// It takes one of these words.
  Option& oneOf(std::vector<std::string> names);
  Option& range(std::int64_t least, std::int64_t most);
  Option& rangeOfReal(double least, double most);
  /// Only one of the two may be given.
  Option& excludes(const Option& other);

 private:
  CLI::Option* m_option;
};

/// The options of a program or of one of its commands. Values must outlive the parsing.
class Options {
 public:
  explicit Options(CLI::App& app) : m_app(&app) {}

  /// `names` are "-q,--quiet"; `value` becomes true when the flag is given.
  Option flag(const std::string& names, bool& value, const std::string& help);

  /// `type` is what the help calls the value: FILE, N. A vector takes one value each time the option is given.
  Option option(const std::string& names, const std::string& type, std::string& value, const std::string& help);
  Option option(const std::string& names, const std::string& type, double& value, const std::string& help);
  Option option(const std::string& names, const std::string& type, std::int32_t& value, const std::string& help);
  Option option(const std::string& names, const std::string& type, std::uint32_t& value, const std::string& help);
  Option option(const std::string& names, const std::string& type, std::int64_t& value, const std::string& help);
  Option option(const std::string& names, const std::string& type, std::uint64_t& value, const std::string& help);
  Option option(const std::string& names, const std::string& type, std::optional<std::uint64_t>& value,
                const std::string& help);
  Option option(const std::string& names, const std::string& type, std::vector<std::string>& value,
                const std::string& help);
  /// Calls take(text) for each time the option is given; what it returns is the error, "" for none.
  Option each(const std::string& names, const std::string& type, const TextCheck& take, const std::string& help);

  /// What stands without an option before it, in the order of definition. A vector takes all that are left.
  Option argument(const std::string& name, std::string& value, const std::string& help);
  Option argument(const std::string& name, std::vector<std::string>& value, const std::string& help);

  /// Takes and ignores everything that is given.
  void takeAnything();

 private:
  CLI::App* m_app;
};

/// `--map GUEST=HOST`.
void addMapOption(Options& options, std::vector<DeviceMapping>& map);

/// A command of a program with several, such as `descry report`.
struct Command {
  std::string_view name, description;
  /// Defines the options and returns what carries the command out and gives the exit code. Null where another program
  /// does that: the command then only stands in the help.
  std::function<int()> (*define)(Options& options);
};

class Program {
 public:
  Program(const std::string& name, const std::string& description);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  /// For a program without commands.
  Options options() { return Options(*m_app); }
  void add(const Command& command);

  /// Parses, then carries out the command that was given, or `work` where there are no commands. Returns the exit code:
  /// kUsage for a wrong command line, kOk after --help and --version.
  int run(int argc, char** argv, const std::function<int()>& work = {});

 private:
  struct Added {
    CLI::App* app;
    std::function<int()> work;
  };
  std::optional<int> parse(int argc, char** argv);

  std::unique_ptr<CLI::App> m_app;
  std::vector<Added> m_commands;
};

}  // namespace descry::cli
