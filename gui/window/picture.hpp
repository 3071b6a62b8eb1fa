// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QString>

#include "gui/view/view.hpp"

namespace descry::gui {

/// Writes a picture of a widget: SVG where the name says so, else PNG in the resolution of the screen. Returns what
/// went wrong, or nothing.
QString savePicture(QWidget& widget, const QString& path);
/// Writes the view's table as CSV; the file appears whole or not at all. Returns what went wrong, or nothing.
QString saveTable(View& view, const QString& path);

}  // namespace descry::gui
