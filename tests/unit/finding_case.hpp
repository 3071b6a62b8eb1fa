// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "analyzer/finding/finding.hpp"
#include "stored_totals.hpp"

namespace descry {

/// A device seen from both sides, virtio0, with 40 chains of 100 us, and nothing wrong with it.
class Findings : public testing::Test {
 protected:
  Findings()
      : m_path(std::filesystem::temp_directory_path() /
               (std::string("finding-") + testing::UnitTest::GetInstance()->current_test_info()->name() + ".db")) {
    std::filesystem::remove(m_path);
    m_database.emplace(Database::create(m_path));
    sql("INSERT INTO capture (capture_id, side, path, source, origin_ns, last_ns, events, decoded, unknown, discarded,"
        " probes_missed) VALUES (1, 'guest', 'g', 'trace_dat', 0, 9, 9, 9, 0, 0, 0),"
        " (2, 'host', 'h', 'trace_dat', 0, 9, 9, 9, 0, 0, 0)");
    sql("INSERT INTO device (device_id, capture_id, vm, name, transport, transport_source, kind, kind_source,"
        " access_platform, dma_api, iommu_group_type, translation, swiotlb_forced) VALUES"
        " (1, 1, 'vm', 'virtio0', 'pci', 'facts', 'net', 'facts', 0, 0, 'none', NULL, 0),"
        " (2, 2, 'vm', 'vhost0', 'unknown', 'unknown', 'net', 'facts', NULL, NULL, NULL, 'not in path', NULL)");
    sql("INSERT INTO device_pair VALUES (1, 2, 'position', 0, 1)");
    sql("INSERT INTO queue (queue_id, device_id, queue_index, name) VALUES (1, 1, 1, 'tx0'), (2, 2, 1, 'tx0')");
    sql("INSERT INTO queue_epoch (queue_id, epoch, anchor, doorbells_rung, doorbells_seen) VALUES (1, 0, 'start', 40, "
        "0),"
        " (2, 0, 'start', 0, 40)");
    sql("INSERT INTO guest_half (queue_id, epoch, position, q_ns, k_ns, k_return_ns, flags)" + forty +
        "SELECT 1, 0, i, i * 1000000, 10000, 12000, 0 FROM n");
    sql("INSERT INTO clock_segment VALUES (1, 1, 2, 0, 9, 0, 0, 0, 1000, 'accurate', 80, 'chains')");
    for (const char* cause : {"latency", "iotlb", "iotlb_induced", "swiotlb", "ring", "notification", "backend"})
      sql(fmt::format("INSERT INTO cause_total VALUES ('queue', 'pci', 1, 1, '{}', 'full', 40, 0, 0, 0, 0, 0, 1, 0)",
                      cause));
    takes("latency", 4'000'000);
    takes("ring", 1'500'000);
    takes("notification", 2'500'000);
  }
  ~Findings() override {
    m_database.reset();
    std::filesystem::remove(m_path);
  }

  void sql(const std::string& text) { m_database->execute(text); }
  void takes(const std::string& cause, std::int64_t ns) {
    sql(fmt::format("UPDATE cause_total SET total_ns = {} WHERE cause = '{}'", ns, cause));
  }

  /// "severity rule" of each finding, in their order.
  std::vector<std::string> found() {
    sql("DELETE FROM finding; DELETE FROM unjudged");
    storeTotals(*m_database);
    writeFindings(*m_database);
    std::vector<std::string> list;
    auto rows = m_database->prepare("SELECT severity || ' ' || rule FROM finding_view ORDER BY finding_id");
    while (rows.step()) list.emplace_back(rows.text(0));
    return list;
  }
  /// The rules that could not judge for this reason, in the order of their names.
  std::vector<std::string> lacking(const std::string& reason) {
    std::vector<std::string> list;
    auto rows = m_database->prepare("SELECT rule FROM unjudged WHERE reason = ? ORDER BY rule");
    rows.bind(0, std::string_view(reason));
    while (rows.step()) list.emplace_back(rows.text(0));
    return list;
  }
  std::string text(const std::string& column, const std::string& rule) {
    return m_database->queryText(fmt::format("SELECT {} FROM finding_view WHERE rule = '{}'", column, rule))
        .value_or("");
  }

  void accessPlatform() { sql("UPDATE device SET access_platform = 1, dma_api = 1 WHERE device_id = 1"); }
  void mappings(const std::string& identities) {
    sql("UPDATE guest_half SET dma_maps = 2, dma_identity = " + identities);
  }
  /// One miss per chain on a page of its own, answered after `answerNs` by an update that the VMM began to work on
  /// after 10 us; host memory lies at `address`.
  void misses(std::int64_t answerNs = 50'000, const std::string& address = "0x7000000000 + 4096 * i") {
    sql("UPDATE device SET translation = 'device iotlb' WHERE device_id = 2");
    sql("INSERT INTO iotlb_miss (queue_id, raised_ns, seq, epoch, position, iova, read_ns, updated_ns, granted_bytes,"
        " retried_ns)" +
        forty +
        fmt::format("SELECT 2, i * 1000000, i, 0, i, 4096 * i, i * 1000000 + 10000, i * 1000000 + {0}, 4096,"
                    " i * 1000000 + {0} + 5000 FROM n",
                    answerNs));
    sql("INSERT INTO iotlb_event (capture_id, ns, seq, kind, iova, bytes, address)" + forty +
        fmt::format("SELECT 2, i * 1000000 + {}, i, 'update', 4096 * i, 4096, {} FROM n", answerNs, address));
    takes("iotlb", 2'400'000);
    takes("iotlb_induced", 400'000);
  }
  void bounces() {
    sql("UPDATE guest_half SET bounces = 3, bounce_bytes = 8192, copies_back = 1, copy_back_bytes = 4096,"
        " swiotlb_out_ns = 40000, swiotlb_search_ns = 10000, swiotlb_in_ns = 15000");
    takes("swiotlb", 2'200'000);
  }
  /// A chain every 10 us, and this many in the ring when one is added (fewer at the beginning).
  void inFlight(int chains) {
    sql(fmt::format(
        "UPDATE guest_half SET q_ns = position * 10000, r_ns = {0}, c_ns = {0}, out_count = 2, in_count = 1",
        chains * 10'000 - 1));
  }
  /// What the host knows of each chain: fetched 1 us after the worker came, `wakeupNs` after the doorbell, done after 5
  /// us.
  void hostHalves(std::int64_t wakeupNs = 5'000) {
    sql("INSERT INTO host_half (queue_id, epoch, position, f_ns, k_ns, w_ns, t_ns, u_ns, out_count, in_count, flags)" +
        forty + fmt::format("SELECT 2, 0, i, i * 1000000, {}, -1000, -500, 5000, 2, 1, 32 FROM n", -1000 - wakeupNs));
    sql("INSERT INTO pair_segment VALUES (1, 1, 0, 2, 0, 0, 39, 0, 'position', 1, 40)");
    sql("INSERT INTO chain (queue_id, epoch, position, start_ns, pair_id, host_shift_ns, cross_error_ns, stock_ns, "
        "iotlb_ns,"
        " swiotlb_ns, ring_ns, notification_ns, backend_ns, unattributed_ns, points, flags)" +
        forty + "SELECT 1, 0, i, i * 1000000, 1, 50000, 1000, 0, 0, 0, 37500, 62500, 0, 0, 65535, 0 FROM n");
  }

  static inline const std::string forty =
      " WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 39) ";
  std::filesystem::path m_path;
  std::optional<Database> m_database;
};

}  // namespace descry
