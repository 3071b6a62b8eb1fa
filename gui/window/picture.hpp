// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QString>

#include "gui/view/view.hpp"
#include "schemas/system/input_files.hpp"

namespace descry::gui {

class Session;

/// What an export never replaces: the files of the open case and of the one it is compared with.
InputFiles inputsOf(const Session& session);

/// Both return what went wrong; empty when nothing did. They never replace inputs, and with `force` any other file: a
/// file dialog has asked for that already. A table with times in ns is not saved where a clock of the case counts
/// ticks.
QString savePicture(QWidget& widget, const QString& path, const InputFiles& inputs, bool force);
QString saveTable(View& view, const QString& path, const Session& session, bool force);

}  // namespace descry::gui
