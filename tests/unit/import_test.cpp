// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/import/import.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "schemas/model/error.hpp"
#include "schemas/store/table_io.hpp"

namespace descry {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// One request of a guest, as trace-cmd report prints it.
constexpr const char* kGuestRequest =
    "              dd-7     [000] 1.000001: add_sgs:      (virtqueue_add_sgs+0x0) dev=3 q=0 vq=0xa0 avail=0 pavail=0 "
    "wrap=0 free_head=0 out=1 in=2 token=0xb0\n"
    "              dd-7     [000] 1.000004: add_sgs_ret:  (virtblk_add_req+0x0 <- virtqueue_add_sgs) dev=3 q=0 "
    "vq=0xa0 ret=0\n"
    "              dd-7     [000] 1.000101: get:          (virtqueue_get_buf+0x0) dev=3 q=0 vq=0xa0 used=0\n"
    "              dd-7     [000] 1.000105: get_ret:      (virtblk_done+0x0 <- virtqueue_get_buf) dev=3 q=0 vq=0xa0 "
    "used=1 len=1 token=0xb0\n";
// One chain that kernel vhost fetched and gave back.
constexpr const char* kVhostChain =
    "          vhost-99-99    [001] 1.000020: get_desc:     (vhost_get_vq_desc+0x0) vq=0xc0 avail=0 used=0 hdev=0xd0 "
    "vq0=0xc0 vq1=0xc8 num=256 ring=0x1000 features=0x100000000\n"
    "          vhost-99-99    [001] 1.000022: get_desc_ret: (handle_tx+0x0 <- vhost_get_vq_desc) vq=0xc0 avail=1 "
    "ret=0 out=1 in=0\n"
    "          vhost-99-99    [001] 1.000030: add_used:     (vhost_add_used_n+0x0) vq=0xc0 used=0 count=1 id0=0 "
    "len0=0 call=0xe0\n";

class ImportTraces : public ::testing::Test {
 protected:
  ImportTraces() { fs::create_directories(root); }
  ~ImportTraces() override { fs::remove_all(root); }

