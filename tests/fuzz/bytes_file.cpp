// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/fuzz/bytes_file.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>

#include "collector/facts/trace_survey.hpp"
#include "collector/source/sources.hpp"
#include "schemas/model/error.hpp"

namespace descry::fuzz {

BytesFile::BytesFile(const std::uint8_t* data, std::size_t size)
    : m_descriptor(::memfd_create("input", 0)), m_path("/proc/self/fd/" + std::to_string(m_descriptor)) {
  for (std::size_t written = 0; written < size;) {
    const ssize_t some = ::write(m_descriptor, data + written, size - written);
    if (some <= 0) std::abort();
    written += static_cast<std::size_t>(some);
  }
}

BytesFile::~BytesFile() {
  ::close(m_descriptor);
}

void readTrace(const std::filesystem::path& path) {
  try {
    const auto source = openSource(path, CtfReader::Packets);
    TraceSurvey survey;
    for (Batch batch; source->read(batch);) survey.observe(batch);
  } catch (const Error&) {  // what a damaged trace gives
  }
}

}  // namespace descry::fuzz
