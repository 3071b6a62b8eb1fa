// SPDX-License-Identifier: GPL-2.0-or-later
// Runs a fuzz target where the compiler has no libFuzzer: every seed, and then changed seeds until the time is over.
// The same changes on every run, so that a failure comes again; the input that ends the program lies in last-input.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kLargest = 1U << 18U;

std::vector<Bytes> seedsBelow(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::ranges::sort(files);
  std::vector<Bytes> seeds;
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    seeds.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return seeds;
}

class Mutator {
 public:
  explicit Mutator(const std::vector<Bytes>& seeds) : m_seeds(seeds) {}

  Bytes next() {
    Bytes bytes = m_seeds[below(m_seeds.size())];
    for (std::size_t changes = 1 + below(6); changes > 0; --changes) change(bytes);
    bytes.resize(std::min(bytes.size(), kLargest));
    return bytes;
  }

 private:
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : m_random() % bound; }

  void change(Bytes& bytes) {
    const std::size_t at = below(bytes.size() + 1);
    const auto place = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    const std::size_t length = std::min(1 + below(below(8) == 0 ? 4096 : 16), bytes.size() - at);
    const auto end = place + static_cast<std::ptrdiff_t>(length);
    switch (below(7)) {
      case 0:  // a flipped bit
        if (at < bytes.size()) bytes[at] ^= static_cast<std::uint8_t>(1U << below(8));
        return;
      case 1:  // numbers at the ends of their range
        for (std::size_t i = 0; i < length; ++i) bytes[at + i] = m_random() % 2 ? 0xff : 0;
        return;
      case 2:
        bytes.erase(place, end);
        return;
      case 3: {
        const Bytes copy(place, end);
        bytes.insert(place, copy.begin(), copy.end());
        return;
      }
      case 4: {  // a part of another seed
        const Bytes& other = m_seeds[below(m_seeds.size())];
        const std::size_t from = below(other.size());
        const std::size_t count = std::min(1 + below(256), other.size() - from);
        const auto begin = other.begin() + static_cast<std::ptrdiff_t>(from);
        bytes.insert(place, begin, begin + static_cast<std::ptrdiff_t>(count));
        return;
      }
      case 5:
        bytes.resize(at);
        return;
      default:
        if (at < bytes.size()) bytes[at] = static_cast<std::uint8_t>(m_random());
    }
  }

  const std::vector<Bytes>& m_seeds;
  std::mt19937_64 m_random{42};
};

void run(const Bytes& bytes) {
  std::ofstream("last-input", std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

}  // namespace

/// [-max_total_time=SECONDS] [-runs=COUNT] FOLDER: as libFuzzer is called.
int main(int argc, char** argv) {
  double seconds = 5;
  std::size_t most = SIZE_MAX, runs = 0;
  std::vector<Bytes> seeds;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument.starts_with("-max_total_time="))
      seconds = std::strtod(argument.c_str() + argument.find('=') + 1, nullptr);
    else if (argument.starts_with("-runs="))
      most = std::strtoul(argument.c_str() + argument.find('=') + 1, nullptr, 10);
    else if (!argument.starts_with('-'))
      seeds = seedsBelow(argument);
  }
  if (seeds.empty()) {
    std::fputs("no seeds: give the folder of a corpus\n", stderr);
    return 2;
  }
  const auto start = std::chrono::steady_clock::now();
  const auto end = start + std::chrono::duration<double>(seconds);
  for (const Bytes& seed : seeds) run(seed);
  Mutator mutator(seeds);
  for (; runs < most && std::chrono::steady_clock::now() < end; ++runs) run(mutator.next());
  std::filesystem::remove("last-input");
  std::printf("%zu seeds, %zu changed inputs\n", seeds.size(), runs);
  return 0;
}
