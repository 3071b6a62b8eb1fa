// SPDX-License-Identifier: GPL-2.0-or-later
// CTF: the metadata, a line with the word STREAM, and the bytes of a stream, which may come again.
#include <cstdlib>
#include <fstream>
#include <string_view>

#include "schemas/system/temporary_folder.hpp"
#include "tests/fuzz/bytes_file.hpp"

namespace {

constexpr std::string_view kMark = "\nSTREAM\n";

void write(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const descry::TemporaryFolder folder("fuzz");
  std::string_view left(reinterpret_cast<const char*>(data), size);
  for (int part = 0; part < 4; ++part) {
    const auto end = left.find(kMark);
    write(folder.path() / (part == 0 ? "metadata" : "stream" + std::to_string(part)), left.substr(0, end));
    if (end == std::string_view::npos) break;
    left.remove_prefix(end + kMark.size());
  }
  descry::fuzz::readTrace(folder.path());
  return 0;
}
