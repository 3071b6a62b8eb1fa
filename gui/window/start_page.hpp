// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QWidget>

class QLabel;
class QListWidget;
class QProgressBar;
class QPushButton;

namespace descry::gui {

/// What a window without a case shows: how to open one, the recent ones, and what went wrong.
class StartPage : public QWidget {
  Q_OBJECT
 public:
  explicit StartPage(QWidget* parent);

  void setMessage(const QString& message, bool isError);
  void setRecent(const QStringList& paths);
  /// Shows the progress of an import with a way to stop it; `share` below 0: not known.
  void setProgress(const QString& step, double share);
  void endProgress();

 signals:
  void openWanted();
  void tracesWanted();
  void cancelWanted();
  void pathChosen(const QString& path);

 private:
  QLabel* m_message;
  QListWidget* m_recent;
  QLabel* m_recentTitle;
  QProgressBar* m_progress;
  QPushButton* m_cancel;
};

}  // namespace descry::gui
