// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <functional>
#include <string>

namespace descry {

/// True for a file that begins like gzip, xz, zstd, bzip2, lz4, zip or tar.
bool isPacked(const std::filesystem::path& file);
/// `capture.tar.xz` becomes `capture`, `trace.txt.gz` becomes `trace.txt`.
std::string nameWhenUnpacked(const std::filesystem::path& file);
/// Makes `target`: a file of a packed file, a folder of an archive. Links and special files of an archive are left out,
/// and no entry leads out of the folder. Throws Error that names `given` when the file is damaged or grows too much.
void unpack(const std::filesystem::path& file, const std::string& given, const std::filesystem::path& target,
            const std::function<void()>& check);

}  // namespace descry
