// SPDX-License-Identifier: GPL-2.0-or-later
// Makes the swiotlb pool that an s390x guest only has when it is protected. Booted with swiotlb=force, every DMA
// mapping then bounces as in a protected guest, on a machine that cannot protect guests.
#include <linux/gfp.h>
#include <linux/kprobes.h>
#include <linux/module.h>

#define POOL_BYTES (16UL << 20)

static int __init swiotlb_pool_init(void) {
  // swiotlb_init_late() is not exported; a kprobe finds it.
  struct kprobe probe = {.symbol_name = "swiotlb_init_late"};
  int (*init_late)(size_t, gfp_t, int (*)(void*, unsigned long));
  int error = register_kprobe(&probe);

  if (error) return error;
  init_late = (void*)probe.addr;
  unregister_kprobe(&probe);
  return init_late(POOL_BYTES, GFP_KERNEL | __GFP_NOWARN, NULL);
}

static void __exit swiotlb_pool_exit(void) {}

module_init(swiotlb_pool_init);
module_exit(swiotlb_pool_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A swiotlb pool for a guest that is not protected");
