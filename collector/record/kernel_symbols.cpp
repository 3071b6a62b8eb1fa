// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/record/kernel_symbols.hpp"

#include <bpf/btf.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "schemas/model/error.hpp"

namespace descry {

namespace {
constexpr std::string_view kTracepoint = "__tracepoint_";
}

KernelSymbols::~KernelSymbols() = default;

KernelSymbols::KernelSymbols(const std::vector<std::string_view>& names) {
  std::ifstream file("/proc/kallsyms");
  if (!file) throw Error("/proc/kallsyms: cannot be read; the kernel's function names are needed to attach probes");
  std::string line;
  while (std::getline(file, line)) {
    // "ffffffffc0a01000 t vhost_iotlb_miss.isra.0	[vhost]"
    const auto space = line.find(' ');
    if (space == std::string::npos || line.size() < space + 4) continue;
    const char type = line[space + 1];
    std::string_view rest = std::string_view(line).substr(space + 3);
    const std::string_view name = rest.substr(0, rest.find_first_of(" \t"));
    if (name.starts_with(kTracepoint)) m_tracepoints.emplace(name.substr(kTracepoint.size()));
    if (type != 't' && type != 'T') continue;
    if (std::ranges::none_of(names, [name](std::string_view wanted) {
          return name.starts_with(wanted) && (name.size() == wanted.size() || name[wanted.size()] == '.');
        }))
      continue;
    const auto open = rest.find('[');
    const auto close = rest.find(']');
    const bool inModule = open != std::string_view::npos && close != std::string_view::npos;
    m_modules.try_emplace(std::string(name), inModule ? rest.substr(open + 1, close - open - 1) : std::string_view());
  }
  m_kernel.reset(btf__load_vmlinux_btf());
}

std::string KernelSymbols::variantOf(std::string_view function) const {
  for (const char* suffix : {".isra.", ".constprop."}) {
    const std::string prefix = std::string(function) + suffix;
    const auto found = m_modules.lower_bound(prefix);
    if (found != m_modules.end() && found->first.starts_with(prefix) && !found->first.ends_with(".cold"))
      return found->first;
  }
  return {};
}

const btf* KernelSymbols::btfOf(const std::string& module) {
  if (module.empty() || !m_kernel) return m_kernel.get();
  const auto [found, isNew] = m_moduleBtf.try_emplace(module);
  if (isNew) found->second.reset(btf__load_module_btf(module.c_str(), m_kernel.get()));
  return found->second.get();
}

int KernelSymbols::parametersOf(std::string_view function) {
  const auto found = m_modules.find(std::string(function));
  if (found == m_modules.end()) return -1;
  const btf* types = btfOf(found->second);
  if (types == nullptr) return -1;
  return descry::parametersOf(types, std::string(function)).value_or(-1);
}

}  // namespace descry
