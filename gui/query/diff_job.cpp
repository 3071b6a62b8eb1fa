// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/query/diff_job.hpp"

#include "gui/query/program.hpp"

namespace descry::gui {

DiffJob::DiffJob(QString base, QString now, Activity& activity, QObject* parent)
    : QObject(parent), m_base(std::move(base)), m_now(std::move(now)), m_activity(activity) {
  connect(&m_process, &QProcess::finished, this, &DiffJob::end);
  connect(&m_process, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
    if (error != QProcess::FailedToStart) return;
    rest();
    emit failed(tr("Cannot start descry: %1. It belongs to this program and should lie beside it.")
                    .arg(m_process.errorString()));
  });
}

DiffJob::~DiffJob() {
  m_process.disconnect(this);
  if (m_process.state() != QProcess::NotRunning) {
    m_process.kill();  // it only reads
    m_process.waitForFinished();
  }
  rest();
}

void DiffJob::start() {
  m_activity.begin();
  m_busy = true;
  m_process.start(
      programOf(QStringLiteral("descry")),
      {QStringLiteral("diff"), QStringLiteral("--format"), QStringLiteral("json"), QStringLiteral("--"), m_base, m_now},
      QIODevice::ReadOnly);
}

void DiffJob::cancel() {
  m_cancelled = true;
  m_process.kill();
}

void DiffJob::rest() {
  if (m_busy) m_activity.end();
  m_busy = false;
}

void DiffJob::end(int code, QProcess::ExitStatus status) {
  constexpr int kDone = 0, kDamaged = 3;
  rest();
  if (m_cancelled) return emit cancelled();
  if (status == QProcess::NormalExit && (code == kDone || code == kDamaged))
    return emit finished(m_process.readAllStandardOutput());
  const QString said = QString::fromUtf8(m_process.readAllStandardError()).trimmed().remove(QStringLiteral("descry: "));
  emit failed(said.isEmpty() ? tr("descry diff ended with code %1.").arg(code) : said);
}

}  // namespace descry::gui
