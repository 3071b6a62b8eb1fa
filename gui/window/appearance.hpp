// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "gui/style/theme.hpp"

namespace descry::gui {

enum class ThemeChoice : std::uint8_t { System, Light, Dark };

/// What the choice comes to on this desktop: the settings portal is asked first, then the platform's own palette.
Theme themeFor(ThemeChoice choice);
/// Fusion style with the theme's colours for the whole program. Call before the first window.
void applyTheme(const Theme& theme);

}  // namespace descry::gui
