// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/cli/cli.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <new>

#include "schemas/model/error.hpp"

namespace descry::cli {

namespace {

constexpr std::string_view kExitCodes =
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but the trace has losses or\n"
    "anomalies that matter (the report's health section names them), 4 a check\n"
    "failed.";

std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void onInterrupt(int) {
  interrupted = true;
}

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

void layOut(CLI::App& app, const std::shared_ptr<CLI::FormatterBase>& layout) {
  app.formatter(layout);
  app.set_help_flag("-h,--help", "Show this help and exit");
  app.footer(std::string(kExitCodes));
}

std::vector<CLI::App*> commandsOf(CLI::App& app) {
  return app.get_subcommands([](CLI::App*) { return true; });
}

int usageError(const std::string& program, const std::string& said) {
  std::cerr << program << ": " << said << "\nTry '" << program << " --help'.\n";
  return kUsage;
}

}  // namespace

void prepare(CLI::App& app) {
  const auto layout = std::make_shared<HelpLayout>();
  layOut(app, layout);
  app.set_version_flag("--version", fmt::format("{} {}", app.get_name(), DESCRY_VERSION), "Show the version and exit");
  for (CLI::App* command : commandsOf(app)) {
    layOut(*command, layout);
    command->group("Commands");
  }
}

std::optional<int> parse(CLI::App& app, int argc, char** argv) {
  std::string program = app.get_name();
  if (argc > 1 && argv[1][0] != '-' && !commandsOf(app).empty()) {
    const std::string name = argv[1];
    std::string known;
    bool isKnown = false;
    for (CLI::App* command : commandsOf(app)) {
      known += (known.empty() ? "" : ", ") + command->get_name();
      isKnown |= command->get_name() == name;
    }
    if (!isKnown) return usageError(program, fmt::format("'{}' is no command; the commands are: {}", name, known));
    program += " " + name;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {
    return app.exit(asked);
  } catch (const CLI::RequiredError& error) {
    return usageError(program, app.get_subcommands().empty() ? "a command is needed" : error.what());
  } catch (const CLI::ParseError& error) {
    return usageError(program, error.what());
  }
  return std::nullopt;
}

std::function<std::string(const std::string&)> oneOf(std::vector<std::string> names) {
  return [names = std::move(names)](const std::string& text) -> std::string {
    if (std::ranges::find(names, text) != names.end()) return "";
    return fmt::format("expected {}, found \"{}\"", fmt::join(names, " or "), text);
  };
}

int run(std::string_view program, const std::function<int()>& work) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    std::cerr << program << ": out of memory\n";
  } catch (const UsageError& error) {
    std::cerr << program << ": " << error.what() << '\n';
    return kUsage;
  } catch (const std::exception& error) {
    std::cerr << program << ": " << error.what() << '\n';
  }
  return kFailed;
}

void addMapOption(CLI::App& command, std::vector<DeviceMapping>& map) {
  const auto take = [&map](const std::string& text) {
    const auto equals = text.find('=');
    if (equals == 0 || equals == std::string::npos || equals + 1 == text.size())
      throw CLI::ValidationError("--map", fmt::format("expected GUEST=HOST, found \"{}\"", text));
    map.push_back({text.substr(0, equals), text.substr(equals + 1)});
  };
  command
      .add_option_function<std::vector<std::string>>(
          "--map",
          [take](const std::vector<std::string>& texts) {
            for (const std::string& text : texts) take(text);
          },
          "Pair these two devices, e.g. virtio0=0x55e0c8a0\n(may be given several times)")
      ->type_name("GUEST=HOST")
      ->allow_extra_args(false);
}

const std::atomic<bool>& catchInterrupts() {
  struct sigaction action {};
  action.sa_handler = onInterrupt;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigemptyset(&action.sa_mask);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before {};
    // nohup and background jobs of a shell ignore some of them on purpose.
    if (sigaction(signal, nullptr, &before) == 0 && before.sa_handler != SIG_IGN) sigaction(signal, &action, nullptr);
  }
  return interrupted;
}

void ignoreFileSizeSignal() {
  std::signal(SIGXFSZ, SIG_IGN);
}

bool isTerminal(int fd) {
  return isatty(fd) == 1;
}

bool mayColour(int fd) {
  const char* noColour = std::getenv("NO_COLOR");
  return isTerminal(fd) && (noColour == nullptr || *noColour == '\0');
}

int terminalWidth(int fd) {
  constexpr int kDefault = 80;
  winsize size{};
  return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kDefault;
}

}  // namespace descry::cli
