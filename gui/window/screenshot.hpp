// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QString>

namespace descry::gui {

class MainWindow;

/// What --screenshot is asked to save.
struct Screenshot {
  QString output;
  QString view;        ///< only this one; empty: the whole window
  QString selection;   ///< a Condition
  bool worst = false;  ///< go to the slowest chain of the worst cause first
  bool force = false;  ///< replace an output that is not a picture
};

/// Shows the view alone and selects what is wanted, once the case is open.
void applyWanted(MainWindow& window, const Screenshot& wanted);

/// Waits until everything shown is complete, saves the window and ends the program: 0, or 1 with a line on stderr. Call
/// before the window has opened its case.
void takeScreenshot(MainWindow& window, const Screenshot& wanted);

}  // namespace descry::gui
