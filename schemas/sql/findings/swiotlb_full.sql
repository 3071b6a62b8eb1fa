-- SPDX-License-Identifier: GPL-2.0-or-later
-- One row for the case: the pool of bounce buffers that refused most, as the guest's kernel log says.
SELECT vm, pool_slots, used_slots, full, refused_bytes, option_slots, memory_bytes, protection, kernel, source
FROM swiotlb_pool_view WHERE full > 0 ORDER BY full DESC, vm LIMIT 1;
