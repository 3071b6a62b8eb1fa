// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/report/xml.hpp"

#include <ostream>

#include "schemas/text/escape.hpp"

namespace descry {

void addAttribute(pugi::xml_node node, const char* name, std::string_view value) {
  node.append_attribute(name).set_value(xmlText(value).c_str());
}

void addText(pugi::xml_node node, std::string_view text) {
  node.append_child(pugi::node_pcdata).set_value(xmlText(text).c_str());
}

void writeXml(const pugi::xml_document& document, std::ostream& out) {
  out << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  document.save(out, "  ", pugi::format_indent | pugi::format_no_declaration, pugi::encoding_utf8);
}

}  // namespace descry
