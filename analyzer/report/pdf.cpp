// SPDX-License-Identifier: GPL-2.0-or-later
// The page of HTML, printed by a program that is there anyway. WeasyPrint comes first: it needs no browser, and what it
// writes depends on nothing but the page. A browser does as well.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <vector>

#include "analyzer/report/formats.hpp"
#include "analyzer/report/report.hpp"
#include "schemas/model/error.hpp"
#include "schemas/system/output_file.hpp"
#include "schemas/system/process.hpp"
#include "schemas/system/temporary_folder.hpp"

namespace descry {

namespace {

namespace fs = std::filesystem;

constexpr const char* kInstall = "apt install weasyprint (or chromium)";

bool isInstalled(const std::string& program) {
  const char* variable = std::getenv("PATH");
  std::string path = variable == nullptr ? "/usr/bin:/bin" : variable;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    if (access((fs::path(path.substr(begin, end - begin)) / program).c_str(), X_OK) == 0) return true;
    begin = end + 1;
  }
  return false;
}

std::vector<std::string> commandFor(const fs::path& folder, const fs::path& html, const fs::path& pdf) {
  if (isInstalled("weasyprint")) return {"weasyprint", "-q", html.string(), pdf.string()};
  for (const char* browser : {"chromium", "chromium-browser", "google-chrome"}) {
    if (!isInstalled(browser)) continue;
    std::vector<std::string> command = {browser, "--headless=new", "--disable-gpu", "--no-pdf-header-footer",
                                        "--user-data-dir=" + (folder / "profile").string()};
    // The browser's sandbox refuses to work for root, and the page is our own.
    if (geteuid() == 0) command.emplace_back("--no-sandbox");
    command.push_back("--print-to-pdf=" + pdf.string());
    command.push_back("file://" + html.string());
    return command;
  }
  throw Error(fmt::format("no PDF printer is installed: run {}, or print the page from --format html", kInstall));
}

/// Browsers write the time of printing into the file: the same case must give the same bytes.
void forgetDates(std::string& pdf) {
  constexpr std::string_view kEpoch = "19700101000000";
  for (const std::string_view key : {"/CreationDate (D:", "/ModDate (D:"})
    if (const auto at = pdf.find(key); at != std::string::npos && at + key.size() + kEpoch.size() <= pdf.size())
      pdf.replace(at + key.size(), kEpoch.size(), kEpoch);
}

std::string lastLine(const fs::path& log) {
  std::ifstream file(log);
  std::string last;
  for (std::string line; std::getline(file, line);)
    if (!line.empty()) last = line;
  return last.empty() ? "it printed nothing" : last;
}

}  // namespace

void writePdfReport(const ReportedCase& reported, const ReportOptions& options, std::ostream& out) {
  const TemporaryFolder folder("pdf");
  const fs::path html = folder.path() / "report.html", pdf = folder.path() / "report.pdf", log = folder.path() / "log";
  const std::vector<std::string> command = commandFor(folder.path(), html, pdf);
  ReportOptions paged = options;
  paged.forPaper = true;
  writeFile(html, {}, [&](std::ostream& page) { writeHtmlReport(reported, paged, page); });
  ProcessOptions process;
  process.output = log;
  process.noInput = true;
  // Python's order of sets would show in the fonts; a fixed date would be that of the file.
  process.environment = {"PYTHONHASHSEED=0", "SOURCE_DATE_EPOCH=0"};
  const int code = Process(command, process).wait();
  std::ifstream file(pdf, std::ios::binary);
  if (code != 0 || !file || file.peek() == std::ifstream::traits_type::eof())
    throw Error(fmt::format("{} could not print the report: {}", command.front(), lastLine(log)));
  std::string bytes(std::istreambuf_iterator<char>(file), {});
  forgetDates(bytes);
  out << bytes;
}

}  // namespace descry
