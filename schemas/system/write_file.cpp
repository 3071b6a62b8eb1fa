// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <ostream>
#include <streambuf>

#include "schemas/model/error.hpp"
#include "schemas/system/output_file.hpp"

namespace descry {

namespace fs = std::filesystem;

namespace {

/// A stream into an open descriptor that remembers what the first failure was.
class DescriptorBuffer : public std::streambuf {
 public:
  explicit DescriptorBuffer(int fd) : m_fd(fd) { setp(m_bytes.data(), m_bytes.data() + m_bytes.size()); }
  int error() const { return m_error; }

 protected:
  int overflow(int character) override {
    if (sync() != 0) return traits_type::eof();
    if (character != traits_type::eof()) sputc(static_cast<char>(character));
    return traits_type::not_eof(character);
  }
  int sync() override {
    for (const char* at = pbase(); at < pptr() && m_error == 0;) {
      const ssize_t written = write(m_fd, at, static_cast<std::size_t>(pptr() - at));
      if (written >= 0)
        at += written;
      else if (errno != EINTR)
        m_error = errno;
    }
    setp(m_bytes.data(), m_bytes.data() + m_bytes.size());
    return m_error == 0 ? 0 : -1;
  }

 private:
  int m_fd, m_error = 0;
  std::array<char, 65536> m_bytes{};
};

void fill(int fd, const fs::path& target, const std::function<void(std::ostream&)>& write) {
  DescriptorBuffer buffer(fd);
  std::ostream out(&buffer);
  write(out);
  out.flush();
  if (!out) throw Error(fmt::format("{}: cannot write: {}", target.string(), std::strerror(buffer.error())));
}

/// 1 for /dev/stdout, /dev/fd/1 and /proc/self/fd/1. Opening such a name again would lose where the descriptor stands.
std::optional<int> descriptorNamed(const std::string& path) {
  if (path == "/dev/stdout") return STDOUT_FILENO;
  if (path == "/dev/stderr") return STDERR_FILENO;
  for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
    if (!path.starts_with(folder)) continue;
    int number = -1;
    const char* const end = path.data() + path.size();
    const auto parsed = std::from_chars(path.data() + folder.size(), end, number);
    if (parsed.ec == std::errc() && parsed.ptr == end && number >= 0) return number;
  }
  return std::nullopt;
}

/// An open descriptor where the target is no file that could be replaced.
std::optional<int> openThrough(const fs::path& target) {
  struct stat status {};
  int fd = -1;
  if (const auto number = descriptorNamed(target.string()))
    fd = fcntl(*number, F_DUPFD_CLOEXEC, 0);
  else if (stat(target.c_str(), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode))
    fd = open(target.c_str(), O_WRONLY | O_NOCTTY | O_CLOEXEC);
  else
    return std::nullopt;
  if (fd < 0) throw Error(fmt::format("{}: cannot open it to write: {}", target.string(), std::strerror(errno)));
  return fd;
}

}  // namespace

void writeFile(const fs::path& target, const OutputRules& rules, const std::function<void(std::ostream&)>& write) {
  if (const auto fd = openThrough(target)) {
    const auto closing = [](const int* open) { close(*open); };
    const std::unique_ptr<const int, decltype(closing)> closed(&*fd, closing);
    // A shell opens the file of `> c.db` before anything can be said against it, but not with >>.
    if (rules.inputs.has(*fd))
      throw Error(fmt::format("{}: is an input and cannot be the output too", target.string()));
    return fill(*fd, target, write);
  }
  OutputFile file(target, rules, OutputFile::Writers::LastWins);
  fill(file.descriptor(), target, write);
  file.commit();
}

}  // namespace descry
