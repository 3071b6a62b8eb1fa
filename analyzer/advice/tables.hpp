// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "analyzer/advice/advice.hpp"

namespace descry {

// clang-format off
#define DESCRY_ADVICE_TABLES(TABLE) \
  TABLE(kQemuAdvice)                \
  TABLE(kLibvirtAdvice)             \
  TABLE(kProxmoxAdvice)             \
  TABLE(kKubeVirtAdvice)            \
  TABLE(kOpenStackAdvice)           \
  TABLE(kCloudHypervisorAdvice)     \
  TABLE(kFirecrackerAdvice)         \
  TABLE(kCrosvmAdvice)              \
  TABLE(kXenAdvice)                 \
  TABLE(kVhostUserAdvice)           \
  TABLE(kLinuxAdvice)               \
  TABLE(kWindowsAdvice)
// clang-format on

#define DESCRY_DECLARE_TABLE(table) extern const AdviceTable table;
DESCRY_ADVICE_TABLES(DESCRY_DECLARE_TABLE)
#undef DESCRY_DECLARE_TABLE

}  // namespace descry
