// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <iosfwd>
#include <pugixml.hpp>
#include <string_view>

namespace descry {

// XML with foreign text in it: what XML 1.0 has no place for is replaced, markup is escaped by the library.

void addAttribute(pugi::xml_node node, const char* name, std::string_view value);
void addText(pugi::xml_node node, std::string_view text);
void writeXml(const pugi::xml_document& document, std::ostream& out);

}  // namespace descry
