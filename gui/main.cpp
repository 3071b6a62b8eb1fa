// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/ranges.h>

#include <QApplication>
#include <QIcon>
#include <QLocale>
#include <QLoggingCategory>
#include <QSettings>
#include <QStandardPaths>
#include <QTranslator>
#include <cstdio>
#include <filesystem>

#include "analyzer/cli/cli.hpp"
#include "analyzer/cli/options.hpp"
#include "gui/window/appearance.hpp"
#include "gui/window/main_window.hpp"
#include "gui/window/screenshot.hpp"
#include "schemas/condition/condition.hpp"
#include "schemas/model/error.hpp"

namespace {

using namespace descry;
using namespace descry::gui;

struct Arguments {
  std::vector<std::string> databases;
  std::string screenshot, compare, view, size, theme, select;
  double scale = 1;
  bool worst = false, force = false;
};

void define(cli::Options options, Arguments& arguments) {
  std::vector<std::string> views;
  for (const ViewKind& kind : viewKinds()) views.emplace_back(kind.id);
  options.argument("DATABASE", arguments.databases, "Case database made by descry import; each gets a window");
  options.option("--compare", "BASE", arguments.compare, "Compare with this case database, the base");
  options.option("--screenshot", "FILE", arguments.screenshot,
                 "Save a picture of the window when everything in it is complete,\nand exit; .svg or .png");
  options.flag("--force", arguments.force, "Replace a file that descry did not write");
  const auto half = views.begin() + static_cast<std::ptrdiff_t>(views.size() / 2);
  options
      .option("--view", "NAME", arguments.view,
              fmt::format("Only this view, as large as the window:\n{},\n{}", fmt::join(views.begin(), half, ", "),
                          fmt::join(half, views.end(), ", ")))
      .oneOf(views);
  options.option("--size", "WxH", arguments.size, "Size of the window (default: as it was last, at first\n1400x900)");
  options.option("--scale", "N", arguments.scale, "Device pixels per pixel of the picture").rangeOfReal(0.5, 4.0);
  options.option("--theme", "NAME", arguments.theme, "light, dark or system").oneOf({"light", "dark", "system"});
  options.option("--select", "EXPR", arguments.select, "Only chains that meet this condition");
  options.flag("--worst", arguments.worst, "Go to the slowest chain of the cause that cost most");
}

constexpr QSize kFirstSize(1400, 900);

QSize sizeOf(const std::string& text) {
  if (text.empty()) return kFirstSize;
  int width = 0, height = 0;
  char rest = 0;
  if (std::sscanf(text.c_str(), "%dx%d%c", &width, &height, &rest) != 2 || width < 320 || height < 240 ||
      width > 16000 || height > 16000)
    throw cli::UsageError("--size: '" + text + "' is not a size between 320x240 and 16000x16000, such as 1400x900");
  return {width, height};
}

ThemeChoice choiceOf(const std::string& name) {
  if (name == "light") return ThemeChoice::Light;
  if (name == "dark") return ThemeChoice::Dark;
  return ThemeChoice::System;
}

/// Pictures can be taken where there is no screen.
void prepareEnvironment(const Arguments& arguments) {
  if (arguments.screenshot.empty()) return;
  // Without a screen Qt speaks of windows that do not move and plots that are not shown.
  QLoggingCategory::setFilterRules(QStringLiteral("default.warning=false\ndefault.debug=false"));
  if (arguments.scale != 1) qputenv("QT_SCALE_FACTOR", QByteArray::number(arguments.scale));
  if (qEnvironmentVariableIsEmpty("DISPLAY") && qEnvironmentVariableIsEmpty("WAYLAND_DISPLAY") &&
      qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM"))
    qputenv("QT_QPA_PLATFORM", "offscreen");
}

Screenshot wantedOf(const Arguments& arguments) {
  return {QString::fromStdString(arguments.screenshot), QString::fromStdString(arguments.view),
          QString::fromStdString(arguments.select), arguments.worst, arguments.force};
}

int show(const Arguments& arguments, int argc, char** argv) {
  const QSize size = sizeOf(arguments.size);
  prepareEnvironment(arguments);
  QApplication application(argc, argv);
  QApplication::setApplicationName(QStringLiteral("descry"));
  QApplication::setOrganizationName(QStringLiteral("descry"));
  QApplication::setApplicationVersion(QStringLiteral(DESCRY_VERSION));
  QApplication::setDesktopFileName(QStringLiteral("org.descry.Descry"));
  QApplication::setWindowIcon(
      QIcon::fromTheme(QStringLiteral("org.descry.Descry"), QIcon(QStringLiteral(":/org.descry.Descry.svg"))));
  QTranslator translator;
  const QString language = QStandardPaths::locate(QStandardPaths::AppDataLocation,
                                                  QStringLiteral("descry_%1.qm").arg(QLocale::system().name()));
  if (!language.isEmpty() && translator.load(language)) QApplication::installTranslator(&translator);
  const bool picture = !arguments.screenshot.empty();
  const ThemeChoice choice = !arguments.theme.empty() ? choiceOf(arguments.theme)
                             : picture
                                 ? ThemeChoice::Light
                                 : static_cast<ThemeChoice>(QSettings().value(QStringLiteral("theme"), 0).toInt());
  applyTheme(themeFor(choice));
  std::vector<std::string> databases = arguments.databases;
  if (databases.empty()) databases.emplace_back();
  std::vector<std::unique_ptr<MainWindow>> windows;
  for (const std::string& database : databases) {
    auto& window = windows.emplace_back(std::make_unique<MainWindow>(choice));
    window->resize(size);
    if (!arguments.compare.empty())
      QObject::connect(window.get(), &MainWindow::opened, window.get(),
                       [to = window.get(), base = arguments.compare] { to->compareWith(base); });
    if (picture) {
      window->setKeepsState(false);
      takeScreenshot(*window, wantedOf(arguments));
    } else {
      QObject::connect(
          window.get(), &MainWindow::opened, window.get(),
          [to = window.get(), wanted = wantedOf(arguments), size, sized = !arguments.size.empty()] {
            if (sized) to->resize(size);  // the size that it had last was restored
            applyWanted(*to, wanted);
            if (wanted.worst) to->goToWorst();
          },
          Qt::SingleShotConnection);
    }
    static_cast<QWidget*>(window.get())->show();
    if (!database.empty()) window->open(database);
  }
  return QApplication::exec();
}

}  // namespace

int main(int argc, char** argv) {
  cli::Program program("descry-gui", "Shows where the time of a virtual machine's virtio requests goes");
  Arguments arguments;
  define(program.options(), arguments);
  return program.run(argc, argv, [&]() -> int {
    if (!arguments.screenshot.empty() && arguments.databases.size() != 1)
      throw cli::UsageError("--screenshot needs exactly one database");
    if (!arguments.compare.empty() && arguments.databases.size() != 1)
      throw cli::UsageError("--compare needs exactly one database beside the base");
    try {
      parseCondition(arguments.select);
    } catch (const ConditionError& error) {
      throw cli::UsageError(std::string("--select: ") + error.what());
    }
    return show(arguments, argc, argv);
  });
}
