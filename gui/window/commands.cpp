// SPDX-License-Identifier: GPL-2.0-or-later
// What the window does beyond its views: going to places, bookmarks, notes, the palette.
#include <QAction>
#include <QCoreApplication>
#include <QFileDialog>
#include <QInputDialog>
#include <QMenu>
#include <QMenuBar>
#include <QMessageBox>
#include <QPointer>
#include <QRegularExpression>
#include <QSettings>
#include <QStatusBar>

#include "gui/style/format.hpp"
#include "gui/view/timeline_view.hpp"
#include "gui/window/command_palette.hpp"
#include "gui/window/main_window.hpp"

namespace descry::gui {

namespace {

/// The keys that the timeline and the lists take themselves, beside the menus' shortcuts.
std::vector<std::pair<QString, QString>> innerKeys() {
  const auto text = [](const char* source) { return QCoreApplication::translate("Keys", source); };
  return {{text("Enter in Overview"), text("the chains of the row")},
          {text("Enter in Chains"), text("the chain, and the timeline goes there")},
          {text("Left, Right in Timeline"), text("earlier, later; with Shift by a whole width")},
          {text("A, D in Timeline"), text("earlier, later")},
          {text("Up, Down, +, -, W, S in Timeline"), text("closer, further out")},
          {text("Backspace in Timeline"), text("what was shown before the last jump")},
          {text("F or Home in Timeline"), text("everything")},
          {text("Z in Timeline"), text("to the selected time")},
          {text("Page Up, Page Down in Timeline"), text("other queues")},
          {text("Wheel in Timeline"), text("closer to the mouse; with Shift other queues")},
          {text("Drag in Timeline"), text("moves; with Shift selects a time, with Ctrl zooms to it")},
          {text("Ctrl+Space in the filter"), text("completes")},
          {text("Ctrl+Enter, Ctrl+. in SQL"), text("runs the statement, stops it")},
          {text("Alt+Up, Alt+Down, [, ]"), text("previous and next chain of the queue")},
          {text("Ctrl+Shift+C"), text("copies the chain as text")},
          {text("Up, Down in Compare"), text("another cause")},
          {text("Ctrl+drag in Distribution, Compare"), text("zooms to it; a double click shows everything")},
          {text("Tab, Shift+Tab"), text("next and previous control")}};
}

/// Every action with a name that is not hidden in another menu's title.
void collect(QMenu* menu, const QString& prefix, std::vector<QAction*>& actions, std::vector<QString>& titles) {
  for (QAction* action : menu->actions()) {
    if (action->isSeparator()) continue;
    const QString title = prefix + action->text().remove(QLatin1Char('&')).remove(QStringLiteral(" …"));
    if (action->menu() != nullptr) {
      collect(action->menu(), title + QStringLiteral(": "), actions, titles);
      continue;
    }
    actions.push_back(action);
    titles.push_back(title);
  }
}

}  // namespace

bool MainWindow::goToTime(const QString& typed) {
  const QString text = typed.trimmed();
  std::optional<Ns> at;
  if (text.startsWith(QLatin1Char('@'))) {
    bool isNumber = false;
    const qint64 ns = QString(text.mid(1)).remove(QLatin1Char(',')).toLongLong(&isNumber);
    if (isNumber) at = m_session->all().axis.fromTraceTime(ns);
  } else {
    at = parseTime(text);
  }
  if (!at) return false;
  const Ns around = std::max<Ns>(m_session->all().range.length() / 200, 1000);
  showView(QStringLiteral("timeline"));
  emit m_session->timeWanted({*at - around, *at + around});
  return true;
}

bool MainWindow::goToPosition(const QString& typed) {
  static const QRegularExpression pattern(QStringLiteral(R"(^\s*(?:(.*\S)\s+)?#?([0-9,]+)\s*$)"));
  const auto match = pattern.match(typed);
  if (!match.hasMatch()) return false;
  const QString name = match.captured(1);
  const std::int64_t position = match.captured(2).remove(QLatin1Char(',')).toLongLong();
  const Case& all = m_session->all();
  const QueueInfo* wanted = nullptr;
  for (const QueueInfo& queue : all.queues) {
    if (name.isEmpty() ? queue.queueId == m_session->selection().chain.queueId
                       : QString::fromStdString(queue.title()) == name || QString::fromStdString(queue.name) == name) {
      wanted = &queue;
      break;
    }
  }
  if (wanted == nullptr && name.isEmpty() && !all.queues.empty()) wanted = &all.queues.front();
  if (wanted == nullptr) return false;
  const std::int64_t epoch =
      wanted->queueId == m_session->selection().chain.queueId ? m_session->selection().chain.epoch : 0;
  m_session->goTo({wanted->queueId, epoch, position});
  emit m_session->viewWanted(QStringLiteral("chain"));
  return true;
}

void MainWindow::askForTime() {
  const QString text = QInputDialog::getText(
      this, tr("Go to a time"), tr("Time after the first event (1.5 s, 20ms), or @ and the trace's timestamp in ns:"));
  if (!text.isEmpty() && !goToTime(text))
    QMessageBox::warning(this, tr("Go to a time"),
                         tr("'%1' is not a time. Examples: 1.5 s, 20ms, @123456789.").arg(text));
}

void MainWindow::askForPosition() {
  const QString text = QInputDialog::getText(
      this, tr("Go to a position"), tr("Position on the current queue, or queue and position (virtio0 req0 1234):"));
  if (!text.isEmpty() && !goToPosition(text))
    QMessageBox::warning(this, tr("Go to a position"),
                         tr("'%1' is not a queue and position. Example: virtio0 req0 1234.").arg(text));
}

void MainWindow::chooseTraces() {
  const QString folder = QFileDialog::getExistingDirectory(this, tr("Open a capture folder, or a trace directory"));
  if (!folder.isEmpty()) openTraces({folder});
}

void MainWindow::fillRecent() {
  m_recentMenu->clear();
  const QStringList recent = QSettings().value(QStringLiteral("recent")).toStringList();
  for (const QString& path : recent) m_recentMenu->addAction(path, this, [this, path] { open(path.toStdString()); });
  if (recent.isEmpty()) m_recentMenu->addAction(tr("Nothing opened yet"))->setEnabled(false);
}

void MainWindow::makeBookmarkMenu() {
  m_bookmarkMenu = menuBar()->addMenu(tr("&Bookmarks"));
  m_addBookmark =
      add(m_bookmarkMenu, tr("&Bookmark this chain or time …"), QKeySequence(QStringLiteral("Ctrl+D")), [this] {
        const QString title =
            QInputDialog::getText(this, tr("Bookmark"), tr("Name:"), QLineEdit::Normal, m_session->selectionText());
        if (!title.isEmpty()) addBookmark(title);
      });
  m_editNotes =
      add(m_bookmarkMenu, tr("&Notes …"), QKeySequence(QStringLiteral("Ctrl+Shift+N")), [this] { editNotes(); });
  m_needCase.insert(m_needCase.end(), {m_addBookmark, m_editNotes});
  fillBookmarks();
}

void MainWindow::fillBookmarks() {
  // The two commands stay: made anew, their keys would belong to two actions.
  for (QAction* action : m_bookmarkMenu->actions())
    if (action != m_addBookmark && action != m_editNotes) m_bookmarkMenu->removeAction(action);
  m_bookmarkMenu->addSeparator();
  if (!m_sidecar) return;
  for (std::size_t i = 0; i < m_sidecar->bookmarks.size(); ++i) {
    const Bookmark bookmark = m_sidecar->bookmarks[i];
    m_bookmarkMenu->addAction(bookmark.title, this, [this, bookmark] { goToBookmark(bookmark); });
  }
  if (m_sidecar->bookmarks.empty()) return;
  QMenu* remove = m_bookmarkMenu->addMenu(tr("&Remove"));
  for (std::size_t i = 0; i < m_sidecar->bookmarks.size(); ++i)
    remove->addAction(m_sidecar->bookmarks[i].title, this, [this, i] {
      m_sidecar->bookmarks.erase(m_sidecar->bookmarks.begin() + static_cast<std::ptrdiff_t>(i));
      saveSidecar();
      QMetaObject::invokeMethod(this, &MainWindow::fillBookmarks, Qt::QueuedConnection);
    });
}

void MainWindow::goToBookmark(const Bookmark& bookmark) {
  Selection selection = m_session->selection();
  selection.expression = bookmark.condition;
  m_session->select(selection);
  if (bookmark.chain.valid()) {
    m_session->goTo(bookmark.chain);
    emit m_session->viewWanted(QStringLiteral("chain"));
  } else {
    showView(QStringLiteral("timeline"));
    emit m_session->timeWanted(bookmark.range);
  }
}

void MainWindow::addBookmark(const QString& title) {
  const Selection& selection = m_session->selection();
  m_sidecar->bookmarks.push_back(
      {title, selection.chain, selection.time.value_or(m_session->all().range), selection.expression});
  saveSidecar();
  // The menu may be what called: it must not lose the action that is running.
  QMetaObject::invokeMethod(this, &MainWindow::fillBookmarks, Qt::QueuedConnection);
}

void MainWindow::editNotes() {
  bool ok = false;
  const QString text = QInputDialog::getMultiLineText(
      this, tr("Notes"), tr("Notes on this case, kept in %1:").arg(m_sidecar->path()), m_sidecar->notes, &ok);
  if (!ok) return;
  m_sidecar->notes = text;
  saveSidecar();
}

void MainWindow::saveSidecar() {
  const QString problem = m_sidecar->save();
  if (!problem.isEmpty()) QMessageBox::warning(this, tr("Bookmarks and notes"), problem);
}

void MainWindow::showPalette() {
  std::vector<QAction*> actions;
  std::vector<QString> titles;
  fillRecent();
  for (QAction* top : menuBar()->actions())
    if (top->menu() != nullptr) collect(top->menu(), {}, actions, titles);
  std::vector<Command> commands;
  for (std::size_t i = 0; i < actions.size(); ++i)
    if (actions[i]->isEnabled())
      commands.push_back({titles[i], actions[i]->shortcut().toString(QKeySequence::NativeText),
                          [action = QPointer<QAction>(actions[i])] {
                            if (action) action->trigger();
                          }});
  if (m_session) {
    for (const QueueInfo& queue : m_session->all().queues)
      commands.push_back(
          {tr("Select queue %1").arg(QString::fromStdString(queue.title())), {}, [this, id = queue.queueId] {
             Selection selection = m_session->selection();
             selection.queues = {id};
             m_session->select(selection);
           }});
  }
  if (m_session) {
    for (const QString& path : QSettings().value(QStringLiteral("recent")).toStringList())
      commands.push_back({tr("Compare with %1").arg(path), {}, [this, path] { compareWith(path.toStdString()); }});
  }
  (new CommandPalette(std::move(commands), this))->open();
}

void MainWindow::showShortcuts() {
  std::vector<QAction*> actions;
  std::vector<QString> titles;
  for (QAction* top : menuBar()->actions())
    if (top->menu() != nullptr) collect(top->menu(), {}, actions, titles);
  std::vector<std::pair<QString, QString>> shortcuts;
  for (std::size_t i = 0; i < actions.size(); ++i)
    if (!actions[i]->shortcut().isEmpty())
      shortcuts.emplace_back(QKeySequence::listToString(actions[i]->shortcuts(), QKeySequence::NativeText), titles[i]);
  for (const auto& each : innerKeys()) shortcuts.push_back(each);
  (new ShortcutList(shortcuts, this))->open();
}

}  // namespace descry::gui
