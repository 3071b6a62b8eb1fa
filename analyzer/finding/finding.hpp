// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "analyzer/advice/advice.hpp"
#include "schemas/model/causes.hpp"
#include "schemas/model/words.hpp"
#include "schemas/store/database.hpp"

namespace descry {

/// What a rule is asked about: a device or one of its queues, with both sides. Ids are those of the views, 0 where
/// there is none.
struct Target {
  DeviceId deviceId = kNoDevice;  ///< the guest's row, else the host's; 0: the whole case
  DeviceId guestId = kNoDevice, hostId = kNoDevice;
  std::string vm, device, transport, kind;
  QueueId queueId = kNoQueue;  ///< the guest's row, else the host's, as in chain_view; 0: the whole device
  QueueId guestQueueId = kNoQueue, hostQueueId = kNoQueue;
  std::string queue;
  AdvisedMachine machine;  ///< whose words the advice needs

  AdvisedDevice advised() const { return {kind, transport}; }
  /// "virtio0", or "virtio0 tx0" for a queue.
  std::string name() const { return queue.empty() ? device : device + ' ' + queue; }
};

/// The one row that a rule's SQL returned, by column name. Anyone who runs the same SQL gets the same row.
class Evidence {
 public:
  using Value = std::variant<std::monostate, std::int64_t, double, std::string>;  ///< monostate: NULL

  bool known(std::string_view column) const { return !std::holds_alternative<std::monostate>(at(column)); }
  /// 0 for NULL: ask known() where the difference matters. Throws on a column that the SQL does not have.
  std::int64_t integer(std::string_view column) const;
  double real(std::string_view column) const;
  std::string text(std::string_view column) const;
  /// The row as a JSON object, as SQLite writes it.
  const std::string& json() const { return m_json; }
  /// The statement that returns it, without parameters.
  const std::string& sql() const { return m_sql; }

 private:
  friend class EvidenceQuery;
  const Value& at(std::string_view column) const;

  std::vector<std::pair<std::string, Value>> m_columns;
  std::string m_json, m_sql;
};

/// A query for evidence, prepared once and asked of many targets. Its parameters are :device_id, :guest_device_id,
/// :host_device_id, :queue_id, :guest_queue_id and :host_queue_id, or some of them.
class EvidenceQuery {
 public:
  EvidenceQuery(const Database& database, std::string_view sql);
  /// The first row; nothing if there is none.
  std::optional<Evidence> of(const Target& target);

 private:
  Statement m_plain;
  std::vector<std::string> m_columns;
  Statement m_row;  ///< the same with the row as JSON in one more column
};

/// What a rule concludes.
struct Verdict {
  Severity severity = Severity::Info;
  std::string confidence;   ///< high (a fact says it), medium (it follows from the numbers), low
  std::int64_t sample = 0;  ///< what was counted: chains, mappings, misses, events
  std::string title, why, change, cost, howToCheck;
  std::string action;          ///< what to do, in one line of at most 70 columns, the command last
  std::optional<Cause> cause;  ///< that it is about
  double percent = 0;          ///< of the latency of its device or queue that it explains
  std::string prediction;  ///< follows `why` in the first finding about a device and a cause; the others leave it out
};

/// One entry in the list of rules.hpp. Its SQL is schemas/sql/findings/<id>.sql, with _ for -: a SELECT that returns
/// one row; a rule has nothing to say where there is none.
struct Rule {
  enum class Subject { Case, Device, Queue };

  std::string_view id;  ///< kebab-case, stable
  Subject subject;
  std::optional<Verdict> (*judge)(const Target& target, const Evidence& evidence);
  /// What kept the rule from judging, where its silence does not mean that all is well; else nothing. Asked only where
  /// judge() says nothing.
  std::string (*lacks)(const Target& target, const Evidence& evidence);
  /// What a critical finding of it says of requests; programs say so with their exit code.
  enum class Alarm { None, NotAdded, NotReturned };
  Alarm alarm = Alarm::None;
  /// It holds times against limits in ns: it is not asked where a clock counts ticks of unknown length.
  bool needsNanoseconds = false;
};

/// In the order in which findings of equal severity are shown.
std::span<const Rule> findingRules();

/// Judges everything and fills the tables finding, worst first, and unjudged. The other results must be in place.
void writeFindings(Database& database);

/// True for the rules whose critical findings mean that requests do not come back.
bool isStandstill(std::string_view rule);
/// The database has a critical finding that says that requests do not come back, or do not get into the ring.
bool hasAlarm(const Database& database);

}  // namespace descry
