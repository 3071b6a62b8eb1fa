// SPDX-License-Identifier: GPL-2.0-or-later
/* Probes that do nothing: what is left is what getting into a probe and out of it costs. */
#include "collector/probes/kernel_types.h"

char LICENSE[] SEC("license") = "GPL";

SEC("fentry")
int nothing_fentry(void* ctx) {
  return 0;
}

SEC("kprobe")
int nothing_kprobe(void* ctx) {
  return 0;
}

SEC("uprobe")
int nothing_uprobe(void* ctx) {
  return 0;
}

SEC("uretprobe")
int nothing_uretprobe(void* ctx) {
  return 0;
}
