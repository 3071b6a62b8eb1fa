// SPDX-License-Identifier: GPL-2.0-or-later
// A VFS between SQLite and the one of the system (sqlite.org/vfs.html). SQLite calls it from C, so nothing here throws.
#include "schemas/store/page_checks.hpp"

#include <sqlite3.h>

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <new>

namespace descry {

namespace {

constexpr const char* kName = "descry";
constexpr int kReserved = 8, kSmallestPage = 512, kLargestPage = 65536;
constexpr int kHeaderBytes = 100, kReservedAt = 20;
// File controls of our own; those of SQLite are small numbers.
constexpr int kGive = 0x44736301, kAsk = 0x44736302;

/// What lies in the memory that SQLite gives for an open file; the file of the system's VFS lies behind it.
struct CheckedFile {
  sqlite3_file base;
  unsigned char* copy;  ///< of a page that is written: SQLite's own must not change
  bool checks;          ///< the file has checksums
  bool stale;           ///< another program has written to it since
};
static_assert(alignof(CheckedFile) == alignof(sqlite3_file), "SQLite aligns its memory for a sqlite3_file");

CheckedFile* mine(sqlite3_file* file) {
  return reinterpret_cast<CheckedFile*>(file);
}

sqlite3_file* below(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(mine(file) + 1);
}

sqlite3_vfs* system() {
  static sqlite3_vfs* const found = sqlite3_vfs_find(nullptr);
  return found;
}

bool isPage(int bytes) {
  return bytes >= kSmallestPage && bytes <= kLargestPage && std::has_single_bit(static_cast<unsigned>(bytes));
}

/// Each step is one-to-one in the word and in what came before, so one changed word never goes unnoticed. Four lanes,
/// because the processor multiplies faster than one product can wait for the other.
std::uint64_t checksum(const unsigned char* page, int bytes, sqlite3_int64 offset) {
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15U;
  std::array<std::uint64_t, 4> lanes{static_cast<std::uint64_t>(offset), 1, 2, 3};
  const int end = bytes - kReserved;
  int at = 0;
  const auto take = [&](std::size_t lane) {
    std::uint64_t word = 0;
    std::memcpy(&word, page + at, sizeof word);
    at += static_cast<int>(sizeof word);
    lanes[lane] = std::rotl((lanes[lane] ^ word) * kOdd, 29);
  };
  while (at + 32 <= end) {
    take(0);
    take(1);
    take(2);
    take(3);
  }
  const int left = (end - at) / 8;
  for (int lane = 0; lane < left; ++lane) take(static_cast<std::size_t>(lane));
  std::uint64_t sum = 0;
  for (const std::uint64_t lane : lanes) sum = std::rotl((sum ^ lane) * kOdd, 29);
  return sum;
}

std::uint64_t storedSum(const unsigned char* page, int bytes) {
  std::uint64_t sum = 0;
  std::memcpy(&sum, page + bytes - kReserved, sizeof sum);
  return sum;
}

int readAt(sqlite3_file* file, void* into, int bytes, sqlite3_int64 offset) {
  const int result = below(file)->pMethods->xRead(below(file), into, bytes, offset);
  if (result != SQLITE_OK) return result;
  CheckedFile& checked = *mine(file);
  const auto* const page = static_cast<const unsigned char*>(into);
  if (offset == 0 && bytes >= kHeaderBytes)
    checked.checks = std::memcmp(page, "SQLite format 3", 16) == 0 && page[kReservedAt] == kReserved;
  if (!checked.checks || !isPage(bytes)) return SQLITE_OK;
  const bool fits = checksum(page, bytes, offset) == storedSum(page, bytes);
  if (offset == 0) checked.stale = !fits;
  return fits || checked.stale ? SQLITE_OK : SQLITE_IOERR_DATA;
}

int writeAt(sqlite3_file* file, const void* from, int bytes, sqlite3_int64 offset) {
  CheckedFile& checked = *mine(file);
  if (!checked.checks || !isPage(bytes)) return below(file)->pMethods->xWrite(below(file), from, bytes, offset);
  if (checked.copy == nullptr) checked.copy = new (std::nothrow) unsigned char[kLargestPage];
  if (checked.copy == nullptr) return SQLITE_IOERR_NOMEM;
  std::memcpy(checked.copy, from, static_cast<std::size_t>(bytes));
  // Pages that another program wrote stay without a checksum, and so does the first page, which says so.
  std::uint64_t sum = checksum(checked.copy, bytes, offset);
  if (checked.stale && offset == 0) sum = ~sum;
  std::memcpy(checked.copy + bytes - kReserved, &sum, sizeof sum);
  return below(file)->pMethods->xWrite(below(file), checked.copy, bytes, offset);
}

int closeFile(sqlite3_file* file) {
  delete[] mine(file)->copy;
  mine(file)->copy = nullptr;
  return below(file)->pMethods->xClose(below(file));
}

int control(sqlite3_file* file, int what, void* argument) {
  switch (what) {
    case kGive:
      mine(file)->checks = true;
      return SQLITE_OK;
    case kAsk:
      *static_cast<bool*>(argument) = mine(file)->checks && !mine(file)->stale;
      return SQLITE_OK;
    default:
      return below(file)->pMethods->xFileControl(below(file), what, argument);
  }
}

// Nothing but passed on.
int truncateFile(sqlite3_file* file, sqlite3_int64 bytes) {
  return below(file)->pMethods->xTruncate(below(file), bytes);
}
int syncFile(sqlite3_file* file, int flags) {
  return below(file)->pMethods->xSync(below(file), flags);
}
int sizeOf(sqlite3_file* file, sqlite3_int64* bytes) {
  return below(file)->pMethods->xFileSize(below(file), bytes);
}
int lockFile(sqlite3_file* file, int level) {
  return below(file)->pMethods->xLock(below(file), level);
}
int unlockFile(sqlite3_file* file, int level) {
  return below(file)->pMethods->xUnlock(below(file), level);
}
int isReserved(sqlite3_file* file, int* result) {
  return below(file)->pMethods->xCheckReservedLock(below(file), result);
}
int sectorSize(sqlite3_file* file) {
  return below(file)->pMethods->xSectorSize(below(file));
}
int characteristics(sqlite3_file* file) {
  return below(file)->pMethods->xDeviceCharacteristics(below(file));
}
int mapShared(sqlite3_file* file, int page, int bytes, int extend, void volatile** memory) {
  return below(file)->pMethods->xShmMap(below(file), page, bytes, extend, memory);
}
int lockShared(sqlite3_file* file, int offset, int count, int flags) {
  return below(file)->pMethods->xShmLock(below(file), offset, count, flags);
}
void barrier(sqlite3_file* file) {
  below(file)->pMethods->xShmBarrier(below(file));
}
int unmapShared(sqlite3_file* file, int remove) {
  return below(file)->pMethods->xShmUnmap(below(file), remove);
}

// Version 2: no pages by mmap, which would pass by.
constexpr sqlite3_io_methods kMethods = {2,        closeFile,   readAt,          writeAt,    truncateFile,
                                         syncFile, sizeOf,      lockFile,        unlockFile, isReserved,
                                         control,  sectorSize,  characteristics, mapShared,  lockShared,
                                         barrier,  unmapShared, nullptr,         nullptr};

/// Journals and temporary files are those of the system's VFS, in the memory that is there.
int openFile(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* given) {
  if ((flags & SQLITE_OPEN_MAIN_DB) == 0) return system()->xOpen(system(), name, file, flags, given);
  auto* const checked = new (file) CheckedFile{};
  const int result = system()->xOpen(system(), name, below(file), flags, given);
  // SQLite closes what has methods, also after an error.
  if (below(file)->pMethods != nullptr) checked->base.pMethods = &kMethods;
  return result;
}

}  // namespace

const char* checkedVfs() {
  static sqlite3_vfs vfs = [] {
    sqlite3_vfs made = *system();
    made.zName = kName;
    made.pNext = nullptr;
    made.szOsFile += static_cast<int>(sizeof(CheckedFile));
    made.xOpen = openFile;
    return made;
  }();
  static const int registered = sqlite3_vfs_register(&vfs, 0);
  return registered == SQLITE_OK ? kName : nullptr;
}

void giveChecksums(sqlite3* database) {
  int bytes = kReserved;
  sqlite3_file_control(database, "main", SQLITE_FCNTL_RESERVE_BYTES, &bytes);
  sqlite3_file_control(database, "main", kGive, nullptr);
}

bool hasChecksums(sqlite3* database) {
  bool compared = false;
  return sqlite3_file_control(database, "main", kAsk, &compared) == SQLITE_OK && compared;
}

}  // namespace descry
