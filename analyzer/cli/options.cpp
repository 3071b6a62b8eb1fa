// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/cli/options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

#include "analyzer/cli/cli.hpp"
#include "schemas/system/output_file.hpp"
#include "schemas/text/escape.hpp"

namespace descry::cli {

namespace {

constexpr std::string_view kExitCodes =
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but the trace has losses or\n"
    "anomalies that matter (the report's health section names them), 4 a check\n"
    "failed.";

/// CLI11's help with the words and the brevity of man pages.
class HelpLayout : public CLI::Formatter {
 public:
  HelpLayout() { column_width(kColumn); }

  std::string make_usage(const CLI::App* app, std::string name) const override {
    std::string usage = "Usage: " + name;
    if (app->get_require_subcommand_min() > 0) return usage + " COMMAND [OPTION]...\n";
    usage += " [OPTION]...";
    for (const CLI::Option* option : app->get_options())
      if (option->get_positional()) usage += " " + option->get_name(true) + (repeats(option) ? "..." : "");
    for (const CLI::Option* option : app->get_options())
      if (option->nonpositional() && option->get_required())
        usage += " -" + option->get_snames().front() + " " + option->get_type_name();
    return usage + "\n";
  }

  std::string make_option_opts(const CLI::Option* option) const override {
    if (option->get_positional() || option->get_type_size() == 0) return "";
    return " " + option->get_type_name();
  }

 private:
  static constexpr std::size_t kColumn = 26;

