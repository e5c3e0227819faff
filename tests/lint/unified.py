#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes of a unity build's compile_commands.json one for clang-tidy: several sources are parsed as one.

usage: tests/lint/unified.py BUILD_FOLDER

Half of what clang-tidy does is to parse, and to match, the same headers for each source. BUILD_FOLDER is configured
with CMAKE_UNITY_BUILD. Writes BUILD_FOLDER/unified/compile_commands.json and prints the files in it that hold sources
of policies/ and service/, those with the most to read first. They are copies of CMake's unity files whose names begin
with UnifiedSource: Clang's static analyzer takes what such a file includes for sources, and so looks into their
functions (AnalysisManager::isInCodeFile); in what any other file includes it looks for little.
"""

import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCLUDED = re.compile(r'^#include "([^"]+)"$', re.MULTILINE)


def unified(entry):
    """The entry of the copy; that of a source which CMake left by itself as it is."""
    path = pathlib.Path(entry['file'])
    if not re.fullmatch(r'unity_\d+_cxx\.cxx', path.name):
        return entry
    copy = path.with_name('UnifiedSource_' + path.name)
    copy.write_text(path.read_text())
    return {**entry, 'file': str(copy), 'command': entry['command'].replace(str(path), str(copy))}


def sources(entry):
    """The sources of ours that a file holds: those it includes, or itself."""
    path = pathlib.Path(entry['file'])
    held = [pathlib.Path(name) for name in INCLUDED.findall(path.read_text())] if 'Unity' in path.parts else [path]
    return [one for one in held if any(ROOT / room in one.parents for room in ('policies', 'service'))]


def main():
    folder = pathlib.Path(sys.argv[1])
    entries = [unified(entry) for entry in json.loads((folder / 'compile_commands.json').read_text())]
    entries = [entry for entry in entries if sources(entry)]
    (folder / 'unified').mkdir(exist_ok=True)
    (folder / 'unified' / 'compile_commands.json').write_text(json.dumps(entries, indent=1))

    missing = set(ROOT.glob('policies/**/*.cc')) | set(ROOT.glob('service/**/*.cc'))
    missing -= {source for entry in entries for source in sources(entry)}
    if missing:
        sys.exit('no target has ' + ', '.join(sorted(str(source) for source in missing)))
    for entry in sorted(entries, key=lambda one: -sum(source.stat().st_size for source in sources(one))):
        print(entry['file'])


if __name__ == '__main__':
    main()
