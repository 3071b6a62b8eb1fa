// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>

#include "gui/data/comparison.hpp"
#include "gui/data/distribution.hpp"
#include "gui/view/view.hpp"

class QBoxLayout;
class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QStackedWidget;
class QTextBrowser;

namespace descry::gui {

class CompareBars;
class Notice;
class SpreadPlot;

/// The open case against another one, the base: what changed and by which cause, as `descry diff` says it, and both
/// distributions over each other.
class CompareView : public View {
  Q_OBJECT
 public:
  CompareView(Session& session, QWidget* parent);
  ~CompareView() override;

  bool writeCsv(QTextStream& out) override;
  QWidget* focusTarget() override;
  const std::shared_ptr<const Comparison>& shown() const { return m_shown; }
  /// Of the chosen place and cause; nothing before they are read.
  const std::shared_ptr<const Distribution>& baseSpread() const { return m_baseSpread; }
  const std::shared_ptr<const Distribution>& nowSpread() const { return m_nowSpread; }
  /// Why there is no comparison although one was asked for.
  const QString& problem() const { return m_problem; }
  void cancel();

 protected:
  void refresh() override;
  void resizeEvent(QResizeEvent* event) override;
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;

 private:
  QWidget* makePage();
  void start();
  void take(const FileState& state);
  void say(const QString& text);
  void showSentences();
  void showPlace();
  void readSpreads();
  void drawSpreads();
  void fitSentences();
  const ComparedLevel* place() const;

  QComboBox *m_places, *m_what;
  QPushButton *m_choose, *m_stop;
  QTextBrowser* m_sentences;
  CompareBars* m_bars;
  SpreadPlot* m_plot;
  Notice *m_notice, *m_noSpread;
  QStackedWidget *m_stack, *m_spreadStack;
  QLabel *m_numbers, *m_note = nullptr;
  QLineEdit* m_command;
  QBoxLayout* m_halves;
  std::unique_ptr<QueryThread> m_baseThread;
  QueryThread *m_nowThread, *m_comparing;
  std::filesystem::path m_base;  ///< what m_shown or m_comparing compares with
  QString m_problem;
  std::shared_ptr<const Comparison> m_shown;
  std::shared_ptr<const Case> m_baseCase;
  std::shared_ptr<const Distribution> m_baseSpread, m_nowSpread;
};

}  // namespace descry::gui
