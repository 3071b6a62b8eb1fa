// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/import/given_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>

#include "collector/import/packed_folder.hpp"
#include "collector/import/unpack.hpp"
#include "schemas/model/error.hpp"
#include "schemas/text/replace.hpp"

namespace descry {

namespace fs = std::filesystem;

namespace {

/// A named pipe that has no writer would keep us waiting for ever.
constexpr std::chrono::seconds kSilence{10};
constexpr int kPollMilliseconds = 200;

class Stream {
 public:
  explicit Stream(const fs::path& given) : m_given(given.string()) {
    m_descriptor = given == "-" ? ::dup(STDIN_FILENO) : ::open(given.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (m_descriptor < 0) fail();
    if (::isatty(m_descriptor) == 1)
      throw Error(fmt::format("{}: is a terminal; give a trace through a pipe, or name its file", m_given));
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() {
    if (m_descriptor >= 0) ::close(m_descriptor);
  }

  /// 0 at its end; waits for a writer, but not for ever.
  std::size_t read(std::vector<char>& buffer, const std::function<void()>& check) {
    const auto end = std::chrono::steady_clock::now() + kSilence;
    while (true) {
      check();
      pollfd waiting{m_descriptor, POLLIN, 0};
      const int ready = ::poll(&waiting, 1, kPollMilliseconds);
      if (ready < 0 && errno != EINTR) fail();
      if (ready <= 0) {
        if (!m_begun && isNamedPipe() && std::chrono::steady_clock::now() > end)
          throw Error(fmt::format("{}: nothing was written to this pipe for {} s", m_given, kSilence.count()));
        continue;
      }
      const ssize_t got = ::read(m_descriptor, buffer.data(), buffer.size());
      if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (got < 0) fail();
      m_begun = true;
      return static_cast<std::size_t>(got);
    }
  }

 private:
  [[noreturn]] void fail() const { throw Error(fmt::format("{}: cannot be read: {}", m_given, std::strerror(errno))); }
  bool isNamedPipe() const {
    struct stat status {};
    return ::fstat(m_descriptor, &status) == 0 && S_ISFIFO(status.st_mode) && m_given != "-";
  }

  std::string m_given;
  int m_descriptor = -1;
  bool m_begun = false;
};

}  // namespace

fs::path GivenFiles::place(const std::string& given, const std::string& name) {
  if (!m_folder) m_folder.emplace("input");
  const fs::path folder = m_folder->path() / std::to_string(m_names.size());
  fs::create_directory(folder);
  m_names.emplace_back((folder / name).string(), given);
  return folder / name;
}

fs::path GivenFiles::takeStream(const fs::path& given) {
  Stream stream(given);
  const fs::path copy = place(given.string(), "input");
  std::ofstream out(copy, std::ios::binary);
  std::vector<char> buffer(1U << 16U);
  while (const std::size_t got = stream.read(buffer, m_check))
    if (!out.write(buffer.data(), static_cast<std::streamsize>(got))) break;
  if (!out.flush())
    throw Error(fmt::format("{}: cannot be copied to {}: {}", given.string(), copy.string(), std::strerror(errno)));
  return copy;
}

fs::path GivenFiles::unpacked(const fs::path& packed, const std::string& given) {
  const fs::path target = place(given, nameWhenUnpacked(packed));
  unpack(packed, given, target, m_check);
  std::error_code error;
  if (!fs::is_directory(target, error)) return target;
  // A folder was packed, not what is in it: then it is the folder that was meant.
  std::vector<fs::path> entries;
  for (const fs::directory_entry& entry : fs::directory_iterator(target, error)) entries.push_back(entry.path());
  return entries.size() == 1 && fs::is_directory(entries.front(), error) ? entries.front() : target;
}

fs::path GivenFiles::withUnpacked(const fs::path& folder) {
  const std::vector<fs::path> packed = packedTraces(folder);
  if (packed.empty()) return folder;
  const fs::path whole = fs::weakly_canonical(folder);
  const fs::path copy = place(folder.string(), whole.has_filename() ? whole.filename().string() : "input");
  unpackFolder(folder, packed, copy, m_check);
  return copy;
}

fs::path GivenFiles::readable(const fs::path& given) {
  std::error_code error;
  const auto type = given == "-" ? fs::file_type::fifo : fs::status(given, error).type();
  fs::path path = given;
  if (type == fs::file_type::character || type == fs::file_type::block) {
    if (given == "/dev/stdin") return readable("-");
    throw Error(fmt::format("{}: is a device; expected a trace", given.string()));
  }
  if (type == fs::file_type::fifo || type == fs::file_type::socket) path = takeStream(given);
  if (type == fs::file_type::directory) return withUnpacked(given);
  const bool isFile = fs::is_regular_file(path, error);
  return isFile && isPacked(path) ? unpacked(path, given.string()) : path;
}

std::string GivenFiles::shown(std::string text) const {
  for (const auto& [copy, given] : m_names) text = replaceAll(std::move(text), copy, given);
  return text;
}

}  // namespace descry
