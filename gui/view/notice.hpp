// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QLabel>
#include <QVBoxLayout>

namespace descry::gui {

/// What a view shows when it has nothing to show: why, and what to do.
class Notice : public QLabel {
 public:
  explicit Notice(QWidget* parent) : QLabel(parent) {
    setAlignment(Qt::AlignCenter);
    setWordWrap(true);
    setForegroundRole(QPalette::PlaceholderText);
    setMargin(24);
    setTextInteractionFlags(Qt::TextSelectableByMouse);
    setMinimumSize(1, 1);
  }
};

}  // namespace descry::gui
