// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QObject>
#include <QProcess>

#include "gui/query/activity.hpp"

namespace descry::gui {

/// Compares two databases with `descry diff` in the background. GUI thread. Ends with exactly one signal, unless it is
/// deleted before.
class DiffJob : public QObject {
  Q_OBJECT
 public:
  DiffJob(QString base, QString now, Activity& activity, QObject* parent);
  ~DiffJob() override;

  void start();
  void cancel();

 signals:
  void finished(const QByteArray& json);
  void failed(const QString& message);
  void cancelled();

 private:
  void end(int code, QProcess::ExitStatus status);
  void rest();

  QString m_base, m_now;
  Activity& m_activity;
  QProcess m_process;
  bool m_busy = false, m_cancelled = false;
};

}  // namespace descry::gui
