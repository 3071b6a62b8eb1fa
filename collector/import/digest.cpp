// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/import/digest.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <memory>

#include "schemas/model/error.hpp"

namespace descry {

namespace {

namespace fs = std::filesystem;

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

class Sha256 {
 public:
  Sha256() : m_context(EVP_MD_CTX_new()) {
    check(m_context && EVP_DigestInit_ex(m_context.get(), EVP_sha256(), nullptr));
  }

  void add(const std::vector<char>& bytes, std::size_t count) {
    check(EVP_DigestUpdate(m_context.get(), bytes.data(), count) == 1);
  }

  std::string hexadecimal() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    check(EVP_DigestFinal_ex(m_context.get(), digest.data(), &size) == 1);
    return fmt::format("{:02x}", fmt::join(digest.begin(), digest.begin() + size, ""));
  }

 private:
  static void check(bool done) {
    if (!done) throw Error("libcrypto refuses to compute SHA-256");
  }

  std::unique_ptr<EVP_MD_CTX, FreeContext> m_context;
};

class ReadOnlyFile {
 public:
  explicit ReadOnlyFile(fs::path path) : m_path(std::move(path)), m_fd(::open(m_path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (m_fd < 0) fail();
  }
  ReadOnlyFile(const ReadOnlyFile&) = delete;
  ReadOnlyFile& operator=(const ReadOnlyFile&) = delete;
  ~ReadOnlyFile() { ::close(m_fd); }

  std::size_t read(std::vector<char>& buffer) {
    ssize_t got = 0;
    do got = ::read(m_fd, buffer.data(), buffer.size());
    while (got < 0 && errno == EINTR);
    if (got < 0) fail();
    return static_cast<std::size_t>(got);
  }

 private:
  [[noreturn]] void fail() const {
    throw Error(fmt::format("{}: cannot read: {}", m_path.string(), std::strerror(errno)));
  }

  fs::path m_path;
  int m_fd;
};

std::string digestOf(const std::vector<fs::path>& files, const std::stop_token& stop) {
  constexpr std::size_t kBuffer = 1 << 20;
  Sha256 sha256;
  std::vector<char> buffer(kBuffer);
  for (const fs::path& path : files) {
    ReadOnlyFile file(path);
    while (const std::size_t got = file.read(buffer)) {
      if (stop.stop_requested()) throw Cancelled();
      sha256.add(buffer, got);
    }
  }
  return sha256.hexadecimal();
}

}  // namespace

std::vector<fs::path> traceFiles(const fs::path& trace) {
  std::error_code error;
  if (!fs::is_directory(trace, error)) return {trace};
  std::vector<fs::path> files;
  for (fs::recursive_directory_iterator entry(trace, error), end; !error && entry != end; entry.increment(error))
    if (entry->is_regular_file(error)) files.push_back(entry->path());
  if (error) throw Error(fmt::format("{}: cannot list: {}", trace.string(), error.message()));
  std::ranges::sort(files, {}, [](const fs::path& path) { return path.string(); });
  return files;
}

TraceDigest::TraceDigest(const std::vector<fs::path>& pieces, bool inBackground) {
  std::vector<fs::path> all;
  for (const fs::path& piece : pieces) std::ranges::copy(traceFiles(piece), std::back_inserter(all));
  if (!inBackground) {
    m_result =
        std::async(std::launch::deferred, [files = std::move(all)] { return digestOf(files, std::stop_token()); });
    return;
  }
  std::packaged_task<std::string(std::stop_token)> task(
      [files = std::move(all)](const std::stop_token& stop) { return digestOf(files, stop); });
  m_result = task.get_future();
  m_thread = std::jthread([task = std::move(task)](std::stop_token stop) mutable { task(std::move(stop)); });
}

}  // namespace descry
