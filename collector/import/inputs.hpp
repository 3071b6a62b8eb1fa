// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "collector/fold/fold.hpp"

namespace descry {

/// A path as the user gave it.
struct GivenPath {
  std::filesystem::path path;
  std::optional<Side> side;  ///< nothing: to be found out
};

/// A trace to import.
struct TraceInput {
  std::filesystem::path path;
  std::optional<Side> side;
  std::string vm;                           ///< virtual machine it belongs to; empty: the only one
  bool found = false;                       ///< below a directory that was given, instead of named itself
  std::vector<std::filesystem::path> more;  ///< further pieces of the same recording

  std::vector<std::filesystem::path> paths() const;
  /// All pieces, for people.
  std::string names() const;
};

/// A file with facts about a machine.
struct FactsInput {
  std::filesystem::path path;
  std::string vm;      ///< empty: every machine of the import
  bool found = false;  ///< beside a trace, instead of named itself
};

struct Inputs {
  std::vector<TraceInput> traces;
  std::vector<FactsInput> facts;   ///< what comes first prevails
  std::vector<std::string> notes;  ///< what was left out or joined, in sentences
  std::string machine;             ///< that the facts speak of, where there is no trace
  std::string vmm;                 ///< option of kVmmNames; empty: facts say which it is
};

/// Finds the traces and facts files behind what the user gave: a trace or a facts file itself, a capture folder
/// (`host/`, `guest/`, `case.json`, `virtio-devices` and facts files that are known by their content), or a directory
/// somewhere above them. Throws Error when a path has neither.
Inputs findInputs(const std::vector<GivenPath>& paths, const std::vector<std::filesystem::path>& factsFiles);

/// Gives every trace and facts file its machine: `name` if there is one; else, where all come from capture folders, the
/// folder's name; else "vm".
void nameMachines(Inputs& inputs, const std::string& name);

}  // namespace descry
