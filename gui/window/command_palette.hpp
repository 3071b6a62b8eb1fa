// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QDialog>
#include <functional>
#include <vector>

class QLineEdit;
class QListWidget;

namespace descry::gui {

struct Command {
  QString title, hint;
  std::function<void()> run;
};

/// Finds anything that can be done by a few of its letters: Ctrl+K.
class CommandPalette : public QDialog {
  Q_OBJECT
 public:
  CommandPalette(std::vector<Command> commands, QWidget* parent);

  /// How well typed letters fit a title: all of them in order, the better the closer together; 0: not at all.
  static int score(const QString& typed, const QString& title);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void filter();
  void run();

  std::vector<Command> m_commands;
  QLineEdit* m_text;
  QListWidget* m_list;
};

/// All shortcuts in a window: what `?` shows.
class ShortcutList : public QDialog {
  Q_OBJECT
 public:
  ShortcutList(const std::vector<std::pair<QString, QString>>& shortcuts, QWidget* parent);
};

}  // namespace descry::gui
