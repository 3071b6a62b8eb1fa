// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/import/inputs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "collector/import/digest.hpp"
#include "schemas/model/error.hpp"

namespace descry {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// What trace-cmd report prints; enough for a file to be taken for a trace.
constexpr const char* kTrace =
    "cpus=1\n"
    "          <idle>-0     [000] 1.000001: add_sgs: (virtqueue_add_sgs+0x0) dev=0 q=0 vq=0x10 avail=1 token=0x20\n";

class FindInputs : public ::testing::Test {
 protected:
  FindInputs() { fs::create_directories(root); }
  ~FindInputs() override { fs::remove_all(root); }

  fs::path write(const fs::path& name, const std::string& text) {
    fs::create_directories((root / name).parent_path());
    std::ofstream(root / name) << text;
    return root / name;
  }
  std::string errorFor(const fs::path& path) {
    try {
      findInputs({{path, std::nullopt}}, {});
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  fs::path root = fs::temp_directory_path() / ("inputs_test_" + std::to_string(::getpid()));
};

TEST_F(FindInputs, TakesBothSidesOfACaptureFolder) {
  write("fast/guest/trace.txt", kTrace);
  write("fast/host/deep/trace.txt", kTrace);
  write("fast/guest/virtio-devices", "virtio0 id=0x0002\n");
  write("fast/case.json", "{}");
  Inputs inputs = findInputs({{root / "fast", std::nullopt}}, {"given.json"});
  nameMachines(inputs, "");
  ASSERT_THAT(inputs.traces, SizeIs(2));
  EXPECT_EQ(inputs.traces[0].side, Side::Guest);
  EXPECT_EQ(inputs.traces[0].vm, "fast");
  EXPECT_EQ(inputs.traces[1].side, Side::Host);
  EXPECT_EQ(inputs.traces[1].path.filename(), "trace.txt");
  ASSERT_THAT(inputs.facts, SizeIs(3));
  EXPECT_EQ(inputs.facts[0].path, "given.json");
  EXPECT_EQ(inputs.facts[1].path.filename(), "case.json");
  EXPECT_EQ(inputs.facts[2].path.filename(), "virtio-devices");
}

TEST_F(FindInputs, SaysWhichProgramsCouldNotBeProbed) {
  write("host/trace.txt", kTrace);
  write("host/coverage.tsv",
        "point\tattached\tfunction\treason\n"
        "fetch ends\tmissing\tvhost_get_vq_desc\tno such function\n"
        "QEMU: fetch ends\turetprobe\tvirtqueue_pop of qemu-kvm (7)\t\n"
        "QEMU: fetch ends\tmissing\tvirtqueue_pop of qemu-kvm (8)\tit has no names\n"
        "vhost-user: fetch ends, used published\tmissing\trte_vhost_*_burst of virtiofsd (9)\tno library\n"
        "vhost-user: fetch ends, used published\tmissing\n");
  EXPECT_THAT(findInputs({{root, std::nullopt}}, {}).notes,
              ElementsAre(AllOf(HasSubstr("qemu-kvm (8) could not be probed: it has no names"),
                                HasSubstr("guest's side alone")),
                          HasSubstr("virtiofsd (9) could not be probed: no library")));
}

TEST_F(FindInputs, TakesOneSideOfACaptureFolderWhenAsked) {
  write("case/guest/trace.txt", kTrace);
  write("case/host/trace.txt", kTrace);
  const Inputs inputs = findInputs({{root / "case", Side::Host}}, {});
  ASSERT_THAT(inputs.traces, SizeIs(1));
  EXPECT_EQ(inputs.traces[0].side, Side::Host);
}

TEST_F(FindInputs, KeepsTheMachinesOfSeveralFoldersApart) {
  write("one/guest/trace.txt", kTrace);
  write("two/guest/trace.txt", kTrace);
  Inputs inputs = findInputs({{root, std::nullopt}}, {});
  Inputs named = inputs;
  nameMachines(inputs, "");
  nameMachines(named, "mine");
  ASSERT_THAT(inputs.traces, SizeIs(2));
  EXPECT_EQ(inputs.traces[0].vm, "one");
  EXPECT_EQ(inputs.traces[1].vm, "two");
  EXPECT_EQ(named.traces[1].vm, "mine");
}

TEST_F(FindInputs, GivesALooseTraceTheMachineOfTheOnlyFolder) {
  write("one/guest/trace.txt", kTrace);
  const fs::path loose = write("loose.txt", kTrace);
  Inputs inputs = findInputs({{loose, Side::Host}, {root / "one", std::nullopt}}, {});
  nameMachines(inputs, "");
  EXPECT_EQ(inputs.traces[0].vm, "one");
}

TEST_F(FindInputs, TakesATraceOnce) {
  const fs::path trace = write("trace.txt", kTrace);
  EXPECT_THAT(findInputs({{trace, std::nullopt}, {trace, std::nullopt}}, {}).traces, SizeIs(1));
  EXPECT_THAT(findInputs({{trace, Side::Guest}, {trace, Side::Host}}, {}).traces, SizeIs(2));
}

TEST_F(FindInputs, RefusesASideWithoutATrace) {
  write("case/guest/trace.txt", kTrace);
  write("case/host/trace.dat", "");
  EXPECT_THAT(errorFor(root / "case"), AllOf(HasSubstr("case/host"), HasSubstr("no trace")));
}

TEST_F(FindInputs, RefusesWhatIsNotThere) {
  EXPECT_THAT(errorFor(root / "absent"), HasSubstr("absent: no such file or directory"));
}

TEST_F(FindInputs, RefusesADirectoryWithoutATrace) {
  write("notes/readme.md", "hello\n");
  EXPECT_THAT(errorFor(root / "notes"), HasSubstr("notes"));
  EXPECT_THAT(errorFor(root / "notes"), HasSubstr("no "));
}

TEST_F(FindInputs, ListsTheFilesOfATraceByName) {
  write("ctf/metadata", "m");
  write("ctf/index/c0.idx", "i");
  write("ctf/c0", "c");
  EXPECT_THAT(traceFiles(root / "ctf"), ElementsAre(root / "ctf/c0", root / "ctf/index/c0.idx", root / "ctf/metadata"));
}

TEST_F(FindInputs, ComputesTheKnownDigestOfAKnownText) {
  // FIPS 180-2, appendix B.1: the message "abc", here in two files.
  write("ctf/a", "ab");
  write("ctf/b", "c");
  EXPECT_EQ(TraceDigest({root / "ctf"}, true).result(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace descry
