// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QMainWindow>
#include <filesystem>
#include <map>
#include <memory>

#include "gui/query/session.hpp"
#include "gui/view/view.hpp"
#include "gui/window/appearance.hpp"
#include "gui/window/sidecar.hpp"

class QDockWidget;
class QLabel;
class QMenu;
class QProgressBar;
class QTimer;

namespace descry::gui {

class ImportJob;
class StartPage;

/// A window with one case and all its views, each a dock. Without a case it shows what can be opened.
class MainWindow : public QMainWindow {
  Q_OBJECT
 public:
  explicit MainWindow(ThemeChoice choice);
  ~MainWindow() override;

  /// Opens a database, or imports traces first. The window goes on working with what it has; opened() or openFailed()
  /// follows.
  void open(const std::filesystem::path& path);
  /// Opens the case of traces: the one in the cache while they are unchanged, else it imports them. A window that has a
  /// case leaves that to a new one.
  void openTraces(const QStringList& paths);
  /// Imports traces into a database and opens it.
  void importTraces(const QStringList& paths, const QString& output);
  /// Reads the open case again, from its traces if it came from some.
  void reload();
  Session* session() const { return m_session.get(); }
  View* view(const QString& id) const;
  /// Shows the view and gives it the keyboard.
  void showView(const QString& id);
  /// Only this view, as large as the window; again: everything as it was.
  void showAlone(const QString& id);
  /// Forgets nothing on the disk: for screenshots and tests.
  void setKeepsState(bool keeps) { m_keepsState = keeps; }
  ThemeChoice themeChoice() const { return m_themeChoice; }
  void chooseTheme(ThemeChoice choice);
  void goToWorst();
  /// "1.5 s", "20ms" after the first event, or @ and the trace's own timestamp. False: it cannot be understood.
  bool goToTime(const QString& text);
  /// "1234" on the queue that is looked at, or "virtio0 req0 1234". False: there is no such queue.
  bool goToPosition(const QString& text);
  /// Compares the open case with this one, and shows it.
  void compareWith(const std::filesystem::path& base);
  void addBookmark(const QString& title);
  void goToBookmark(const Bookmark& bookmark);
  const Sidecar* sidecar() const { return m_sidecar.get(); }

 signals:
  void opened();
  void openFailed(const QString& message);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void closeEvent(QCloseEvent* event) override;
  void changeEvent(QEvent* event) override;
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;

 private:
  void makeActions();
  void makeFileMenu();
  void makeViewMenu();
  void makeGoMenu();
  void makeBookmarkMenu();
  void makeHelpMenu();
  void fillBookmarks();
  void fillRecent();
  void addToRecent(const QString& opened);
  void noticeChange();
  void editNotes();
  void saveSidecar();
  void showPalette();
  void showShortcuts();
  void chooseTraces();
  void askForTime();
  void askForPosition();
  void makeToolBar();
  QAction* add(QMenu* menu, const QString& text, const QKeySequence& shortcut, std::function<void()> run);

  void openDatabase(const std::filesystem::path& path, const QStringList& traces);
  void show(std::shared_ptr<const Case> opened);
  void fail(const QString& message);
  void closeCase();
  void makeDocks();
  void arrangeDocks();
  void followSession();
  void restore();
  void remember();
  void chooseDatabase();
  void chooseBase();
  void exportPicture();
  void exportTable();
  QString currentView() const;

  ThemeChoice m_themeChoice;
  bool m_keepsState = true;
  Activity m_opening;
  std::unique_ptr<QueryThread> m_opener;
  std::unique_ptr<Session> m_session;
  std::unique_ptr<Sidecar> m_sidecar;
  ImportJob* m_import = nullptr;
  QStringList m_traces;  ///< of which the open case was made by this program; empty: a database was opened
  QTimer* m_watch;
  std::map<QString, QDockWidget*> m_docks;
  std::map<QString, View*> m_views;
  QString m_alone;
  QByteArray m_beforeAlone;
  StartPage* m_start;
  QMenu *m_viewMenu = nullptr, *m_recentMenu = nullptr, *m_bookmarkMenu = nullptr;
  QAction *m_addBookmark = nullptr, *m_editNotes = nullptr, *m_reload = nullptr;
  QAction *m_back = nullptr, *m_forward = nullptr, *m_everything = nullptr;
  std::vector<QAction*> m_needCase;
  QLabel* m_selectionLabel;
  QLabel *m_ticksLabel, *m_changedLabel, *m_busyLabel;
};

}  // namespace descry::gui
