// SPDX-License-Identifier: GPL-2.0-or-later
// Facts of the command line of a VMM. QEMU's says which devices a machine has and what they offer; of the others the
// program's name is taken.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include "collector/facts/facts_file.hpp"
#include "collector/facts/qemu_devices.hpp"
#include "collector/facts/shell_words.hpp"
#include "collector/facts/virtio_names.hpp"
#include "schemas/model/error.hpp"

namespace descry {

namespace {

using Words = std::vector<std::string>;

/// The VMM that a word of a command line starts.
std::optional<std::string_view> programOf(const std::string& word) {
  const std::string name = std::filesystem::path(word).filename().string();
  if (name.starts_with("qemu-system-") || name == "qemu-kvm" || name == "qemu" || name == "kvm") return "QEMU";
  return name == "cloud-hypervisor" || name == "firecracker" || name == "crosvm" ? vmmOf(name) : std::nullopt;
}

struct Command {
  std::string_view vmm;
  Words options;  ///< what follows the program
};

std::optional<Command> commandOf(const Words& words) {
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const auto vmm = programOf(words[i]);
    if (vmm && (words[i + 1].starts_with('-') || words[i + 1] == "run"))
      return Command{*vmm, Words(words.begin() + static_cast<std::ptrdiff_t>(i) + 1, words.end())};
  }
  return std::nullopt;
}

std::vector<Command> commandsOf(std::string_view text) {
  std::vector<Command> found;
  for (const Words& words : shellCommands(text))
    if (auto command = commandOf(words)) found.push_back(std::move(*command));
  return found;
}

/// The word behind -name, which tells machines apart.
std::string nameOf(const Command& command) {
  for (std::size_t i = 0; i + 1 < command.options.size(); ++i)
    if (command.options[i] == "-name" || command.options[i] == "--name") return command.options[i + 1];
  return {};
}

bool isManagedByLibvirt(std::string_view text) {
  return text.find("starting up libvirt version") != std::string_view::npos ||
         text.find("/var/lib/libvirt/") != std::string_view::npos;
}

}  // namespace

bool looksLikeVmmCommand(std::string_view text) {
  constexpr std::array<std::string_view, 5> kPrograms = {"qemu", "kvm", "cloud-hypervisor", "firecracker", "crosvm"};
  const bool named = std::ranges::any_of(
      kPrograms, [text](std::string_view program) { return text.find(program) != std::string_view::npos; });
  return named && !commandsOf(text).empty();
}

MachineFacts parseVmmCommand(std::string_view text, const std::string& origin) {
  const auto commands = commandsOf(text);
  if (commands.empty()) throw Error(fmt::format("{}: holds no command line of a VMM", origin));
  std::set<std::string> names;
  for (const Command& command : commands) names.insert(nameOf(command));
  const bool isLog = text.find("starting up libvirt version") != std::string_view::npos;
  if (commands.size() > 1 && (names.size() > 1 || !isLog))
    throw Error(fmt::format("{}: holds command lines of {} machines; keep that of this one", origin, commands.size()));
  const Command& command = commands.back();
  MachineFacts facts;
  facts.more["vmm"] = command.vmm;
  if (command.vmm != "QEMU") return facts;
  if (const auto manager = managerOf(text))
    facts.more["managed_by"] = *manager;
  else if (isManagedByLibvirt(text))
    facts.more["managed_by"] = "libvirt";
  facts.listsAll = true;
  readQemuOptions(command.options, origin, facts);
  return facts;
}

}  // namespace descry
