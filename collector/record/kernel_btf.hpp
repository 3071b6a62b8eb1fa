// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct btf;

namespace descry {

struct BtfDelete {
  void operator()(btf* types) const;
};
using BtfPointer = std::unique_ptr<btf, BtfDelete>;

/// How many parameters a function takes; nothing when it is not there.
std::optional<int> parametersOf(const btf* types, const std::string& function);

/// What the BTF of a kernel and its modules says of structures and functions. Not thread-safe.
class KernelBtf {
 public:
  /// Of the running kernel, with the modules of virtio and vhost that are loaded. Nothing where it has no BTF.
  static std::optional<KernelBtf> ofRunningKernel();
  /// `files`: the kernel first (a copy of /sys/kernel/btf/vmlinux, or a vmlinux with the section .BTF), then modules
  /// (copies from /sys/kernel/btf, or .ko files). Throws Error when one cannot be read.
  explicit KernelBtf(const std::vector<std::filesystem::path>& files);

  /// In bytes from the start of the structure; `member` may go into structures: "split.vring.num". Nothing when there
  /// is no such structure or member.
  std::optional<int> offsetOf(const std::string& structure, std::string_view member) const;
  /// How many parameters a function takes. Nothing when it is not there.
  std::optional<int> parametersOf(const std::string& function) const;

 private:
  KernelBtf() = default;

  std::vector<BtfPointer> m_types;  ///< the kernel's first: those of modules refer to it
};

}  // namespace descry
