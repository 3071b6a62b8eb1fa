// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "collector/record/kernel_btf.hpp"

namespace descry {

/// Functions of the running kernel and its modules: which there are, under which name, and what BTF knows of them.
class KernelSymbols {
 public:
  /// Reads /proc/kallsyms for functions and tracepoints with one of `names`, and the kernel's BTF. Throws Error when
  /// there is no /proc/kallsyms.
  explicit KernelSymbols(const std::vector<std::string_view>& names);
  ~KernelSymbols();
  KernelSymbols(const KernelSymbols&) = delete;
  KernelSymbols& operator=(const KernelSymbols&) = delete;

  bool has(std::string_view function) const { return m_modules.contains(std::string(function)); }
  bool hasTracepoint(std::string_view name) const { return m_tracepoints.contains(std::string(name)); }
  /// The variant `FUNCTION.isra.N` or `.constprop.N`; empty when there is none.
  std::string variantOf(std::string_view function) const;
  /// True when the kernel has BTF for itself.
  bool hasBtf() const { return m_kernel != nullptr; }
  /// Parameters of the function in BTF, which is what fentry goes by; -1 when it is not there.
  int parametersOf(std::string_view function);

 private:
  const btf* btfOf(const std::string& module);

  std::map<std::string, std::string> m_modules;  ///< function -> module; empty: the kernel itself
  std::set<std::string> m_tracepoints;
  BtfPointer m_kernel;
  std::map<std::string, BtfPointer> m_moduleBtf;
};

}  // namespace descry
