#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Finds words of a private dialect in prose: Markdown, comments, docstrings and names of tests.

usage: plain_english.py [FILE…]   (default: every file of the repository)

plain_english.txt holds the patterns. Prints `file:line: pattern: suggestion` and exits with 1 if there are any.
"""
import io
import pathlib
import re
import subprocess
import sys
import tokenize

HERE = pathlib.Path(__file__).resolve().parent
# The list itself and its test quote the patterns.
QUOTING = ("tests/lint/plain_english.txt", "tests/lint/plain_english_test.py")
SLASHES = re.compile(r"(?:^|\s)//+\s?(.*)")
HASH = re.compile(r"(?:^|\s)#+(?:\s(.*)|$)")
CATCH_NAME = re.compile(r'\b(?:TEST_CASE|SECTION|TEST_CASE_METHOD)\([^"]*"([^"]*)"')
GABBI_NAME = re.compile(r"^\s*-?\s*name:\s*(.*)")
CODE = re.compile(r"`[^`]*`")


def read_patterns(text):
    """The two lists of (compiled pattern, suggestion): for prose and for identifiers."""
    prose, identifiers = [], []
    current, flags = prose, re.IGNORECASE
    for line in text.splitlines():
        if line == "[identifiers]":
            current, flags = identifiers, 0
        elif line and not line.startswith("#"):
            pattern, suggestion = line.split("\t")
            current.append((re.compile(pattern, flags), suggestion))
    return prose, identifiers


def kind_of(name, text):
    """The language of a file, or None if it holds no prose."""
    suffix = pathlib.PurePath(name).suffix
    first = text.split("\n", 1)[0]
    if suffix == ".md":
        return "markdown"
    if suffix in (".h", ".cc", ".c", ".js"):
        return "slashes"
    if suffix == ".py" or first.startswith("#!") and "python" in first:
        return "python"
    if suffix in (".yaml", ".cmake", ".sh", ".cfg", ".service") or name.endswith("CMakeLists.txt") \
            or first.startswith("#!"):
        return "hash"
    return None


def python_prose(text):
    """(line, text) of comments, docstrings and names of tests."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string.lstrip("# ")
        elif token.type == tokenize.STRING and token.line.lstrip().startswith('"""'):
            for offset, line in enumerate(token.string.strip('"').split("\n")):
                yield token.start[0] + offset, line
        elif token.type == tokenize.NAME and token.string.startswith("test_"):
            yield token.start[0], token.string[len("test_"):].replace("_", " ")


def prose_lines(name, text):
    """(line, text) of everything in a file that a person reads as a sentence."""
    kind = kind_of(name, text)
    if kind == "python":
        yield from python_prose(text)
        return
    for number, line in enumerate(text.split("\n"), 1):
        if kind == "markdown" or name == "schema/openapi.yaml":
            yield number, line
        elif kind == "slashes":
            for found in (SLASHES.search(line), CATCH_NAME.search(line)):
                if found:
                    yield number, found.group(1)
        elif kind == "hash":
            for found in (HASH.search(line), GABBI_NAME.search(line) if name.startswith("tests/api/") else None):
                if found:
                    yield number, found.group(1) or ""


def findings(name, text, prose, identifiers):
    """(line, what was found, suggestion) for one file, each once."""
    found = []
    for number, line in prose_lines(name, text):
        line = CODE.sub("`", line).strip()
        found += [(number, match.group(0).strip(), suggestion)
                  for pattern, suggestion in prose for match in pattern.finditer(line)]
    if kind_of(name, text) in ("slashes", "python"):
        for number, line in enumerate(text.split("\n"), 1):
            found += [(number, match.group(0), suggestion)
                      for pattern, suggestion in identifiers for match in pattern.finditer(line)]
    return sorted(set(found))


def main(names):
    """Prints every finding; returns the exit status."""
    prose, identifiers = read_patterns((HERE / "plain_english.txt").read_text(encoding="utf-8"))
    if not names:
        listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                                check=True, capture_output=True, text=True).stdout
        names = [name for name in listed.split("\0") if name]
    failed = False
    for name in names:
        if name in QUOTING or not pathlib.Path(name).is_file():
            continue
        text = pathlib.Path(name).read_text(encoding="utf-8", errors="replace")
        for number, word, suggestion in findings(name, text, prose, identifiers):
            failed = True
            print(f"{name}:{number}: {word!r}: {suggestion}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
