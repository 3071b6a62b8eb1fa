// SPDX-License-Identifier: GPL-2.0-or-later
// The menus, the toolbar and what they do.
#include <QAction>
#include <QActionGroup>
#include <QApplication>
#include <QCoreApplication>
#include <QFileDialog>
#include <QMenuBar>
#include <QMessageBox>
#include <QStatusBar>
#include <QToolBar>

#include "gui/view/chains_view.hpp"
#include "gui/view/condition_edit.hpp"
#include "gui/window/main_window.hpp"
#include "gui/window/picture.hpp"

namespace descry::gui {

QAction* MainWindow::add(QMenu* menu, const QString& text, const QKeySequence& shortcut, std::function<void()> run) {
  QAction* action = menu->addAction(text, this, [run = std::move(run)] { run(); });
  action->setShortcut(shortcut);
  addAction(action);
  return action;
}

void MainWindow::makeActions() {
  makeFileMenu();
  makeViewMenu();
  makeGoMenu();
  makeBookmarkMenu();
  makeHelpMenu();
  makeToolBar();
  for (QAction* action : m_needCase) action->setEnabled(false);
}

void MainWindow::makeFileMenu() {
  QMenu* menu = menuBar()->addMenu(tr("&File"));
  add(menu, tr("&Open database …"), QKeySequence::Open, [this] { chooseDatabase(); });
  add(menu, tr("Open &traces …"), QKeySequence(QStringLiteral("Ctrl+Shift+O")), [this] { chooseTraces(); });
  m_recentMenu = menu->addMenu(tr("Open &recent"));
  connect(m_recentMenu, &QMenu::aboutToShow, this, &MainWindow::fillRecent);
  add(menu, tr("&New window"), QKeySequence::New, [this] {
    auto* window = new MainWindow(m_themeChoice);
    window->setAttribute(Qt::WA_DeleteOnClose);
    static_cast<QWidget*>(window)->show();
  });
  m_reload = add(menu, tr("&Reload"), QKeySequence(Qt::Key_F5), [this] { reload(); });
  m_reload->setToolTip(tr("Reads the database again, or the traces if they changed"));
  m_needCase.push_back(m_reload);
  menu->addSeparator();
  QAction* compare =
      add(menu, tr("&Compare with …"), QKeySequence(QStringLiteral("Ctrl+Shift+D")), [this] { chooseBase(); });
  compare->setToolTip(tr("Another case as the base: what changed since, and by which cause"));
  m_needCase.push_back(compare);
  menu->addSeparator();
  m_needCase.push_back(
      add(menu, tr("Export &picture …"), QKeySequence(QStringLiteral("Ctrl+E")), [this] { exportPicture(); }));
  m_needCase.push_back(
      add(menu, tr("Export &table …"), QKeySequence(QStringLiteral("Ctrl+Shift+E")), [this] { exportTable(); }));
  menu->addSeparator();
  add(menu, tr("C&lose window"), QKeySequence::Close, [this] { close(); });
  add(menu, tr("&Quit"), QKeySequence::Quit, [] { QApplication::closeAllWindows(); });
}

void MainWindow::makeViewMenu() {
  m_viewMenu = menuBar()->addMenu(tr("&View"));
  for (const ViewKind& kind : viewKinds()) {
    const QString id = QString::fromUtf8(kind.id);
    QAction* action = add(m_viewMenu, QCoreApplication::translate("View", kind.title),
                          QKeySequence(QString::fromUtf8(kind.shortcut)), [this, id] { showView(id); });
    action->setStatusTip(QCoreApplication::translate("View", kind.purpose));
    action->setToolTip(QCoreApplication::translate("View", kind.purpose));
    m_needCase.push_back(action);
  }
  m_viewMenu->addSeparator();
  m_needCase.push_back(add(m_viewMenu, tr("This view &alone"), QKeySequence(QStringLiteral("F10")),
                           [this] { showAlone(currentView()); }));
  m_needCase.push_back(add(m_viewMenu, tr("&Reset layout"), {}, [this] {
    m_alone.clear();
    arrangeDocks();
  }));
  QMenu* themes = m_viewMenu->addMenu(tr("&Theme"));
  auto* group = new QActionGroup(this);
  for (const auto& [choice, text] : {std::pair{ThemeChoice::System, tr("As the &system")},
                                     {ThemeChoice::Light, tr("&Light")},
                                     {ThemeChoice::Dark, tr("&Dark")}}) {
    QAction* action = add(themes, text, {}, [this, choice = choice] { chooseTheme(choice); });
    action->setCheckable(true);
    action->setChecked(choice == m_themeChoice);
    group->addAction(action);
  }
}

void MainWindow::makeGoMenu() {
  QMenu* menu = menuBar()->addMenu(tr("&Go"));
  m_back = add(menu, tr("&Back"), QKeySequence(QStringLiteral("Alt+Left")), [this] { m_session->back(); });
  m_forward = add(menu, tr("&Forward"), QKeySequence(QStringLiteral("Alt+Right")), [this] { m_session->forward(); });
  m_everything =
      add(menu, tr("Select &everything"), QKeySequence(Qt::Key_Escape), [this] { m_session->clearSelection(); });
  menu->addSeparator();
  QAction* worst = add(menu, tr("&Worst chain"), QKeySequence(QStringLiteral("Shift+W")), [this] { goToWorst(); });
  worst->setToolTip(tr("The slowest chain of the cause that cost most"));
  QAction* time = add(menu, tr("To a &time …"), QKeySequence(QStringLiteral("Ctrl+G")), [this] { askForTime(); });
  QAction* position =
      add(menu, tr("To a &position …"), QKeySequence(QStringLiteral("Ctrl+Shift+G")), [this] { askForPosition(); });
  QAction* filter = add(menu, tr("To the &filter"), QKeySequence(QStringLiteral("Ctrl+F")), [this] {
    showView(QStringLiteral("chains"));
    if (auto* chains = qobject_cast<ChainsView*>(view(QStringLiteral("chains")))) chains->filter()->setFocus();
  });
  menu->addSeparator();
  QMenu* sides = menu->addMenu(tr("Chains &seen by"));
  auto* group = new QActionGroup(this);
  for (const auto& [side, text] : {std::pair{SideFilter::Both, tr("&Any side")},
                                   {SideFilter::Guest, tr("The &guest")},
                                   {SideFilter::Host, tr("The &host")}}) {
    QAction* action = add(sides, text, {}, [this, side = side] {
      Selection selection = m_session->selection();
      selection.side = side;
      m_session->select(selection);
    });
    action->setCheckable(true);
    action->setChecked(side == SideFilter::Both);
    group->addAction(action);
    m_needCase.push_back(action);
  }
  QMenu* causes = menu->addMenu(tr("Chains that lost time to"));
  for (std::size_t cause = 0; cause < kCauses; ++cause)
    m_needCase.push_back(add(causes, causeName(static_cast<Cause>(cause)),
                             QKeySequence(QStringLiteral("Alt+%1").arg(cause + 1)), [this, cause] {
                               Selection selection = m_session->selection();
                               selection.causes = selection.causes == 1U << cause ? 0 : 1U << cause;
                               emit m_session->orderWanted(selection.causes != 0 ? static_cast<int>(cause) : -1);
                               m_session->select(selection);
                             }));
  m_needCase.insert(m_needCase.end(), {m_back, m_forward, m_everything, worst, time, position, filter});
}

void MainWindow::makeHelpMenu() {
  QMenu* menu = menuBar()->addMenu(tr("&Help"));
  QAction* palette = add(menu, tr("&Commands …"), QKeySequence(QStringLiteral("Ctrl+K")), [this] { showPalette(); });
  palette->setToolTip(tr("Finds any command by a few letters"));
  QAction* keys = add(menu, tr("&Keyboard"), {}, [this] { showShortcuts(); });
  keys->setShortcuts({QKeySequence(QStringLiteral("?")), QKeySequence(QStringLiteral("F1"))});
  add(menu, tr("&About Descry"), {}, [this] {
    QMessageBox::about(this, tr("About Descry"),
                       tr("<b>Descry</b> %1<br>Where the time of a virtual machine's virtio requests goes.<br>"
                          "Free software under the GNU General Public License, version 2 or later.")
                           .arg(QCoreApplication::applicationVersion()));
  });
}

void MainWindow::makeToolBar() {
  QToolBar* bar = addToolBar(tr("Toolbar"));
  bar->setObjectName(QStringLiteral("toolbar"));
  bar->setMovable(false);
  bar->setToolButtonStyle(Qt::ToolButtonTextOnly);
  for (QAction* action : {m_back, m_forward, m_everything}) {
    action->setToolTip(action->text().remove(QLatin1Char('&')) + QStringLiteral(" (") +
                       action->shortcut().toString(QKeySequence::NativeText) + QStringLiteral(")"));
    bar->addAction(action);
  }
  m_back->setIconText(QStringLiteral("◀"));
  m_forward->setIconText(QStringLiteral("▶"));
  m_everything->setIconText(tr("Everything"));
}

void MainWindow::chooseDatabase() {
  const QString path =
      QFileDialog::getOpenFileName(this, tr("Open a case database"), {}, tr("Case databases (*.db);;All files (*)"));
  if (!path.isEmpty()) open(path.toStdString());
}

void MainWindow::chooseBase() {
  const QString path = QFileDialog::getOpenFileName(this, tr("Compare with another case database: the base"), {},
                                                    tr("Case databases (*.db);;All files (*)"));
  if (!path.isEmpty()) compareWith(path.toStdString());
}

void MainWindow::compareWith(const std::filesystem::path& base) {
  if (!m_session) return;
  showView(QStringLiteral("compare"));
  m_session->compareWith(base);
}

void MainWindow::exportPicture() {
  const QString id = currentView();
  View* shown = view(id);
  if (shown == nullptr) return;
  const QString path = QFileDialog::getSaveFileName(this, tr("Export a picture of this view"),
                                                    id + QStringLiteral(".png"), tr("PNG (*.png);;SVG (*.svg)"));
  if (path.isEmpty()) return;
  const QString problem = savePicture(*shown, path, inputsOf(*m_session), true);
  if (problem.isEmpty())
    statusBar()->showMessage(tr("Saved %1").arg(path), 8000);
  else
    QMessageBox::warning(this, tr("Export"), problem);
}

void MainWindow::exportTable() {
  const QString id = currentView();
  View* shown = view(id);
  if (shown == nullptr) return;
  const QString path = QFileDialog::getSaveFileName(this, tr("Export the table of this view"),
                                                    id + QStringLiteral(".csv"), tr("CSV (*.csv)"));
  if (path.isEmpty()) return;
  const QString problem = saveTable(*shown, path, *m_session, true);
  if (problem.isEmpty())
    statusBar()->showMessage(tr("Saved %1").arg(path), 8000);
  else
    QMessageBox::warning(this, tr("Export"), problem);
}

}  // namespace descry::gui
