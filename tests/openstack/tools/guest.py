# SPDX-License-Identifier: Apache-2.0
"""Write the guest's disk: a boot sector that shows a text and echoes keys and serial input.

Something to look at and to type into behind every VNC, SPICE and serial console. Its text goes to the
screen and to COM1; Enter repeats the text. It sleeps (hlt) between interrupts, so it costs next
to nothing. The machine code is written by hand, with labels where an address has to be worked out.
"""
import sys

TEXT = b'\r\n  rig guest: this picture comes from QEMU\r\n\r\n  type here> \0'
CODE = [
    '31c0 8ed8 8ed0 bc007c fb fc',          # ds = ss = 0, sp = 7c00
    'b80300 cd10',                          # text mode 80x25
    'b80006 b71f 31c9 ba4f18 cd10',         # clear it to white on blue
    'b8e300 31d2 cd14',                     # COM1: 9600 8N1
    ':say', 'be', 'TEXT',                   # si = text
    ':next', 'ac 84c0 74', 'loop-', 'e8', 'put', 'eb', 'next-',     # print it up to the zero
    ':loop', 'b401 cd16 75', 'key-',        # a key waiting?
    'b403 31d2 cd14 f6c401 75', 'serial-',  # a serial byte waiting?
    'f4 eb', 'loop-',                       # no: sleep until the next interrupt
    ':key', 'b400 cd16 eb', 'out-',
    ':serial', 'b402 31d2 cd14',
    ':out', '3c0d 74', 'say-',              # Enter: the text again
    'e8', 'put', 'eb', 'loop-',
    ':put', '50 b40e bb0700 cd10 58 b401 31d2 cd14 c3',     # al to the screen and to COM1
    ':TEXT',
]


def is_hex(item):
    return all(c in '0123456789abcdef ' for c in item)


def addresses():
    at, position = {}, 0
    for item in CODE:
        if item[0] == ':':
            at[item[1:]] = position
        elif is_hex(item):
            position += len(bytes.fromhex(item))
        else:
            position += 1 if item[-1] == '-' else 2
    return at


def boot_sector():
    at, out = addresses(), b''
    for item in CODE:
        if item[0] == ':':
            continue
        if is_hex(item):
            out += bytes.fromhex(item)
        elif item == 'TEXT':                # absolute
            out += (0x7c00 + at[item]).to_bytes(2, 'little')
        elif item[-1] == '-':               # short jump
            out += (at[item[:-1]] - len(out) - 1).to_bytes(1, 'little', signed=True)
        else:                               # call
            out += (at[item] - len(out) - 2).to_bytes(2, 'little', signed=True)
    return (out + TEXT).ljust(510, b'\0') + b'\x55\xaa'


with open(sys.argv[1], 'wb') as disk:
    disk.write(boot_sector().ljust(1 << 20, b'\0'))
