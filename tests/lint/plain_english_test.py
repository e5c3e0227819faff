#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The lint check of prose finds each pattern of its list, where it looks for it, and passes plain text."""
import unittest

import plain_english

PROSE, IDENTIFIERS = plain_english.read_patterns((plain_english.HERE / "plain_english.txt").read_text())
# One example for each prose pattern, in the order of the list.
EXAMPLES = (
    "Who does not know the host", "for whoever happens to be first", "the same for who waits", "Nobody waits",
    "what somebody else wrote", "a project of anybody", "what is left of it is sent", "tried in vain",
    "the group came to grief", "a client is told", "40 unless told otherwise", "the header tells", "the store hears",
    "the cache says", "what it said", "the connection is let go of", "the default speaks for it", "its word on it",
    "the breaker goes by the instance", "would rather have VNC", "requests under way", "an answer on its way",
    "opened anew", "as if nothing were stored", "a read is dear", "the commit is carried over", "what stands there",
    "in nobody's way", "it is as if", "Keystone is asked aside", "an answer is owed", "it is seldom read",
    "parted by blanks", "what came of it", "a leap of the clock", "not ours to mend")


def words(name, text):
    return [word for _, word, _ in plain_english.findings(name, text, PROSE, IDENTIFIERS)]


class PlainEnglish(unittest.TestCase):
    def test_finds_each_prose_pattern(self):
        self.assertEqual(len(EXAMPLES), len(PROSE))
        for (pattern, _), example in zip(PROSE, EXAMPLES):
            with self.subTest(pattern=pattern.pattern):
                self.assertRegex(example, pattern)

    def test_finds_identifiers_in_code_only(self):
        self.assertEqual(words("a.cc", "Surroundings& all;"), ["Surroundings"])
        self.assertEqual(words("a.md", "It was `Surroundings`."), [])

    def test_reads_comments_docstrings_and_test_names(self):
        self.assertEqual(words("a.h", "int x;  // nobody\n"), ["nobody"])
        self.assertEqual(words("a.cc", 'TEST_CASE("Nobody waits") {'), ["Nobody"])
        self.assertEqual(words("a.py", 'def test_nobody_waits():\n    """In vain."""\n'), ["nobody", "In vain"])
        self.assertEqual(words("tests/api/a.yaml", "# nobody\n- name: it says so\n"), ["nobody", "says"])
        self.assertEqual(words("run", "#!/bin/sh\n# nobody\n"), ["nobody"])

    def test_ignores_code(self):
        self.assertEqual(words("a.cc", 'const char* user = "nobody";'), [])
        self.assertEqual(words("a.py", 'USER = "nobody"\n'), [])
        self.assertEqual(words("a.md", "The user `nobody` runs it."), [])

    def test_passes_plain_text(self):
        self.assertEqual(words("a.md", "The follower polls the revision.\nUsers who may write are listed.\n"), [])


if __name__ == "__main__":
    unittest.main()
