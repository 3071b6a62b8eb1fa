// SPDX-License-Identifier: GPL-2.0-or-later
// How the desktop program feels: gui_bench [WORK_DIRECTORY] [CHAINS...]. Makes databases of 10^5, 10^6 and 10^7 chains
// in WORK_DIRECTORY (once: they stay), opens each in a process of its own and prints a row of numbers.
#include <fmt/format.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <QApplication>
#include <QElapsedTimer>
#include <QStandardPaths>
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "gui/timeline/timeline_widget.hpp"
#include "gui/view/timeline_view.hpp"
#include "gui/window/main_window.hpp"
#include "samples/simulate/case_writer.hpp"
#include "tests/bench/gui_database.hpp"

namespace {

using namespace descry;
using namespace descry::gui;
using Clock = std::chrono::steady_clock;

std::int64_t nowNs() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now().time_since_epoch()).count();
}

double percentile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

double peakMegabytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) / 1024;
  return 0;
}

std::int64_t threadNs() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

/// GUI-thread work, in slices between which the program would wait for the screen: by the wall's clock, and by the
/// thread's own, which others on the machine cannot stretch.
struct Frames {
  std::vector<double> milliseconds, processor;

  template <typename Work>
  void measure(Work&& work, double least = 0) {
    const std::int64_t began = nowNs(), beganThread = threadNs();
    work();
    const double took = static_cast<double>(nowNs() - began) / 1e6;
    if (took < least) return;
    milliseconds.push_back(took);
    processor.push_back(static_cast<double>(threadNs() - beganThread) / 1e6);
  }
};

class Walk {
 public:
  Walk(MainWindow& window, TimelineView& view) : m_window(window), m_view(view) {
    QObject::connect(&view, &TimelineView::tileArrived, &view, [this](double ms) {
      m_arrivals.push_back(ms);
      m_arrived = true;
    });
  }

  void run() {
    const TimeRange whole = m_window.session()->all().range;
    TimelineWidget& timeline = m_view.timeline();
    constexpr int kZooms = 60, kPans = 40;
    for (const double place : {0.31, 0.77}) {
      timeline.fit();
      for (int i = 0; i < kZooms; ++i)
        step([&] { return timeline.viewport().zoomed(timeline.viewport().width * place, 1.25, whole); });
      for (int i = 0; i < kPans; ++i)
        step([&] { return timeline.viewport().panned(timeline.viewport().width * 0.3, whole); });
      for (int i = 0; i < kZooms; ++i)
        step([&] { return timeline.viewport().zoomed(timeline.viewport().width * place, 1 / 1.25, whole); });
      for (int i = 0; i < kPans; ++i)
        step([&] { return timeline.viewport().panned(timeline.viewport().width * -0.1, whole); });
    }
  }

  const Frames& frames() const { return m_frames; }
  const std::vector<double>& arrivals() const { return m_arrivals; }

 private:
  template <typename Next>
  void step(Next&& next) {
    TimelineWidget& timeline = m_view.timeline();
    m_arrived = false;
    m_frames.measure([&] {
      timeline.setViewport(next());
      timeline.repaint();
    });
    if (timeline.tile() && timeline.tile()->serves(timeline.viewport())) return;
    // The tile comes by the event loop; what it costs there is GUI-thread work as well.
    const std::int64_t patience = nowNs() + 20'000'000'000;
    while (!m_arrived && nowNs() < patience) {
      ::usleep(200);  // not part of the work: the thread would sleep in the event loop
      // A look at an empty queue is not a frame, and would make the percentiles look better.
      m_frames.measure([] { QCoreApplication::processEvents(); }, 0.05);
    }
    m_frames.measure([&] { timeline.repaint(); });
  }

  MainWindow& m_window;
  TimelineView& m_view;
  Frames m_frames;
  std::vector<double> m_arrivals;
  bool m_arrived = false;
};

void waitUntilQuiet(MainWindow& window) {
  while (window.session() == nullptr || window.session()->activity().isBusy())
    QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents, 5);
}

int measureOne(int argc, char** argv, const std::string& path, std::int64_t started) {
  QStandardPaths::setTestModeEnabled(true);
  QApplication application(argc, argv);
  applyTheme(themeFor(ThemeChoice::Light));
  MainWindow window(ThemeChoice::Light);
  window.setKeepsState(false);
  static_cast<QWidget&>(window).show();
  double overview = 0;
  QObject::connect(&window, &MainWindow::opened, &window, [&] {
    window.view(QStringLiteral("overview"))->grab();
    overview = static_cast<double>(nowNs() - started) / 1e6;
  });
  window.open(path);
  waitUntilQuiet(window);
  const double all = static_cast<double>(nowNs() - started) / 1e6;
  auto* timeline = qobject_cast<TimelineView*>(window.view(QStringLiteral("timeline")));
  window.showAlone(QStringLiteral("timeline"));
  waitUntilQuiet(window);
  Walk walk(window, *timeline);
  walk.run();
  const auto& [wall, processor] = walk.frames();
  fmt::print("{:>12} {:>12.0f} {:>12.0f} {:>10.2f} {:>10.2f} {:>10.2f} {:>10.2f} {:>10.2f} {:>10.2f} {:>10.0f}\n",
             window.session()->all().chains, overview, all, percentile(wall, 0.5), percentile(wall, 0.99),
             percentile(processor, 0.5), percentile(processor, 0.99), percentile(walk.arrivals(), 0.5),
             percentile(walk.arrivals(), 0.99), peakMegabytes());
  return 0;
}

std::filesystem::path databaseOf(const std::filesystem::path& work, std::int64_t chains) {
  const auto path = work / fmt::format("case-{}.db", chains);
  if (std::filesystem::exists(path)) return path;
  constexpr std::int64_t kSimulated = 100'000;
  const auto simulated = work / "simulated.db";
  if (!std::filesystem::exists(simulated)) {
    simulate::Scenario scenario = simulate::readScenario(DESCRY_SOURCE_DIR "/tests/bench/gui_scenario.txt");
    simulate::writeCase(simulated, simulate::Simulation(scenario));
  }
  fmt::print(stderr, "making {} ...\n", path.string());
  auto part = path;
  part += ".part";
  bench::scaleUp(simulated, part, std::max(chains, kSimulated));
  std::filesystem::rename(part, path);
  return path;
}

/// A process of its own, so that memory and start are those of one case.
void runOne(const char* program, const std::filesystem::path& path) {
  std::fflush(stdout);
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string started = std::to_string(nowNs());
    ::execl(program, program, "--one", path.c_str(), started.c_str(), nullptr);
    std::_Exit(127);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (status != 0) fmt::print("{}: the run failed\n", path.string());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 4 && std::string(argv[1]) == "--one") return measureOne(argc, argv, argv[2], std::stoll(argv[3]));
  const std::filesystem::path work = argc > 1 ? argv[1] : "build/bench/gui";
  std::vector<std::int64_t> sizes = {100'000, 1'000'000, 10'000'000};
  if (argc > 2) sizes.assign(1, 0);
  for (int i = 2; i < argc; ++i) {
    if (i > 2) sizes.push_back(0);
    sizes.back() = std::stoll(argv[i]);
  }
  std::filesystem::create_directories(work);
  fmt::print("{:>12} {:>12} {:>12} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10}\n", "chains", "overview ms",
             "all ms", "frame p50", "frame p99", "cpu p50", "cpu p99", "data p50", "data p99", "peak MiB");
  for (const std::int64_t chains : sizes) runOne(argv[0], databaseOf(work, chains));
  return 0;
}
