#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""to_vx.py < REPORT > TRACE: rewrites the guest ring events that `trace-cmd report -t` prints the way a kernel's own
`trace` file shows the probes of group vx: other names, microseconds, no ring positions, no return of the add, and
return probes that know nothing but the return value."""
import collections
import re
import sys

LINE = re.compile(r'^\s*(.+)-(\d+)\s+\[(\d+)\]\s+(\d+)\.(\d{9}):\s+(\S+):\s*\S+(?: <- \S+)?\s*(.*)$')
FLAGS = 'd..1.'

in_flight = collections.Counter()
queue_of = {}
print('# tracer: nop\n#\n# entries-in-buffer/entries-written: 0/0   #P:2\n#')
print('#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION')
for line in sys.stdin:
    m = LINE.match(line)
    if not m:
        continue
    task, pid, cpu, seconds, ns, name = m.groups()[:6]
    f = dict(re.findall(r'(\w+)=(\S+)', m[7]))
    key = (f.get('dev'), f.get('q'))
    who = 'vdev=%s q=%s name="req.%s" vq=%s' % (f.get('dev'), f.get('q'), f.get('q'), f.get('vq'))
    if name == 'add_sgs':
        text = 'add_sgs: (virtqueue_add_sgs+0x0/0xd0 [virtio_ring]) %s free=%d out=%s in=%s data=%s' % (
            who, 256 - in_flight[key], f['out'], f['in'], f['token'])
        in_flight[key] += 1
    elif name == 'kick':
        text = 'kick_prepare: (virtqueue_kick_prepare+0x0/0x90 [virtio_ring]) ' + who
    elif name == 'notify':
        text = 'notify: (vp_notify+0x0/0x30 [virtio_pci]) ' + who
    elif name == 'irq':
        text = 'irq: (vring_interrupt+0x0/0xd0 [virtio_ring]) irq=%s vq=%s q=%s' % (f['irq'], f['vq'], f['q'])
    elif name == 'get':
        text = 'get_buf: (virtqueue_get_buf+0x0/0x20 [virtio_ring]) %s len=0xffffb06f80003f04' % who
    elif name == 'get_ret':
        text = 'get_buf_r: (virtblk_done+0x70/0x110 [virtio_blk] <- virtqueue_get_buf) data=' + f['token']
        in_flight[key] -= f['token'] != '0x0'
    else:
        continue
    us = (int(seconds) * 10**9 + int(ns) + 500) // 1000
    print('%16s-%-7s [%s] %s %5d.%06d: %s' % (task, pid, cpu, FLAGS, us // 10**6, us % 10**6, text))
