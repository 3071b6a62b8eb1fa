// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/case/inputs.hpp"

#include "schemas/store/database.hpp"

namespace descry {

namespace fs = std::filesystem;

void addInputs(InputFiles& inputs, const fs::path& database, const std::vector<fs::path>& traces) {
  inputs.add(database);
  for (const fs::path& trace : traces) {
    // A relative path may lead to another folder by now, such as "." does. A CTF trace has a file of this name.
    std::error_code error;
    if (!fs::is_directory(trace, error) || fs::exists(trace / "metadata", error)) inputs.add(trace);
  }
}

InputFiles inputsOf(const Database& database) {
  std::vector<fs::path> traces;
  for (Statement capture = database.prepare("SELECT path FROM capture"); capture.step();)
    traces.emplace_back(capture.text(0));
  InputFiles inputs;
  addInputs(inputs, database.path(), traces);
  return inputs;
}

}  // namespace descry
