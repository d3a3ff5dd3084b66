#!/usr/bin/env python3
"""Writes header_hash.h from the table in header.h: python3 src/sip/header_hash.py

Searches odd multipliers that send every header name, long and compact, to a slot of its own. Run it again after a
row was added to SIP_HEADERS; the unit tests fail until that is done."""
import os
import random
import re

HERE = os.path.dirname(os.path.abspath(__file__))
SLOTS_LOG2 = 9

rows = re.findall(r'X\((\w+), "([^"]+)", "([^"]*)"\)', open(os.path.join(HERE, 'header.h')).read())
keys = []
for symbol, name, compact in rows:
    keys.append((name.lower(), symbol))
    if compact:
        keys.append((compact.lower(), symbol))
assert len(set(k for k, _ in keys)) == len(keys) < 255 and max(len(k) for k, _ in keys) < 30


def slot(key, mul):
    b = key.encode()
    h = ((b[0] | 32) * mul[0] + (b[-1] | 32) * mul[1] + (b[len(b) // 2] | 32) * mul[2] + len(b) * mul[3]) & 0xffffffff
    return h >> (32 - SLOTS_LOG2)


random.seed(1)
for attempt in range(2000000):
    mul = [random.getrandbits(32) | 1 for _ in range(4)]
    slots = [slot(k, mul) for k, _ in keys]
    if len(set(slots)) == len(slots):
        break
else:
    raise SystemExit('no perfect hash found: two names may agree in length and in first, middle and last letter')

with open(os.path.join(HERE, 'header_hash.h'), 'w') as out:
    out.write('/* Written by header_hash.py from the table in header.h: the slot of every header name. Do not edit. */\n')
    out.write('#pragma once\n#include "sip/header.h"\n\n')
    out.write('enum { HEADER_SLOT_BITS = %d };\n' % SLOTS_LOG2)
    for i, letter in enumerate('FIRST LAST MIDDLE LENGTH'.split()):
        out.write('#define HEADER_MUL_%s 0x%08xu\n' % (letter, mul[i]))
    out.write('\n/* A name in lower case; fold has 0x20 under each letter, so that (bytes | fold) == name is equality in any\n'
              ' * case and nothing else. Entry 0 matches no name. */\n')
    out.write('struct header_key {\n    char name[32];\n    char fold[30];\n    uint8_t len, id; /* no name is so long that they would be compared */\n};\n\n')
    out.write('static const _Alignas(64) struct header_key header_key[%d] = {\n    {"", "", 0, SIP_H_UNKNOWN},\n' % (len(keys) + 1))
    for k, symbol in keys:
        fold = ''.join(' ' if c.isalpha() else '\\0' for c in k)
        out.write('    {"%s", "%s", %d, SIP_H_%s},\n' % (k, fold, len(k), symbol))
    out.write('};\n\nstatic const uint8_t header_slot[1u << HEADER_SLOT_BITS] = {\n')
    for i in range(1 << SLOTS_LOG2):
        if i in slots:
            out.write('    [%d] = %d,\n' % (i, slots.index(i) + 1))
    out.write('};\n')
