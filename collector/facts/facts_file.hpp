// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "collector/facts/device_facts.hpp"

namespace descry {

/// A form of facts files: a new one is a file with its parser, and one entry in the list of facts_file.cpp.
struct FactsFormat {
  std::string_view what;  ///< in words: what people should name
  /// True when the text, which begins with something other than a blank, may be of this format.
  bool (*recognise)(std::string_view text);
  /// Throws Error that names `origin` and what is wrong.
  MachineFacts (*parse)(std::string_view text, const std::string& origin);
  /// True when a text that is recognised also begins like this format, so that it is taken without being called facts:
  /// beside a trace. A letter that quotes a command is none. Null: never.
  bool (*begins)(std::string_view text) = nullptr;
  bool ofGuest = false;  ///< a host has such a file of its own, which says nothing of the guest
};

/// Reads a facts file of any form. Throws Error that names the file and what is wrong with it.
MachineFacts readFacts(const std::filesystem::path& path);

/// The format of a file that was not named as a facts file; null when it may be something else.
const FactsFormat* factsBesideTrace(const std::filesystem::path& path);

/// True for a facts file that was given in the place of a trace.
bool isFacts(const std::filesystem::path& path);

/// "JSON in the form of case.json, a domain of libvirt (virsh dumpxml), ..."
std::string factsForms();

/// JSON in the form of a capture folder's case.json (schemas/json/case.schema.json).
MachineFacts parseCaseJson(std::string_view text, const std::string& origin);

/// What `virsh dumpxml` prints.
MachineFacts parseLibvirtXml(std::string_view text, const std::string& origin);

/// The command line of a VMM: of ps, /proc/PID/cmdline, a script, or libvirt's log of a machine, whose last start
/// counts.
MachineFacts parseVmmCommand(std::string_view text, const std::string& origin);
bool looksLikeVmmCommand(std::string_view text);

/// Answers of QEMU's monitor: QMP's x-query-virtio commands, or what HMP's `info virtio` commands print.
MachineFacts parseQmp(std::string_view text, const std::string& origin);
bool looksLikeQmp(std::string_view text);
MachineFacts parseHmp(std::string_view text, const std::string& origin);
bool looksLikeHmp(std::string_view text);

/// What `lspci -vv` prints in the guest.
MachineFacts parseLspci(std::string_view text, const std::string& origin);
bool looksLikeLspci(std::string_view text);

/// Lines that a guest's kernel prints: its log, its command line, the state of its bounce buffers.
MachineFacts parseKernelText(std::string_view text, const std::string& origin);
bool looksLikeKernelText(std::string_view text);

/// A listing as the shell makes it in the guest (root is not needed):
///
///   for d in /sys/bus/virtio/devices/*; do
///     p=$(readlink -f $d/..); g=$(cat $p/iommu_group/type 2>/dev/null || echo none)
///     printf '%s id=%s features=%s status=%s ' $(basename $d) $(cat $d/device $d/features $d/status)
///     echo parent=$(basename $p) iommu_group=$g
///   done > virtio-devices
///
/// Empty lines and lines that start with # are skipped.
MachineFacts parseDeviceListing(std::string_view text, const std::string& origin);

/// One line of such a listing; nothing when it is none. A guest may write these lines into its own trace
/// (`descry-device LINE` into trace_marker).
std::optional<DeviceFacts> parseDeviceLine(std::string_view line);

}  // namespace descry
