# SPDX-License-Identifier: Apache-2.0
"""Generated sections of README.md, between marks."""

import pathlib

README = pathlib.Path(__file__).parent / 'README.md'


def replace_section(name, writer, lines):
    """Replaces what stands between the marks of `name`; appends the section if there is none."""
    begin, end = f'<!-- {name}: written by {writer} -->\n', f'<!-- end of {name} -->\n'
    text = README.read_text('utf-8')
    before, after = (text.split(begin)[0], text.split(end)[1]) if begin in text else (text.rstrip('\n') + '\n\n', '')
    README.write_text(before + begin + '\n'.join(lines) + end + after, 'utf-8')
