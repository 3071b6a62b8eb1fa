// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/window/main_window.hpp"

#include <QApplication>
#include <QCloseEvent>
#include <QDockWidget>
#include <QDragEnterEvent>
#include <QFileInfo>
#include <QKeyEvent>
#include <QLabel>
#include <QMessageBox>
#include <QMimeData>
#include <QSettings>
#include <QStatusBar>
#include <QTimer>

#include "gui/view/overview_view.hpp"
#include "gui/window/case_cache.hpp"
#include "gui/window/import_job.hpp"
#include "gui/window/start_page.hpp"

namespace descry::gui {

namespace {
constexpr qsizetype kMostRecent = 12;
constexpr int kLayoutVersion = 2;
const QString kRecentKey = QStringLiteral("recent");
}  // namespace

MainWindow::MainWindow(ThemeChoice choice)
    : m_themeChoice(choice),
      m_watch(new QTimer(this)),
      m_start(new StartPage(this)),
      m_selectionLabel(new QLabel(this)),
      m_ticksLabel(new QLabel(tr("\u26A0 1 clock tick is shown as 1 ns"), this)),
      m_changedLabel(new QLabel(tr("\u26A0 The database was changed on the disk: reload (F5)"), this)),
      m_busyLabel(new QLabel(this)) {
  setObjectName(QStringLiteral("descry"));
  setWindowTitle(tr("Descry"));
  setAcceptDrops(true);
  setDockNestingEnabled(true);
  setDockOptions(AnimatedDocks | AllowNestedDocks | AllowTabbedDocks | GroupedDragging);
  setTabPosition(Qt::AllDockWidgetAreas, QTabWidget::North);
  setCentralWidget(m_start);
  m_selectionLabel->setMinimumWidth(1);
  statusBar()->addWidget(m_selectionLabel, 1);
  m_ticksLabel->setToolTip(tr(
      "The trace clock does not count nanoseconds, so no duration is right. Record with trace-cmd record -C mono, or "
      "give the clock's frequency as \"tsc_khz\" in a facts file and import again."));
  m_ticksLabel->hide();
  statusBar()->addPermanentWidget(m_ticksLabel);
  m_changedLabel->setToolTip(
      tr("What is shown comes from the state in which it was opened. Nothing more is read from it."));
  m_changedLabel->hide();
  statusBar()->addPermanentWidget(m_changedLabel);
  statusBar()->addPermanentWidget(m_busyLabel);
  constexpr int kWatchMs = 2000;
  m_watch->setInterval(kWatchMs);
  connect(m_watch, &QTimer::timeout, this, &MainWindow::noticeChange);
  makeActions();
  qApp->installEventFilter(this);
  connect(m_start, &StartPage::openWanted, this, &MainWindow::chooseDatabase);
  connect(m_start, &StartPage::tracesWanted, this, &MainWindow::chooseTraces);
  connect(m_start, &StartPage::cancelWanted, this, [this] {
    if (m_import != nullptr) m_import->cancel();
  });
  connect(m_start, &StartPage::pathChosen, this, [this](const QString& path) { open(path.toStdString()); });
  m_start->setRecent(QSettings().value(kRecentKey).toStringList());
  resize(1400, 900);
}

MainWindow::~MainWindow() {
  closeCase();
}

void MainWindow::open(const std::filesystem::path& path) {
  const QString name = QString::fromStdString(path.string());
  if (looksLikeTraces(name)) return openTraces({name});
  openDatabase(path, {});
}

void MainWindow::openTraces(const QStringList& paths) {
  if (m_session && m_traces != paths) {
    auto* window = new MainWindow(m_themeChoice);
    window->setAttribute(Qt::WA_DeleteOnClose);
    window->m_keepsState = m_keepsState;
    static_cast<QWidget*>(window)->show();
    return window->openTraces(paths);
  }
  const QString output = cachedCaseOf(paths);
  if (QFileInfo::exists(output)) return openDatabase(output.toStdString(), paths);
  importTraces(paths, output);
}

void MainWindow::reload() {
  if (!m_session) return;
  const Selection selection = m_session->selection();
  connect(
      this, &MainWindow::opened, this,
      [this, selection] {
        // Queues and chains may be others now; the condition means the same.
        Selection wanted;
        wanted.expression = selection.expression;
        m_session->select(wanted);
      },
      Qt::SingleShotConnection);
  if (m_traces.isEmpty())
    openDatabase(m_session->all().path, {});
  else
    openTraces(QStringList(m_traces));
}

void MainWindow::noticeChange() {
  m_changedLabel->setVisible(m_session && FileState::of(m_session->all().path) != m_session->all().file);
}

void MainWindow::openDatabase(const std::filesystem::path& path, const QStringList& traces) {
  const QString text = tr("Opening %1 …").arg(QString::fromStdString(path.string()));
  if (m_session)
    statusBar()->showMessage(text);
  else
    m_start->setMessage(text, false);
  m_opener = std::make_unique<QueryThread>(path, std::nullopt, m_opening, nullptr);
  m_opener->ask(
      [this, traces](const Database& database, const QueryThread::Deliver& deliver) {
        auto opened = std::make_shared<const Case>(readCase(database));
        deliver([this, opened, traces] {
          m_traces = traces;
          show(opened);
        });
      },
      [this](const QString& message) { fail(message); });
}

void MainWindow::importTraces(const QStringList& paths, const QString& output) {
  closeCase();
  delete m_import;
  m_import = new ImportJob(paths, output, this);
  m_start->setProgress(tr("Importing %1 into %2").arg(paths.join(QStringLiteral(", ")), output), -1);
  connect(m_import, &ImportJob::progressed, m_start, [this](const QString& step, double share, qint64 events) {
    m_start->setProgress(events > 0 ? tr("%1: %L2 events").arg(step).arg(events) : step, share);
  });
  connect(m_import, &ImportJob::finished, this, [this, paths](const QString& warning) {
    m_start->endProgress();
    if (!warning.isEmpty()) statusBar()->showMessage(warning.section(QLatin1Char('\n'), -1), 15000);
    dropOldCases(m_import->output());
    openDatabase(m_import->output().toStdString(), paths);
  });
  connect(m_import, &ImportJob::failed, this, [this](const QString& message) {
    m_start->endProgress();
    fail(message);
  });
  m_import->start();
}

/// A case that is open stays open.
void MainWindow::fail(const QString& message) {
  statusBar()->clearMessage();
  if (m_session) {
    auto* box = new QMessageBox(QMessageBox::Warning, tr("Open"), message, QMessageBox::Ok, this);
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->open();
  } else {
    m_start->setMessage(message, true);
  }
  emit openFailed(message);
}

/// In the list of what was opened: once, by the one name that leads there from anywhere.
void MainWindow::addToRecent(const QString& opened) {
  if (!m_keepsState) return;
  const QString path = QFileInfo(opened).canonicalFilePath();
  QStringList recent;
  for (const QString& each : QSettings().value(kRecentKey).toStringList())
    if (const QFileInfo file(each); file.isAbsolute() && (!file.exists() || file.canonicalFilePath() != path))
      recent << each;
  recent.prepend(path);
  QSettings().setValue(kRecentKey, recent.mid(0, kMostRecent));
}

void MainWindow::show(std::shared_ptr<const Case> opened) {
  closeCase();
  const QString path = QString::fromStdString(opened->path.string());
  m_session = std::make_unique<Session>(std::move(opened), themeFor(m_themeChoice));
  setWindowTitle(tr("%1 - Descry").arg(QString::fromStdString(m_session->all().path.filename().string())));
  setWindowFilePath(path);
  m_ticksLabel->setVisible(m_session->all().ticks);
  statusBar()->clearMessage();
  addToRecent(m_traces.size() == 1 ? m_traces.front() : path);
  m_watch->start();
  m_sidecar = std::make_unique<Sidecar>(m_session->all().path);
  if (!m_sidecar->problem().isEmpty()) statusBar()->showMessage(m_sidecar->problem(), 15000);
  takeCentralWidget();
  m_start->hide();
  makeDocks();
  arrangeDocks();
  for (QAction* action : m_needCase) action->setEnabled(true);
  followSession();
  restore();
  fillBookmarks();
  showView(QStringLiteral("overview"));
  emit this->opened();
}

void MainWindow::closeCase() {
  if (!m_session) return;
  remember();
  for (const auto& [id, dock] : m_docks) delete dock;
  m_docks.clear();
  m_views.clear();
  m_session.reset();
  m_sidecar.reset();
  m_ticksLabel->hide();
  m_changedLabel->hide();
  m_watch->stop();
  for (QAction* action : m_needCase) action->setEnabled(false);
  setCentralWidget(m_start);
  m_start->setMessage({}, false);
  m_start->setRecent(QSettings().value(kRecentKey).toStringList());
  m_start->show();
  m_selectionLabel->clear();
  setWindowTitle(tr("Descry"));
}

void MainWindow::makeDocks() {
  for (const ViewKind& kind : viewKinds()) {
    const QString id = QString::fromUtf8(kind.id);
    auto* dock = new QDockWidget(QCoreApplication::translate("View", kind.title), this);
    dock->setObjectName(QStringLiteral("dock-") + id);
    View* view = kind.make(*m_session, dock);
    view->setObjectName(id);
    view->setAccessibleDescription(QCoreApplication::translate("View", kind.purpose));
    dock->setWidget(view);
    m_docks[id] = dock;
    m_views[id] = view;
  }
}

/// Left: what is asked of the whole, above the timeline. Right: the chains, above the one that is looked at.
void MainWindow::arrangeDocks() {
  const auto dock = [&](const char* id) {
    const auto found = m_docks.find(QString::fromUtf8(id));
    return found == m_docks.end() ? nullptr : found->second;
  };
  QDockWidget* first = dock("overview");
  addDockWidget(Qt::TopDockWidgetArea, first);
  splitDockWidget(first, dock("chains"), Qt::Horizontal);
  splitDockWidget(dock("chains"), dock("chain"), Qt::Vertical);
  if (dock("timeline") != nullptr) splitDockWidget(first, dock("timeline"), Qt::Vertical);
  for (const ViewKind& kind : viewKinds())
    if (QDockWidget* each = dock(kind.id);
        each != first && each != dock("chains") && each != dock("chain") && each != dock("timeline"))
      tabifyDockWidget(first, each);
  for (const auto& [id, each] : m_docks) each->show();
  resizeDocks({first, dock("chains")}, {width() * 56 / 100, width() * 44 / 100}, Qt::Horizontal);
  resizeDocks({dock("chains"), dock("chain")}, {height() * 42 / 100, height() * 58 / 100}, Qt::Vertical);
  if (dock("timeline") != nullptr) resizeDocks({first, dock("timeline")}, {height() / 2, height() / 2}, Qt::Vertical);
  first->raise();
}

void MainWindow::followSession() {
  Session* session = m_session.get();
  const auto showSelection = [this] {
    const Selection& selection = m_session->selection();
    m_selectionLabel->setText(selection.narrows()
                                  ? tr("Selected: %1   (Esc: everything)").arg(m_session->selectionText())
                                  : tr("No selection: all chains are shown"));
    m_back->setEnabled(m_session->canGoBack());
    m_forward->setEnabled(m_session->canGoForward());
    m_everything->setEnabled(selection.narrows());
  };
  connect(session, &Session::selectionChanged, this, showSelection);
  connect(session, &Session::viewWanted, this, [this](const QString& id) {
    if (!m_alone.isEmpty() && m_alone != id) return showAlone(id);
    if (QDockWidget* wanted = m_docks.contains(id) ? m_docks[id] : nullptr) {
      wanted->show();
      wanted->raise();
    }
  });
  connect(session, &Session::baseWanted, this, &MainWindow::chooseBase);
  // Short questions pass without a word.
  auto* patience = new QTimer(session);
  patience->setSingleShot(true);
  patience->setInterval(250);
  connect(patience, &QTimer::timeout, this, [this] { m_busyLabel->setText(tr("reading …")); });
  connect(&session->activity(), &Activity::changed, this, [this, patience](bool busy) {
    if (busy) return patience->start();
    patience->stop();
    m_busyLabel->clear();
  });
  showSelection();
}

View* MainWindow::view(const QString& id) const {
  const auto found = m_views.find(id);
  return found == m_views.end() ? nullptr : found->second;
}

void MainWindow::showView(const QString& id) {
  if (!m_alone.isEmpty() && m_alone != id) return showAlone(id);
  const auto found = m_docks.find(id);
  if (found == m_docks.end()) return;
  found->second->show();
  found->second->raise();
  m_views[id]->focusTarget()->setFocus(Qt::ShortcutFocusReason);
}

void MainWindow::showAlone(const QString& id) {
  if (!m_docks.contains(id)) return;
  if (m_alone == id) {
    m_alone.clear();
    restoreState(m_beforeAlone, kLayoutVersion);
    return showView(id);
  }
  if (m_alone.isEmpty()) m_beforeAlone = saveState(kLayoutVersion);
  m_alone = id;
  for (const auto& [each, dock] : m_docks) dock->setVisible(each == id);
  m_docks[id]->raise();
  m_views[id]->focusTarget()->setFocus(Qt::ShortcutFocusReason);
}

QString MainWindow::currentView() const {
  for (QWidget* each = QApplication::focusWidget(); each != nullptr; each = each->parentWidget())
    if (qobject_cast<View*>(each) != nullptr) return each->objectName();
  return m_alone.isEmpty() ? QStringLiteral("overview") : m_alone;
}

void MainWindow::goToWorst() {
  if (auto* overview = qobject_cast<OverviewView*>(view(QStringLiteral("overview")))) overview->goToWorst();
}

void MainWindow::chooseTheme(ThemeChoice choice) {
  m_themeChoice = choice;
  const Theme theme = themeFor(choice);
  applyTheme(theme);
  if (m_session) m_session->setTheme(theme);
  if (m_keepsState) QSettings().setValue(QStringLiteral("theme"), static_cast<int>(choice));
}

void MainWindow::restore() {
  if (!m_keepsState) return;
  const QSettings settings;
  restoreGeometry(settings.value(QStringLiteral("geometry")).toByteArray());
  const QByteArray own = m_sidecar->layout;
  restoreState(own.isEmpty() ? settings.value(QStringLiteral("layout")).toByteArray() : own, kLayoutVersion);
}

void MainWindow::remember() {
  if (!m_keepsState || !m_session) return;
  QSettings settings;
  settings.setValue(QStringLiteral("geometry"), saveGeometry());
  settings.setValue(QStringLiteral("layout"), m_alone.isEmpty() ? saveState(kLayoutVersion) : m_beforeAlone);
  // The layout goes along with notes and bookmarks; for its sake alone no file is made.
  if (m_sidecar->bookmarks.empty() && m_sidecar->notes.isEmpty()) return;
  m_sidecar->layout = settings.value(QStringLiteral("layout")).toByteArray();
  m_sidecar->save();
}

/// Text fields would take Ctrl+K for themselves, and cut a line.
bool MainWindow::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::ShortcutOverride) {
    const auto* key = static_cast<QKeyEvent*>(event);
    if (key->key() == Qt::Key_K && key->modifiers() == Qt::ControlModifier) {
      event->ignore();
      return true;
    }
  }
  return QMainWindow::eventFilter(watched, event);
}

void MainWindow::closeEvent(QCloseEvent* event) {
  remember();
  QMainWindow::closeEvent(event);
}

void MainWindow::changeEvent(QEvent* event) {
  QMainWindow::changeEvent(event);
  if (event->type() == QEvent::ActivationChange && isActiveWindow()) noticeChange();
  // The desktop changed between light and dark while "as the system" is chosen.
  if (event->type() != QEvent::ThemeChange || m_themeChoice != ThemeChoice::System) return;
  const Theme theme = themeFor(m_themeChoice);
  applyTheme(theme);
  if (m_session) m_session->setTheme(theme);
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
  if (event->mimeData()->hasUrls() && event->mimeData()->urls().front().isLocalFile()) event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event) {
  QStringList paths;
  for (const QUrl& url : event->mimeData()->urls())
    if (url.isLocalFile()) paths << url.toLocalFile();
  if (paths.isEmpty()) return;
  event->acceptProposedAction();
  // Several traces are the sides of one case; of several databases the first is opened.
  if (paths.size() > 1 && std::ranges::all_of(paths, looksLikeTraces)) return openTraces(paths);
  open(paths.front().toStdString());
}

}  // namespace descry::gui
