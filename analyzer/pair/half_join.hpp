// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "analyzer/pair/model.hpp"
#include "analyzer/pair/pairing.hpp"

namespace descry {

/// Walks halves in key order and joins those that a pairing puts together: both tables are clustered by position, so
/// this is one merge at any size.
class HalfJoin {
 public:
  /// A guest half with its host half and segment, or null for both.
  using OnGuest = std::function<void(const GuestHalfRow&, const HostHalfRow*, PairSegmentRow*)>;
  using OnHostOnly = std::function<void(const HostHalfRow&)>;

  HalfJoin(const Database& database, const Model& model, Pairing& pairing);
  ~HalfJoin();

  /// Every guest half, then every host half without a partner (skipped when `onHostOnly` is empty; then guest epochs
  /// without a segment are skipped as well).
  void run(const OnGuest& onGuest, const OnHostOnly& onHostOnly);

 private:
  class Cursor;

  void guestEpoch(QueueEpoch key, const OnGuest& onGuest, const OnHostOnly& onHostOnly);
  Cursor& cursorOf(QueueEpoch key);

  const Database& m_database;
  const Model& m_model;
  Pairing& m_pairing;
  std::map<QueueEpoch, std::unique_ptr<Cursor>> m_cursors;
};

}  // namespace descry
