// SPDX-License-Identifier: GPL-2.0-or-later
// Real processes of this machine: programs that are called like a QEMU, started, replaced on disk, and found.
#include "collector/vmm/qemu_processes.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>

#include "schemas/model/error.hpp"
#include "schemas/system/temporary_folder.hpp"
#include "tests/unit/error_of.hpp"
#include "tests/unit/running_program.hpp"

namespace descry {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;

class QemuProcessesTest : public testing::Test {
 protected:
  std::vector<QemuProcess> found() const {
    std::vector<QemuProcess> all = runningQemus();  // this machine may run others
    std::erase_if(all, [this](const QemuProcess& qemu) {
      return std::ranges::none_of(m_programs, [&](const auto& program) { return program->pid() == qemu.pid; });
    });
    return all;
  }
  void start(const char* original, const std::string& name) {
    m_programs.push_back(std::make_unique<RunningProgram>(original, fs::canonical(m_folder.path()) / name));
  }

  TemporaryFolder m_folder{"qemu-processes", fs::temp_directory_path()};
  std::vector<std::unique_ptr<RunningProgram>> m_programs;
};

TEST_F(QemuProcessesTest, EachIsFoundByItsNameAndSaysWhyItCannotBeProbed) {
  start(QEMU_LIKE_WAITING, "qemu-system-x86_64");
  start("/bin/sleep", "qemu-kvm");
  start("/bin/sleep", "another");
  const auto qemus = found();
  ASSERT_EQ(qemus.size(), 2U);
  EXPECT_THAT(qemus[0].refusal, IsEmpty());
  EXPECT_EQ(qemus[0].name, "qemu-system-x86_64");
  EXPECT_FALSE(qemus[0].replaced);
  EXPECT_THAT(qemus[1].refusal, HasSubstr("does not export virtio_get_queue"));
}

TEST_F(QemuProcessesTest, AProgramThatWasReplacedOnDiskIsStillRead) {
  start(QEMU_LIKE_WAITING, "qemu-system-x86_64");
  const fs::path path = fs::canonical(m_folder.path()) / "qemu-system-x86_64";
  fs::remove(path);
  fs::copy_file("/bin/sleep", path);  // the new version: what lies there now is another program
  const auto qemus = found();
  ASSERT_EQ(qemus.size(), 1U);
  EXPECT_TRUE(qemus[0].replaced);
  EXPECT_EQ(qemus[0].name, "qemu-system-x86_64");
  EXPECT_THAT(qemus[0].refusal, IsEmpty());
  EXPECT_EQ(qemus[0].layout.queueBytes, deriveQemuLayout(ProgramFile(QEMU_LIKE_WAITING)).queueBytes);
}

TEST_F(QemuProcessesTest, AChosenProcessNeedsNoName) {
  start(QEMU_LIKE_WAITING, "vmm");
  EXPECT_THAT(qemuProcess(m_programs.front()->pid()).refusal, IsEmpty());
  EXPECT_THAT(errorOf([] { qemuProcess(2'000'000'000); }), HasSubstr("there is no process 2000000000"));
}

}  // namespace
}  // namespace descry
