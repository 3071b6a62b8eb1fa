// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "analyzer/page/names.hpp"
#include "analyzer/page/page.hpp"

namespace descry {

/// The report of a case. `by`: what the answer and the tables are about first.
Page casePage(const Database& database, const Summary& summary, ReportLevel by);

// Its sections, each in a file of its own.
Section answerSection(const Summary& summary, ReportLevel by);
Section findingSection(const Summary& summary);
Section levelSection(const Summary& summary, ReportLevel by);
Section distributionSection(const Database& database, const Summary& summary);
Section healthSection(const Summary& summary);
Section slowestSection(const Summary& summary);
Section reproduceSection(const Summary& summary, ReportLevel by);

/// Nothing when the traces' times are nanoseconds; else what is said of their clock.
const AnomalySummary* clockNotNs(const Summary& summary);

/// What the tables of these rows do not say: who translates, what was waited for outside of the latency.
Sentences levelNotes(const Summary& summary, const std::vector<LevelSummary>& levels);

}  // namespace descry
