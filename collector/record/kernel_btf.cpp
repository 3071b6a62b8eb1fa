// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/record/kernel_btf.hpp"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "collector/record/bpf_programs.hpp"
#include "schemas/model/error.hpp"

namespace descry {

namespace {

namespace fs = std::filesystem;

constexpr const char* kRunning = "/sys/kernel/btf";
constexpr const char* kModules[] = {"virtio", "virtio_ring", "vhost", "vhost_net"};

const btf_type* withoutQualifiers(const btf* types, unsigned id) {
  const btf_type* type = btf__type_by_id(types, id);
  while (type != nullptr && (btf_is_mod(type) || btf_is_typedef(type))) type = btf__type_by_id(types, type->type);
  return type;
}

/// A member and where it begins, looked for in members without a name too.
struct Found {
  unsigned typeId = 0;
  unsigned bits = 0;
};

std::optional<Found> memberOf(const btf* types, const btf_type* structure, std::string_view name) {
  for (unsigned i = 0; i < btf_vlen(structure); ++i) {
    const btf_member& member = btf_members(structure)[i];
    const unsigned bits = btf_member_bit_offset(structure, i);
    const std::string_view memberName = btf__name_by_offset(types, member.name_off);
    if (memberName == name) return Found{member.type, bits};
    if (!memberName.empty()) continue;
    const btf_type* inner = withoutQualifiers(types, member.type);
    if (inner == nullptr || !btf_is_composite(inner)) continue;
    if (const auto found = memberOf(types, inner, name)) return Found{found->typeId, bits + found->bits};
  }
  return std::nullopt;
}

}  // namespace

void BtfDelete::operator()(btf* types) const {
  btf__free(types);
}

std::optional<int> parametersOf(const btf* types, const std::string& function) {
  const int id = btf__find_by_name_kind(types, function.c_str(), BTF_KIND_FUNC);
  if (id < 0) return std::nullopt;
  const btf_type* type = btf__type_by_id(types, static_cast<unsigned>(id));
  return static_cast<int>(btf_vlen(btf__type_by_id(types, type->type)));
}

std::optional<KernelBtf> KernelBtf::ofRunningKernel() {
  KernelBtf kernel;
  kernel.m_types.emplace_back(btf__load_vmlinux_btf());
  if (kernel.m_types.front() == nullptr) return std::nullopt;
  for (const char* module : kModules) {
    std::error_code error;
    if (!fs::exists(fs::path(kRunning) / module, error)) continue;
    if (btf* types = btf__load_module_btf(module, kernel.m_types.front().get())) kernel.m_types.emplace_back(types);
  }
  return kernel;
}

KernelBtf::KernelBtf(const std::vector<fs::path>& files) {
  silenceLibbpf();
  for (const fs::path& file : files) {
    btf* const base = m_types.empty() ? nullptr : m_types.front().get();
    btf* const types = base == nullptr ? btf__parse(file.c_str(), nullptr) : btf__parse_split(file.c_str(), base);
    if (types == nullptr)
      throw Error(fmt::format(
          "{}: no BTF in it ({}); expected a copy of {}/vmlinux first, then copies of {}/virtio_ring, vhost and "
          "vhost_net where that kernel has these as modules (or vmlinux and .ko files that are not compressed)",
          file.string(), std::strerror(errno), kRunning, kRunning));
    m_types.emplace_back(types);
  }
}

std::optional<int> KernelBtf::offsetOf(const std::string& structure, std::string_view member) const {
  const btf* types = nullptr;
  int structureId = -1;
  for (auto each = m_types.begin(); each != m_types.end() && structureId < 0; ++each) {
    types = each->get();
    structureId = btf__find_by_name_kind(types, structure.c_str(), BTF_KIND_STRUCT);
  }
  if (structureId < 0) return std::nullopt;
  Found at{static_cast<unsigned>(structureId), 0};
  for (std::size_t begin = 0; begin <= member.size();) {
    const std::size_t end = std::min(member.find('.', begin), member.size());
    const btf_type* type = withoutQualifiers(types, at.typeId);
    if (type == nullptr || !btf_is_composite(type)) return std::nullopt;
    const auto next = memberOf(types, type, member.substr(begin, end - begin));
    if (!next) return std::nullopt;
    at = {next->typeId, at.bits + next->bits};
    begin = end + 1;
  }
  return static_cast<int>(at.bits / 8);
}

std::optional<int> KernelBtf::parametersOf(const std::string& function) const {
  for (const BtfPointer& types : m_types)
    if (const auto count = descry::parametersOf(types.get(), function)) return count;
  return std::nullopt;
}

}  // namespace descry
