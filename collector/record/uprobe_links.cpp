// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/record/uprobe_links.hpp"

#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>

namespace descry {

void UprobeLinks::Destroy::operator()(bpf_link* link) const {
  bpf_link__destroy(link);
}

bool UprobeLinks::attach(Coverage& coverage, const bpf_object* object, const char* handler, const Place& place) {
  const char* kind = coverage.point->onReturn ? "uretprobe" : "uprobe";
  coverage.program = fmt::format("{}_{}", handler, kind);
  const bpf_program* program = bpf_object__find_program_by_name(object, coverage.program.c_str());
  bpf_uprobe_opts options{};
  options.sz = sizeof options;
  options.retprobe = coverage.point->onReturn;
  options.bpf_cookie = place.cookie;
  bpf_link* link = bpf_program__attach_uprobe_opts(program, place.pid, place.file.c_str(), place.fileOffset, &options);
  if (link == nullptr) {
    coverage.reason = fmt::format("{}: {}", kind, errno == ESRCH ? "the process has ended" : std::strerror(errno));
    coverage.attachment = Attachment::Missing;
    return false;
  }
  m_links.emplace_back(link);
  coverage.attachment = Attachment::Uprobe;
  return true;
}

}  // namespace descry