  fs::path write(const std::string& name, const std::string& text) {
    std::ofstream(root / name) << text;
    return root / name;
  }
  ImportOptions options(const fs::path& trace, std::optional<Side> side = std::nullopt) {
    ImportOptions options;
    options.paths = {{trace, side}};
    options.output = root / "case.db";
    return options;
  }
  template <typename Row>
  std::vector<Row> rows() {
    return readAll<Row>(Database::openReadOnly(root / "case.db"));
  }
  std::string errorOf(const ImportOptions& asked) {
    try {
      importTraces(asked);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  fs::path root = fs::temp_directory_path() / ("import_test_" + std::to_string(::getpid()));
};

TEST_F(ImportTraces, DescribesTheCapture) {
  const auto outcome = importTraces(options(write("t.txt", std::string("cpus=2\n") + kGuestRequest)));
  EXPECT_EQ(outcome.captures, 1);
  EXPECT_EQ(outcome.events, 4);
  EXPECT_EQ(outcome.analysis.chains, 1);
  EXPECT_FALSE(outcome.damaged);
  const auto captures = rows<CaptureRow>();
  ASSERT_THAT(captures, SizeIs(1));
  EXPECT_EQ(captures[0].side, "guest");
  EXPECT_EQ(captures[0].source, "ftrace_text");
  EXPECT_EQ(captures[0].origin, 1'000'001'000);
  EXPECT_EQ(captures[0].last, 104'000);
  EXPECT_EQ(captures[0].decoded, 4);
  EXPECT_EQ(captures[0].unknown, 0);
  ASSERT_TRUE(captures[0].sha256);
  EXPECT_THAT(*captures[0].sha256, SizeIs(64));
}

TEST_F(ImportTraces, CountsEventNamesKnownAndUnknown) {
  const std::string other = "              dd-7     [000] 1.000200: sys_enter_read: fd: 3\n";
  importTraces(options(write("t.txt", std::string("cpus=2\n") + kGuestRequest + other + other)));
  EXPECT_EQ(rows<CaptureRow>().at(0).unknown, 2);
  std::map<std::string, std::pair<OptionalText, std::int64_t>> counts;
  for (const CaptureEventRow& row : rows<CaptureEventRow>()) counts[row.event] = {row.point, row.count};
  EXPECT_EQ(counts.at("add_sgs"), std::pair(OptionalText("GuestAdd"), std::int64_t{1}));
  EXPECT_EQ(counts.at("sys_enter_read"), std::pair(OptionalText(), std::int64_t{2}));
}

TEST_F(ImportTraces, TakesFactsThatTheGuestWroteIntoItsTrace) {
  const std::string marker =
      "              sh-9     [000] 1.000300: print:        tracing_mark_write: descry-device virtio3 id=0x0002 "
      "features=0000000000000000000000000000000010000000000000000000000000000000 status=0x0f parent=0.0.0003 "
      "iommu_group=none\n";
  importTraces(options(write("t.txt", std::string("cpus=2\n") + kGuestRequest + marker)));
  const auto devices = rows<DeviceRow>();
  ASSERT_THAT(devices, SizeIs(1));
  EXPECT_EQ(devices[0].name, "virtio3");
  EXPECT_EQ(devices[0].transport, "ccw");
  EXPECT_EQ(devices[0].transportSource, "facts");
  EXPECT_EQ(rows<QueueRow>().at(0).name, "req0");
}

TEST_F(ImportTraces, TakesANestedHostForAHostAndSaysSo) {
  const auto outcome = importTraces(options(write("t.txt", std::string("cpus=2\n") + kGuestRequest + kVhostChain)));
  EXPECT_EQ(rows<CaptureRow>().at(0).side, "host");
  EXPECT_FALSE(outcome.damaged);
  const auto anomalies = rows<AnomalyRow>();
  ASSERT_THAT(anomalies, SizeIs(1));
  EXPECT_EQ(anomalies[0].kind, "both-sides");
  EXPECT_EQ(anomalies[0].severity, "info");
  EXPECT_THAT(anomalies[0].detail, AllOf(HasSubstr("4 events of a guest"), HasSubstr("--guest")));
}

TEST_F(ImportTraces, TakesTheSameTraceForBothSidesWhenAsked) {
  const fs::path trace = write("t.txt", std::string("cpus=2\n") + kGuestRequest + kVhostChain);
  ImportOptions asked = options(trace, Side::Guest);
  asked.paths.push_back({trace, Side::Host});
  EXPECT_EQ(importTraces(asked).captures, 2);
  EXPECT_EQ(rows<CaptureRow>().at(0).side, "guest");
  EXPECT_EQ(rows<CaptureRow>().at(1).side, "host");
  EXPECT_THAT(rows<AnomalyRow>(), SizeIs(0));
}

TEST_F(ImportTraces, RefusesTheWrongSide) {
  EXPECT_THAT(errorOf(options(write("t.txt", std::string("cpus=2\n") + kVhostChain), Side::Guest)),
              AllOf(HasSubstr("given as the guest's"), HasSubstr("--host")));
}

TEST_F(ImportTraces, LeavesTheOldDatabaseWhenCancelled) {
  const fs::path trace = write("t.txt", std::string("cpus=2\n") + kGuestRequest);
  ImportOptions asked = options(trace);
  importTraces(asked);
  const auto read = [&] {
    std::ifstream file(root / "case.db", std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  const std::string older = read();
  const std::atomic<bool> cancel{true};
  asked.cancel = &cancel;
  EXPECT_THROW(importTraces(asked), Cancelled);
  EXPECT_TRUE(read() == older);
  for (const auto& entry : fs::directory_iterator(root)) EXPECT_NE(entry.path().extension(), ".part") << entry.path();
}

TEST_F(ImportTraces, CanBeStoppedFromTheProgress) {
  ImportOptions asked = options(write("t.txt", std::string("cpus=2\n") + kGuestRequest));
  std::vector<std::string> steps;
  asked.progress = [&steps](const ImportProgress& progress) {
    steps.push_back(progress.step);
    if (progress.step.starts_with("writing")) throw Cancelled();
  };
  EXPECT_THROW(importTraces(asked), Cancelled);
  EXPECT_FALSE(fs::exists(root / "case.db"));
  EXPECT_THAT(steps, ::testing::Contains(HasSubstr("reading")));
}

TEST_F(ImportTraces, WritesFactsWithoutResultsWhenAsked) {
  ImportOptions asked = options(write("t.txt", std::string("cpus=2\n") + kGuestRequest));
  asked.analyze = false;
  importTraces(asked);
  EXPECT_THAT(rows<GuestHalfRow>(), SizeIs(1));
  EXPECT_THAT(rows<ChainRow>(), SizeIs(0));
}

TEST_F(ImportTraces, DoesNotOverwriteATrace) {
  const fs::path trace = write("t.txt", std::string("cpus=2\n") + kGuestRequest);
  ImportOptions asked = options(trace);
  asked.output = trace;
  EXPECT_THAT(errorOf(asked), HasSubstr("is a trace"));
}

}  // namespace
}  // namespace descry
