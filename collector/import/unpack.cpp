// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/import/unpack.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <string_view>

#include "collector/source/reader/source_format.hpp"
#include "schemas/model/error.hpp"

namespace descry {

namespace fs = std::filesystem;

namespace {

using namespace std::string_view_literals;

// A trace may be a few hundred times as large as what it was packed to; more is an attack, or an accident.
constexpr std::uintmax_t kMiB = 1U << 20U, kAlwaysAllowed = 256 * kMiB, kGrowth = 200;
constexpr std::size_t kMostEntries = 100'000;

struct FreeArchive {
  void operator()(archive* handle) const { archive_read_free(handle); }
};

class Unpacking {
 public:
  Unpacking(const fs::path& file, const std::string& given, const std::function<void()>& check)
      : m_given(given), m_check(check), m_left(kAlwaysAllowed + kGrowth * fs::file_size(file)), m_limit(m_left) {
    m_archive.reset(archive_read_new());
    archive* const handle = m_archive.get();
    for (auto* support :
         {archive_read_support_filter_gzip, archive_read_support_filter_xz, archive_read_support_filter_zstd,
          archive_read_support_filter_bzip2, archive_read_support_filter_lz4, archive_read_support_format_tar,
          archive_read_support_format_zip, archive_read_support_format_raw})
      support(handle);
    if (archive_read_open_filename(handle, file.c_str(), 1U << 16U) != ARCHIVE_OK) fail();
  }

  void into(const fs::path& target) {
    archive_entry* entry = nullptr;
    for (std::size_t entries = 0;; ++entries) {
      const int status = archive_read_next_header(m_archive.get(), &entry);
      if (status == ARCHIVE_EOF && entries == 0) throw Error(fmt::format("{}: is an archive without files", m_given));
      if (status == ARCHIVE_EOF) return;
      if (status != ARCHIVE_OK && status != ARCHIVE_WARN) fail();
      if (archive_format(m_archive.get()) == ARCHIVE_FORMAT_RAW) return write(target);
      if (entries == 0) fs::create_directories(target);
      if (entries == kMostEntries) throw Error(fmt::format("{}: holds more than {} files", m_given, kMostEntries));
      take(entry, target);
    }
  }

 private:
  [[noreturn]] void fail() const {
    const char* reason = archive_error_string(m_archive.get());
    throw Error(fmt::format("{}: cannot be unpacked: {}", m_given, reason != nullptr ? reason : "it is damaged"));
  }

  void take(archive_entry* entry, const fs::path& target) {
    const char* name = archive_entry_pathname(entry);
    const fs::path path = name == nullptr ? fs::path() : fs::path(name).lexically_normal().relative_path();
    if (path.empty() || archive_entry_hardlink(entry) != nullptr) return;
    if (std::ranges::any_of(path, [](const fs::path& part) { return part == ".."; }))
      throw Error(fmt::format("{}: an entry leads out of its folder: {}", m_given, path.string()));
    const auto type = archive_entry_filetype(entry);
    std::error_code error;
    if (type == AE_IFDIR) {
      fs::create_directories(target / path, error);
    } else if (type == AE_IFREG) {
      fs::create_directories((target / path).parent_path(), error);
      write(target / path);
    }
  }

  void write(const fs::path& file) {
    std::ofstream out(file, std::ios::binary);
    std::array<char, 1U << 16U> buffer{};
    while (true) {
      m_check();
      const la_ssize_t got = archive_read_data(m_archive.get(), buffer.data(), buffer.size());
      if (got == 0) break;
      if (got < 0) fail();
      if (static_cast<std::uintmax_t>(got) > m_left)
        throw Error(fmt::format("{}: grows to more than {} MiB; if that is right, unpack it and give what is in it",
                                m_given, m_limit / kMiB));
      m_left -= static_cast<std::uintmax_t>(got);
      if (!out.write(buffer.data(), got)) break;
    }
    if (!out.flush())
      throw Error(fmt::format("{}: cannot be unpacked to {}: {}", m_given, file.string(), std::strerror(errno)));
  }

  const std::string& m_given;
  const std::function<void()>& m_check;
  std::uintmax_t m_left, m_limit;
  std::unique_ptr<archive, FreeArchive> m_archive;
};

}  // namespace

bool isPacked(const fs::path& file) {
  constexpr std::array kStarts = {"\x1f\x8b"sv,
                                  "\xfd"
                                  "7zXZ\0"sv,
                                  "\x28\xb5\x2f\xfd"sv,
                                  "BZh"sv,
                                  "\x04\x22\x4d\x18"sv,
                                  "PK\x03\x04"sv};
  constexpr std::size_t kTarMagic = 257;
  const std::string start = firstBytes(file, kTarMagic + 5);
  return std::ranges::any_of(kStarts, [&](std::string_view magic) { return start.starts_with(magic); }) ||
         (start.size() == kTarMagic + 5 && start.substr(kTarMagic) == "ustar");
}

std::string nameWhenUnpacked(const fs::path& file) {
  fs::path name = file.filename();
  constexpr std::array kEnds = {".gz"sv,  ".xz"sv,  ".zst"sv,  ".bz2"sv, ".lz4"sv,
                                ".tgz"sv, ".txz"sv, ".tzst"sv, ".zip"sv};
  if (std::ranges::find(kEnds, name.extension().string()) != kEnds.end()) name = name.stem();
  if (name.extension() == ".tar") name = name.stem();
  return name.empty() ? "input" : name.string();
}

void unpack(const fs::path& file, const std::string& given, const fs::path& target,
            const std::function<void()>& check) {
  Unpacking(file, given, check).into(target);
}

}  // namespace descry
