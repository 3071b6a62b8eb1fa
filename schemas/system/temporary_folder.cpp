// SPDX-License-Identifier: GPL-2.0-or-later
#include "schemas/system/temporary_folder.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "schemas/model/error.hpp"

namespace descry {

namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder(std::string_view purpose, const fs::path& parent) {
  const fs::path base = parent.empty() ? fs::temp_directory_path() : parent;
  std::string name = (base / fmt::format("descry-{}-XXXXXX", purpose)).string();
  if (mkdtemp(name.data()) == nullptr)
    throw Error(fmt::format("{}: cannot make a folder there: {}", base.string(), std::strerror(errno)));
  m_path = name;
}

TemporaryFolder::TemporaryFolder(TemporaryFolder&& other) noexcept
    : m_path(std::move(other.m_path)), m_keep(std::exchange(other.m_keep, true)) {}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!m_keep) fs::remove_all(m_path, ignored);
}

}  // namespace descry
