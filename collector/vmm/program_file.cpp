// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/vmm/program_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <gelf.h>
#include <libelf.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <memory>

#include "schemas/model/error.hpp"

namespace descry {

namespace {

#if defined(__x86_64__)
constexpr unsigned kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr unsigned kMachine = EM_AARCH64;
#elif defined(__s390x__)
constexpr unsigned kMachine = EM_S390;
#else
constexpr unsigned kMachine = EM_NONE;
#endif

class OpenFile {
 public:
  explicit OpenFile(const std::filesystem::path& path) : m_fd(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (m_fd < 0) throw Error(fmt::format("{}: {}", path.string(), std::strerror(errno)));
  }
  ~OpenFile() { close(m_fd); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int fd() const { return m_fd; }

 private:
  int m_fd;
};

/// The static trace points of a section .note.stapsdt.
void readTracePoints(Elf_Data& data, std::set<std::pair<std::string, std::string>>& tracePoints) {
  GElf_Nhdr note{};
  std::size_t at = 0, nameAt = 0, textAt = 0;
  const auto* bytes = static_cast<const char*>(data.d_buf);
  while ((at = gelf_getnote(&data, at, &note, &nameAt, &textAt)) > 0) {
    constexpr std::size_t kAddresses = 3 * sizeof(std::uint64_t);  // the place, a base, a semaphore
    if (note.n_descsz <= kAddresses || textAt > data.d_size || note.n_descsz > data.d_size - textAt) continue;
    const std::string_view text(bytes + textAt + kAddresses, note.n_descsz - kAddresses);
    const std::size_t end = std::min(text.find('\0'), text.size() - 1);
    const std::string_view name = text.substr(end + 1);
    tracePoints.emplace(text.substr(0, end), name.substr(0, name.find('\0')));
  }
}

void readFunctions(Elf& elf, const GElf_Shdr& section, Elf_Data& data,
                   std::map<std::string, ProgramFile::Function, std::less<>>& functions) {
  if (section.sh_entsize == 0) return;
  const auto count = std::min<std::uint64_t>(section.sh_size / section.sh_entsize, 1U << 22U);
  for (std::uint64_t i = 0; i < count; ++i) {
    GElf_Sym symbol{};
    if (gelf_getsym(&data, static_cast<int>(i), &symbol) == nullptr) break;
    if (GELF_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_shndx == SHN_UNDEF || symbol.st_value == 0) continue;
    const char* name = elf_strptr(&elf, section.sh_link, symbol.st_name);
    if (name != nullptr) functions.try_emplace(name, ProgramFile::Function{symbol.st_value, symbol.st_size});
  }
}

}  // namespace

ProgramFile::ProgramFile(const std::filesystem::path& path) : m_path(path) {
  elf_version(EV_CURRENT);
  const OpenFile file(path);
  const std::unique_ptr<Elf, std::function<void(Elf*)>> elf(elf_begin(file.fd(), ELF_C_READ, nullptr),
                                                            [](Elf* open) { elf_end(open); });
  GElf_Ehdr header{};
  if (!elf || gelf_getehdr(elf.get(), &header) == nullptr)
    throw Error(fmt::format("{}: expected an ELF program, found something else", path.string()));
  if (header.e_machine != kMachine || header.e_ident[EI_CLASS] != ELFCLASS64)
    throw Error(fmt::format("{}: a program for another architecture (ELF machine {})", path.string(),
                            unsigned{header.e_machine}));
  std::size_t headers = 0;
  elf_getphdrnum(elf.get(), &headers);
  for (std::size_t i = 0; i < headers; ++i) {
    GElf_Phdr segment{};
    if (gelf_getphdr(elf.get(), static_cast<int>(i), &segment) == nullptr) break;
    if (segment.p_type == PT_LOAD && (segment.p_flags & PF_X) != 0)
      m_segments.push_back({segment.p_vaddr, segment.p_offset, segment.p_filesz});
  }
  for (Elf_Scn* at = nullptr; (at = elf_nextscn(elf.get(), at)) != nullptr;) {
    GElf_Shdr section{};
    if (gelf_getshdr(at, &section) == nullptr) continue;
    const bool symbols = section.sh_type == SHT_DYNSYM || section.sh_type == SHT_SYMTAB;
    std::size_t names = 0;
    elf_getshdrstrndx(elf.get(), &names);
    const char* name = elf_strptr(elf.get(), names, section.sh_name);
    const bool notes = section.sh_type == SHT_NOTE && name != nullptr && std::string_view(name) == ".note.stapsdt";
    if (!symbols && !notes) continue;
    Elf_Data* data = elf_getdata(at, nullptr);
    if (data == nullptr) continue;
    if (symbols)
      readFunctions(*elf, section, *data, m_functions);
    else
      readTracePoints(*data, m_tracePoints);
  }
}

std::optional<ProgramFile::Function> ProgramFile::function(std::string_view name) const {
  const auto found = m_functions.find(name);
  return found == m_functions.end() ? std::nullopt : std::optional(found->second);
}

std::uint64_t ProgramFile::fileOffset(std::uint64_t address) const {
  for (const Segment& segment : m_segments)
    if (address >= segment.address && address - segment.address < segment.bytes)
      return address - segment.address + segment.offset;
  throw Error(fmt::format("{}: no code at 0x{:x}", m_path.string(), address));
}

std::uint64_t ProgramFile::addressAt(std::uint64_t fileOffset) const {
  constexpr std::uint64_t kPage = 4096;  // a segment is mapped from the beginning of its first page
  for (const Segment& segment : m_segments)
    if (fileOffset + kPage > segment.offset && fileOffset < segment.offset + segment.bytes)
      return segment.address + fileOffset - segment.offset;
  throw Error(fmt::format("{}: no code at offset 0x{:x}", m_path.string(), fileOffset));
}

std::vector<std::uint8_t> ProgramFile::code(const Function& function) const {
  std::vector<std::uint8_t> bytes(std::min<std::uint64_t>(function.bytes, kMostCode));
  const OpenFile file(m_path);
  const auto offset = static_cast<off_t>(fileOffset(function.address));
  if (pread(file.fd(), bytes.data(), bytes.size(), offset) != static_cast<ssize_t>(bytes.size()))
    throw Error(fmt::format("{}: the file ends within the code at 0x{:x}", m_path.string(), function.address));
  return bytes;
}

}  // namespace descry
