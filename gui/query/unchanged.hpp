// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "schemas/model/error.hpp"
#include "schemas/system/file_state.hpp"

namespace descry::gui {

/// What is shown comes from one state of the database: throws Error when it is not in this one any more.
inline void requireUnchanged(const std::filesystem::path& database, const FileState& state) {
  if (FileState::of(database) != state)
    throw Error(database.string() + ": was changed on the disk since it was opened; F5 reads it again");
}

}  // namespace descry::gui
