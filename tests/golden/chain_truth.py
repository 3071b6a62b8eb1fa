#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""chain_truth.py CASE_DIR > CASE.tsv : one line per chain of each side, for tests/golden/truth_test.cpp.

Works on the text that `trace-cmd report -t` and `babeltrace2 --clock-cycles` print and shares no code with Descry.
Times are ns of each trace's own clock; '-' means not seen.

  G device:queue position add_entry add_return get_return request
  H device:queue epoch position fetch_entry fetch used request

Positions are the avail index (guest kernel, vhost) or the number of the add or pop (packed rings, QEMU). `request` is
what the block layer (guest) and the device (host) call the request, e.g. R147968+128, and identifies it on both sides
without any position: the one check that survives lost events."""
import collections
import os
import re
import subprocess
import sys

LINE = re.compile(r'^\s*(.+)-(\d+)\s+\[(\d+)\]\s+(?:\S+\s+)?(\d+)\.(\d{9}):\s+(\S+):\s*(.*)$')
PAIR = re.compile(r'(\w+)=(\S+)')
CTF = re.compile(r'^\[(\d+)\] .*?qemu:(\w+): (?:\{ cpu_id = \d+ \}, )?(?:\{ vtid = (\d+) \}, )?\{ (.*) \}$')


def number(text):
    text = text.rstrip(',')
    return int(text, 16) if text.startswith('0x') else int(text)


def ftrace(path):
    text = subprocess.run(['trace-cmd', 'report', '-t', path], capture_output=True, text=True, errors='replace').stdout
    events = []
    for line in text.splitlines():
        m = LINE.match(line)
        if m:
            events.append((int(m[4]) * 10**9 + int(m[5]), int(m[3]), int(m[2]), m[6], m[7]))
    events.sort(key=lambda e: e[0])
    return events


def show(*values):
    print('\t'.join('-' if v is None else str(v) for v in values))


def guest(path):
    calls, issued = collections.defaultdict(list), collections.defaultdict(collections.deque)
    chains, open_chains, packed = collections.defaultdict(list), {}, set()
    for ns, cpu, tid, name, text in ftrace(path):
        context = tid if tid else ('idle', cpu)
        if name == 'block_rq_issue':
            m = re.match(r'\d+,\d+ ([RW])\w* \d+ \(\) (\d+) \+ (\d+)', text)
            issued[context].append('%s%s+%s' % m.groups() if m and m[3] != '0' else None)      # batches: issued, then added
            continue
        base = name[:-4] if name.endswith('_ret') else name
        if base not in ('add_sgs', 'add_outbuf', 'add_inbuf', 'add_inbuf_ctx', 'get', 'get_ctx', 'kick'):
            continue
        f = dict(PAIR.findall(text))
        if name == 'kick' and f['packed'] == '1':
            packed.add((number(f['dev']), number(f['q'])))
        if base == 'kick':
            continue
        if base == name:
            calls[context].append((name, ns, f))
            continue
        stack = calls[context]
        while stack and stack[-1][0] != base:
            stack.pop()
        if not stack:
            continue
        _, entry, g = stack.pop()
        queue = (number(g['dev']), number(g['q']))
        if base.startswith('add'):
            if number(f['ret']) == 0:
                chain = dict(queue=queue, position=number(g['avail']), entry=entry, back=ns, get=None,
                             request=issued[context].popleft() if issued[context] else None)
                open_chains[queue, g['token']] = chain
                chains[queue].append(chain)
        elif number(f['token']) and not (stack and stack[-1][0].startswith('get')):
            chain = open_chains.pop((queue, f['token']), None)
            if chain:
                chain['get'] = ns
    for queue in sorted(chains):
        for i, c in enumerate(chains[queue]):
            show('G', '%d:%d' % queue, i if queue in packed else c['position'], c['entry'], c['back'], c['get'], c['request'])


def host_vhost(path):
    index, epoch, calls = {}, collections.Counter(), collections.defaultdict(dict)
    chains = collections.defaultdict(dict)
    events = ftrace(path)
    for *_, text in events:
        f = dict(PAIR.findall(text))
        if number(f.get('vq0', '0')):
            index[number(f['vq0'])], index[number(f['vq1'])] = 0, 1
    for ns, _, tid, name, text in events:
        f = dict(PAIR.findall(text))
        if name == 'vring_ioctl' and number(f['cmd']) & 0xff == 0x12 and number(f['cmd']) >> 30 == 1:   # SET_VRING_BASE
            epoch[number(f['vq%d' % number(f['index'])])] += 1
        elif name == 'get_desc':
            calls[tid]['get'] = (number(f['vq']), number(f['avail']), number(f['num']), ns)
        elif name == 'get_desc_ret' and 'get' in calls[tid]:
            vq, position, size, entry = calls[tid].pop('get')
            if 0 <= number(f['ret']) < size:
                chains[vq, epoch[vq]][position] = [entry, ns, None]
        elif name == 'add_used':
            vq = number(f['vq'])
            for i in range(number(f['count'])):
                chain = chains[vq, epoch[vq]].get((number(f['used']) + i) % 65536)
                if chain:
                    chain[2] = ns
    for (vq, ep), rows in sorted(chains.items(), key=lambda x: (index[x[0][0]], x[0][1])):
        for position in sorted(rows):
            show('H', index[vq], ep, position, *rows[position], None)


def host_qemu(path):
    text = subprocess.run(['babeltrace2', '--no-delta', '--clock-cycles', path], capture_output=True, text=True).stdout
    events = []
    for line in text.splitlines():
        m = CTF.match(line)
        if m:
            events.append((int(m[1]), m[2], int(m[3] or 0), dict(re.findall(r'(\w+) = ("[^"]*"|[^ ,]+)', m[4]))))
    queue_of = {f['vq']: (f['vdev'], f['n']) for _, name, _, f in events if name == 'virtio_queue_notify'}
    epoch, status = collections.Counter(), {}
    chains, elements, pending, popped, requests = collections.defaultdict(list), {}, collections.defaultdict(list), {}, {}
    for ns, name, tid, f in events:
        if name == 'virtio_set_status':
            if int(f['val']) == 0 and status.get(f['vdev']) != 0:
                epoch[f['vdev']] += 1
            status[f['vdev']] = int(f['val'])
        elif name == 'virtqueue_pop' and f['vq'] in queue_of:
            vdev, n = queue_of[f['vq']]
            chain = dict(fetch=ns, fill=None, flush=None, request=None)
            chains[vdev, n, epoch[vdev]].append(chain)
            elements[f['vq'], f['elem']] = popped[tid] = requests[vdev, f['elem']] = chain
        elif name in ('virtio_blk_handle_read', 'virtio_blk_handle_write'):
            # a request of this device that was just popped by this thread: the element is the request itself
            chain = requests.get((f['vdev'], f['req']))
            if chain and chain['request'] is None:
                chain['request'] = '%s%s+%s' % (name[18].upper(), f['sector'], f['nsectors'])
        elif name == 'virtqueue_fill' and (f['vq'], f['elem']) in elements:
            chain = elements.pop((f['vq'], f['elem']))
            chain['fill'] = ns
            pending[f['vq']].append(chain)
        elif name == 'virtqueue_flush':
            for chain in pending.pop(f['vq'], []):
                chain['flush'] = ns
    for (vdev, n, ep), rows in sorted(chains.items()):
        flushed = any(c['flush'] for c in rows)
        for i, c in enumerate(rows):
            show('H', '%s:%s' % (vdev, n), ep, i, None, c['fetch'], c['flush'] if flushed else c['fill'], c['request'])


case = sys.argv[1]
if os.path.exists(case + '/guest/trace.dat'):
    guest(case + '/guest/trace.dat')
if os.path.exists(case + '/host/trace.dat'):
    host_vhost(case + '/host/trace.dat')
else:
    host_qemu(case + '/host')
