// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/window/import_job.hpp"

#include "gui/query/program.hpp"

namespace descry::gui {

ImportJob::ImportJob(QStringList paths, QString output, QObject* parent)
    : QObject(parent), m_paths(std::move(paths)), m_output(std::move(output)) {
  QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
  environment.insert(QStringLiteral("DESCRY_PROGRESS"), QStringLiteral("lines"));
  m_process.setProcessEnvironment(environment);
  m_process.setStandardOutputFile(QProcess::nullDevice());
  connect(&m_process, &QProcess::readyReadStandardError, this, &ImportJob::read);
  connect(&m_process, &QProcess::finished, this, &ImportJob::end);
  connect(&m_process, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
    if (error == QProcess::FailedToStart)
      emit failed(tr("Cannot start descry-collector: %1. It belongs to descry and should lie beside this program.")
                      .arg(m_process.errorString()));
  });
}

ImportJob::~ImportJob() {
  if (m_process.state() == QProcess::NotRunning) return;
  m_process.disconnect(this);
  m_process.terminate();
  constexpr int kPatienceMs = 3000;
  if (!m_process.waitForFinished(kPatienceMs)) m_process.kill();
}

void ImportJob::start() {
  m_process.start(programOf(QStringLiteral("descry-collector")),
                  QStringList{QStringLiteral("import")} + m_paths + QStringList{QStringLiteral("-o"), m_output});
}

void ImportJob::cancel() {
  m_cancelled = true;
  m_process.terminate();  // the collector takes it as a wish to stop, and leaves nothing behind
}

void ImportJob::read() {
  m_pending += m_process.readAllStandardError();
  for (qsizetype end = m_pending.indexOf('\n'); end >= 0; end = m_pending.indexOf('\n')) {
    const QString line = QString::fromUtf8(m_pending.left(end));
    m_pending.remove(0, end + 1);
    const QStringList fields = line.split(QLatin1Char('\t'));
    if (fields.size() == 4 && fields.front() == QStringLiteral("progress")) {
      bool known = false;
      const double share = fields[1].toDouble(&known);
      emit progressed(fields[3], known ? share : -1, fields[2].toLongLong());
    } else if (!line.trimmed().isEmpty()) {
      m_said << line.trimmed();
    }
  }
}

void ImportJob::end(int code, QProcess::ExitStatus status) {
  read();
  constexpr int kDone = 0, kDamaged = 3;
  if (m_cancelled) return emit failed(tr("The import was cancelled; nothing was written."));
  const QString said =
      m_said.join(QLatin1Char('\n')).remove(QStringLiteral("descry: ")).remove(QStringLiteral("descry-collector: "));
  if (status == QProcess::NormalExit && code == kDone) return emit finished({});
  if (status == QProcess::NormalExit && code == kDamaged) return emit finished(said);
  emit failed(said.isEmpty() ? tr("descry-collector ended with code %1.").arg(code) : said);
}

}  // namespace descry::gui
