// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/golden/imported.hpp"

#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace descry::golden {

Imported::Imported(const std::string& name, const std::string& arguments) {
  const auto work = std::filesystem::path(DESCRY_WORK);
  std::filesystem::create_directories(work);
  const std::string output = (work / (name + ".db")).string();
  const std::string log = (work / (name + ".log")).string();
  std::filesystem::remove(output);
  const std::string command =
      std::string(DESCRY_COLLECTOR) + " import " + arguments + " -o '" + output + "' > '" + log + "' 2>&1";
  const int status = std::system(command.c_str());
  m_exitCode = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  std::ostringstream text;
  text << std::ifstream(log).rdbuf();
  m_messages = text.str();
  if (!std::filesystem::exists(output))
    throw std::runtime_error("import ended with " + std::to_string(m_exitCode) + ": " + m_messages);
  m_database = Database::openReadOnly(output);
}

std::int64_t Imported::integer(const std::string& sql) const {
  const auto value = m_database->queryInteger(sql);
  if (!value) throw std::runtime_error("no value for: " + sql);
  return *value;
}

std::string Imported::text(const std::string& sql) const {
  return m_database->queryText(sql).value_or("NULL");
}

std::vector<std::int64_t> Imported::column(const std::string& sql) const {
  std::vector<std::int64_t> values;
  auto statement = m_database->prepare(sql);
  while (statement.step()) values.push_back(statement.integer(0));
  return values;
}

std::vector<std::vector<std::int64_t>> Imported::rows(const std::string& sql) const {
  std::vector<std::vector<std::int64_t>> rows;
  auto statement = m_database->prepare(sql);
  while (statement.step()) {
    auto& row = rows.emplace_back();
    for (int column = 0; column < statement.columnCount(); ++column) row.push_back(statement.integer(column));
  }
  return rows;
}

std::vector<Pair> Imported::pairs() const {
  auto statement = m_database->prepare(
      "SELECT gc.origin_ns + g.q_ns, hc.origin_ns + h.f_ns, substr(gd.name, 7) || ':' || gq.queue_index,"
      " CASE WHEN hd.vhost THEN '' ELSE '0x' || upper(substr(hd.address, 3)) || ':' END || hq.queue_index"
      " FROM chain c JOIN pair_segment p USING (pair_id)"
      " JOIN guest_half g ON (g.queue_id, g.epoch, g.position) = (c.queue_id, c.epoch, c.position)"
      " JOIN host_half h ON (h.queue_id, h.epoch, h.position) = (p.host_queue_id, p.host_epoch, c.position - p.shift)"
      " JOIN queue gq ON gq.queue_id = g.queue_id JOIN device gd ON gd.device_id = gq.device_id"
      " JOIN queue hq ON hq.queue_id = h.queue_id JOIN device hd ON hd.device_id = hq.device_id"
      " JOIN capture gc ON gc.capture_id = gd.capture_id JOIN capture hc ON hc.capture_id = hd.capture_id");
  std::vector<Pair> pairs;
  while (statement.step())
    pairs.push_back(
        {statement.integer(0), statement.integer(1), std::string(statement.text(2)), std::string(statement.text(3))});
  return pairs;
}

}  // namespace descry::golden
