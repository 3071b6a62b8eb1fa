// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/window/screenshot.hpp"

#include <QApplication>
#include <QTimer>
#include <cstdio>

#include "gui/view/compare_view.hpp"
#include "gui/window/main_window.hpp"
#include "gui/window/picture.hpp"

namespace descry::gui {

namespace {

void end(const QString& problem) {
  if (!problem.isEmpty()) std::fprintf(stderr, "descry-gui: %s\n", problem.toUtf8().constData());
  QCoreApplication::exit(problem.isEmpty() ? 0 : 1);
}

/// Nothing has been worked on for a while: what is shown is complete.
void whenQuiet(MainWindow& window, const std::function<void()>& run) {
  constexpr int kQuietTicks = 5, kTickMs = 40;
  auto* timer = new QTimer(&window);
  timer->setInterval(kTickMs);
  auto quiet = std::make_shared<int>(0);
  QObject::connect(timer, &QTimer::timeout, &window, [&window, timer, quiet, run] {
    *quiet = window.session() != nullptr && window.session()->activity().isBusy() ? 0 : *quiet + 1;
    if (*quiet < kQuietTicks) return;
    timer->deleteLater();
    timer->stop();
    run();
  });
  timer->start();
}

}  // namespace

void applyWanted(MainWindow& window, const Screenshot& wanted) {
  if (!wanted.view.isEmpty()) window.showAlone(wanted.view);
  if (wanted.selection.isEmpty()) return;
  Selection selection = window.session()->selection();
  selection.expression = wanted.selection.toStdString();
  window.session()->select(selection);
}

void takeScreenshot(MainWindow& window, const Screenshot& wanted) {
  QObject::connect(&window, &MainWindow::openFailed, &window, [](const QString& message) { end(message); });
  QObject::connect(&window, &MainWindow::opened, &window, [&window, wanted] {
    applyWanted(window, wanted);
    whenQuiet(window, [&window, wanted] {
      if (wanted.worst) window.goToWorst();
      whenQuiet(window, [&window, wanted] {
        if (!wanted.view.isEmpty() && wanted.worst) {
          // Going to a chain may have chosen another view.
          if (!window.view(wanted.view)->isVisible()) window.showAlone(wanted.view);
        }
        whenQuiet(window, [&window, wanted] {
          const auto* compare = qobject_cast<CompareView*>(window.view(QStringLiteral("compare")));
          end(compare != nullptr && !compare->problem().isEmpty()
                  ? compare->problem()
                  : savePicture(window, wanted.output, inputsOf(*window.session()), wanted.force));
        });
      });
    });
  });
}

}  // namespace descry::gui
