// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "collector/record/probe_points.hpp"

struct bpf_link;
struct bpf_object;

namespace descry {

/// Probes on programs of user space, detached together.
class UprobeLinks {
 public:
  /// Where one goes, and the number that its program is told.
  struct Place {
    pid_t pid = 0;
    std::filesystem::path file;
    std::uint64_t fileOffset = 0, cookie = 0;
  };

  /// Attaches the program of `object` that `handler` has for the coverage's point, and says in the coverage what became
  /// of it; true when it is attached.
  bool attach(Coverage& coverage, const bpf_object* object, const char* handler, const Place& place);
  /// One that was attached otherwise is detached with them.
  void keep(bpf_link* link) { m_links.emplace_back(link); }
  void detach() { m_links.clear(); }

 private:
  struct Destroy {
    void operator()(bpf_link* link) const;
  };
  std::vector<std::unique_ptr<bpf_link, Destroy>> m_links;
};

}  // namespace descry
