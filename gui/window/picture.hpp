// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QString>

#include "gui/view/view.hpp"

namespace descry::gui {

/// Both return what went wrong; empty when nothing did. `force`: replace a file that is no picture or table; a file
/// dialog has asked for that already.
QString savePicture(QWidget& widget, const QString& path, bool force = false);
QString saveTable(View& view, const QString& path, bool force = false);

}  // namespace descry::gui
