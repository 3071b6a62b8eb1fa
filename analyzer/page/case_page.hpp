// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "analyzer/page/names.hpp"
#include "analyzer/page/page.hpp"

namespace descry {

/// The answer on one screen of 24 lines of 80 columns: each device, the worst findings with what to do, the health.
Page firstScreen(const Summary& summary, ReportLevel by);

/// The whole report of a case. `by`: what the answer and the tables are about first.
Page casePage(const Database& database, const Summary& summary, ReportLevel by);

// Its sections, each in a file of its own.
/// `most`: how many devices (or what `by` says) it names.
Section answerSection(const Summary& summary, ReportLevel by, std::size_t most);
Section findingSection(const Summary& summary);
Section levelSection(const Summary& summary, ReportLevel by);
Section distributionSection(const Database& database, const Summary& summary);
Section healthSection(const Summary& summary);
Section slowestSection(const Summary& summary);
Section reproduceSection(const Summary& summary, ReportLevel by);

/// Loss, anomalies and how much could be paired, in one sentence.
std::string healthText(const Summary& summary);

/// Nothing when the traces' times are nanoseconds; else what is said of their clock.
const AnomalySummary* clockNotNs(const Summary& summary);

/// What the tables of these rows do not say: who translates, what was waited for outside of the latency.
Sentences levelNotes(const Summary& summary, const std::vector<LevelSummary>& levels);

}  // namespace descry