  static bool repeats(const CLI::Option* option) {
    return option->get_expected_max() >= CLI::detail::expected_max_vector_size;
  }
};

const std::shared_ptr<CLI::FormatterBase>& layout() {
  static const std::shared_ptr<CLI::FormatterBase> one = std::make_shared<HelpLayout>();
  return one;
}

void layOut(CLI::App& app) {
  app.formatter(layout());
  app.set_help_flag("-h,--help", "Show this help and exit");
  app.footer(std::string(kExitCodes));
}

template <typename Value>
Option added(CLI::App& app, const std::string& names, const std::string& type, Value& value, const std::string& help) {
  return Option(*app.add_option(names, value, help)->type_name(type));
}

int usageError(const std::string& program, const std::string& said) {
  std::cerr << program << ": " << printableLines(said) << "\nTry '" << program << " --help'.\n";
  return kUsage;
}

}  // namespace

std::string alternatives(const std::vector<std::string>& names) {
  if (names.size() < 2) return fmt::format("{}", fmt::join(names, ""));
  return fmt::format("{} or {}", fmt::join(names.begin(), names.end() - 1, ", "), names.back());
}

Option& Option::required() {
  m_option->required();
  return *this;
}

Option& Option::check(TextCheck check) {
  m_option->check(std::move(check));
  return *this;
}

Option& Option::oneOf(std::vector<std::string> names) {
  return check([names = std::move(names)](const std::string& text) -> std::string {
    if (std::ranges::find(names, text) != names.end()) return "";
    return fmt::format("expected {}, found \"{}\"", alternatives(names), text);
  });
}

// An empty description: CLI11 would put the range behind the type's name in the help.
Option& Option::range(std::int64_t least, std::int64_t most) {
  m_option->check(CLI::Range(least, most).description(""));
  return *this;
}

Option& Option::rangeOfReal(double least, double most) {
  m_option->check(CLI::Range(least, most).description(""));
  return *this;
}

Option& Option::excludes(const Option& other) {
  m_option->excludes(other.m_option);
  return *this;
}

Option Options::flag(const std::string& names, bool& value, const std::string& help) {
  return Option(*m_app->add_flag(names, value, help));
}

Option Options::option(const std::string& names, const std::string& type, std::string& value, const std::string& help) {
  return added(*m_app, names, type, value, help);
}

Option Options::option(const std::string& names, const std::string& type, double& value, const std::string& help) {
  return added(*m_app, names, type, value, help);
}

Option Options::option(const std::string& names, const std::string& type, std::int32_t& value,
                       const std::string& help) {
  return added(*m_app, names, type, value, help);
}

Option Options::option(const std::string& names, const std::string& type, std::uint32_t& value,
                       const std::string& help) {
  return added(*m_app, names, type, value, help);
}

Option Options::option(const std::string& names, const std::string& type, std::int64_t& value,
                       const std::string& help) {
  return added(*m_app, names, type, value, help);
}

Option Options::option(const std::string& names, const std::string& type, std::uint64_t& value,
                       const std::string& help) {
  return added(*m_app, names, type, value, help);
}

Option Options::option(const std::string& names, const std::string& type, std::optional<std::uint64_t>& value,
                       const std::string& help) {
  return added(*m_app, names, type, value, help);
}

Option Options::option(const std::string& names, const std::string& type, std::vector<std::string>& value,
                       const std::string& help) {
  return Option(*m_app->add_option(names, value, help)->type_name(type)->allow_extra_args(false));
}

Option Options::each(const std::string& names, const std::string& type, const TextCheck& take,
                     const std::string& help) {
  const auto takeAll = [names, take](const std::vector<std::string>& texts) {
    for (const std::string& text : texts)
      if (const std::string error = take(text); !error.empty()) throw CLI::ValidationError(names, error);
  };
  return Option(*m_app->add_option_function<std::vector<std::string>>(names, takeAll, help)
                     ->type_name(type)
                     ->allow_extra_args(false));
}

Option Options::argument(const std::string& name, std::string& value, const std::string& help) {
  return Option(*m_app->add_option(name, value, help));
}

Option Options::argument(const std::string& name, std::vector<std::string>& value, const std::string& help) {
  return Option(*m_app->add_option(name, value, help));
}

void Options::takeAnything() {
  m_app->allow_extras();
}

void addMapOption(Options& options, std::vector<DeviceMapping>& map) {
  const auto take = [&map](const std::string& text) -> std::string {
    const auto equals = text.find('=');
    if (equals == 0 || equals == std::string::npos || equals + 1 == text.size())
      return fmt::format("expected GUEST=HOST, found \"{}\"", text);
    map.push_back({text.substr(0, equals), text.substr(equals + 1)});
    return "";
  };
  options.each("--map", "GUEST=HOST", take,
               "Pair these two devices, e.g. virtio0=0x55e0c8a0\n(may be given several times)");
}

Program::Program(const std::string& name, const std::string& description)
    : m_app(std::make_unique<CLI::App>(description, name)) {}

Program::~Program() = default;

void Program::add(const Command& command) {
  m_app->require_subcommand(1);
  CLI::App* const app = m_app->add_subcommand(std::string(command.name), std::string(command.description));
  Options options(*app);
  m_commands.push_back({app, command.define == nullptr ? nullptr : command.define(options)});
  layOut(*app);
  app->group("Commands");
}

std::optional<int> Program::parse(int argc, char** argv) {
  std::string program = m_app->get_name();
  if (argc > 1 && argv[1][0] != '-' && !m_commands.empty()) {
    const std::string name = argv[1];
    std::vector<std::string> known;
    for (const Added& command : m_commands) known.push_back(command.app->get_name());
    if (std::ranges::find(known, name) == known.end())
      return usageError(program, fmt::format("unknown command '{}'; commands are: {}", name, fmt::join(known, ", ")));
    program += " " + name;
  }
  try {
    m_app->parse(argc, argv);
  } catch (const CLI::Success& asked) {
    return written(m_app->get_name(), m_app->exit(asked));
  } catch (const CLI::RequiredError& error) {
    const bool noCommand = !m_commands.empty() && m_app->get_subcommands().empty();
    return usageError(program, noCommand ? "a command is needed" : error.what());
  } catch (const CLI::ParseError& error) {
    return usageError(program, error.what());
  }
  return std::nullopt;
}

int Program::run(int argc, char** argv, const std::function<int()>& work) {
  removeOutputsOnSignal();
  layOut(*m_app);
  m_app->set_version_flag("--version", fmt::format("{} {}", m_app->get_name(), DESCRY_VERSION),
                          "Show the version and exit");
  if (const auto code = parse(argc, argv)) return *code;
  for (const Added& command : m_commands)
    if (command.app->parsed() && command.work)
      return cli::run(m_app->get_name(), command.work, command.app->get_name());
  return work ? cli::run(m_app->get_name(), work) : kUsage;
}

}  // namespace descry::cli
