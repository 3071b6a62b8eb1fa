// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QObject>
#include <QProcess>
#include <QStringList>

namespace descry::gui {

/// Imports traces with descry-collector in the background. The database appears when all is done, or not at all.
class ImportJob : public QObject {
  Q_OBJECT
 public:
  ImportJob(QStringList paths, QString output, QObject* parent);
  ~ImportJob() override;

  void start();
  void cancel();
  const QString& output() const { return m_output; }

 signals:
  /// `share` 0..1, or below 0 when it cannot be known.
  void progressed(const QString& step, double share, qint64 events);
  /// `warning`: it is done, but events were lost or contradict each other; empty when not.
  void finished(const QString& warning);
  void failed(const QString& message);

 private:
  void read();
  void end(int code, QProcess::ExitStatus status);

  QStringList m_paths;
  QString m_output;
  QProcess m_process;
  QByteArray m_pending;
  QStringList m_said;  ///< what the collector wrote besides progress
  bool m_cancelled = false;
};

}  // namespace descry::gui
