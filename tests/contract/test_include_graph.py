# SPDX-License-Identifier: Apache-2.0
"""The include graph of the C++ tree. The two tables below are the rule."""

import re
import unittest

from promise import ROOT

# What the files of a room may include of this project, besides their own room. A name ending in '/'
# is a whole room; the rest are single headers, which are what that room shows to others.
OPTIONS = ['service/http/options.h', 'service/store/options.h', 'service/identity/keystone_options.h',
           'service/api/options.h']
IDENTITY_INTERFACE = ['service/identity/identity.h', 'service/identity/access_rules.h',
                      'service/identity/project_domains.h']
ROOMS = {
    'policies/': [],
    'service/platform/': ['policies/'],
    'service/codec/': ['policies/', 'service/platform/'],
    'service/http/': ['policies/'],
    'service/store/': ['policies/', 'service/codec/', 'service/platform/', 'embedded/'],
    'service/config/': ['policies/', 'service/platform/', 'embedded/', *OPTIONS],
    'service/identity/': ['policies/', 'service/platform/'],
    'service/metrics/': ['policies/', 'service/http/message.h'],
    'service/api/': ['policies/', 'service/metrics/metrics.h', 'service/codec/', 'service/platform/',
                     'service/http/message.h', 'service/store/store.h', *IDENTITY_INTERFACE],
    # main, which puts the rooms together
    'service/': ['policies/', 'service/', 'embedded/'],
}

# Where a third-party library lives: its headers' beginnings, and the only rooms that may name them.
HOMES = {
    'boost/beast': ['service/http/'],
    'boost/asio': ['service/http/'],
    'boost/asio/post.hpp': ['service/http/', 'service/platform/'],
    'boost/asio/thread_pool.hpp': ['service/platform/'],
    'boost/algorithm/hex.hpp': ['service/platform/'],
    'boost/endian/': ['service/platform/'],
    'boost/locale/utf.hpp': ['service/platform/'],
    'boost/uuid/': ['service/platform/', 'service/store/'],
    'boost/': ['service/http/'],
    'cpprest/http_client.h': ['service/identity/'],
    'cpprest/': [],
    'pplx/threadpool.h': ['service/identity/'],
    'soci/': ['service/store/'],
    'mysql.h': ['service/store/'],
    'yaml-cpp/': ['service/config/'],
    'spdlog/': ['service/platform/'],
    'fmt/': ['service/platform/'],
    'nlohmann/': ['service/codec/', 'service/identity/', 'service/platform/'],
    'openssl/': ['service/http/', 'service/identity/', 'service/platform/'],
}

STANDARD = set('''
algorithm any array atomic bitset cassert cctype cerrno charconv chrono cinttypes climits clocale
cmath codecvt complex condition_variable csetjmp csignal cstdarg cstddef cstdint cstdio cstdlib
cstring ctime cwchar deque exception execution filesystem forward_list fstream functional future
initializer_list iomanip ios iosfwd iostream istream iterator limits list locale map memory
memory_resource mutex new numeric optional ostream queue random ratio regex scoped_allocator set
shared_mutex sstream stack stdexcept streambuf string string_view strstream system_error thread
tuple type_traits typeindex typeinfo unordered_map unordered_set utility valarray variant vector
'''.split())
SYSTEM = re.compile(r'(sys/[a-z_]+|linux/[a-z_]+|arpa/inet|netinet/(in|tcp)|endian|fcntl|getopt|unistd|signal|poll|'
                    r'pwd|pthread|netdb|syslog|malloc)\.h')
IMPURE = {'chrono': 'a clock', 'cstdio': 'input and output', 'ctime': 'a clock', 'filesystem': 'files',
          'fstream': 'files', 'iostream': 'input and output', 'random': 'chance', 'thread': 'threads',
          'locale': 'a locale', 'clocale': 'a locale'}
PURE_MAY = {'chrono'}  # for durations and time points; now() is looked for below

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def sources():
    """(path from the root, its room, its text) of every C++ file of policies/ and service/."""
    for top in ('policies', 'service'):
        for file in sorted((ROOT / top).rglob('*')):
            if file.suffix in {'.h', '.cc'} and 'clients' not in file.parts:
                path = file.relative_to(ROOT).as_posix()
                yield path, room_of(path), file.read_text(encoding='utf-8')


def room_of(path):
    return max((room for room in ROOMS if path.startswith(room)), key=len)


def home_of(header):
    """The longest prefix in HOMES that matches; None if there is none."""
    fitting = [start for start in HOMES if header.startswith(start)]
    return max(fitting, key=len) if fitting else None


class WhoIncludesWhom(unittest.TestCase):

    def test_every_room_includes_only_the_rooms_it_may_know(self):
        seen = 0
        for path, room, text in sources():
            for quote, header in INCLUDE.findall(text):
                if quote != '"':
                    continue
                seen += 1
                with self.subTest(path=path, includes=header):
                    allowed = [room] + ROOMS[room]
                    self.assertTrue(
                        any(header.startswith(name) if name.endswith('/') else header == name
                            for name in allowed) or header == 'service/version.h',
                        f'{room} may include only {allowed}')
        self.assertGreater(seen, 20)

    def test_a_third_party_library_is_named_only_where_it_lives(self):
        for path, room, text in sources():
            for quote, header in INCLUDE.findall(text):
                if quote != '<' or header in STANDARD or SYSTEM.fullmatch(header):
                    continue
                with self.subTest(path=path, includes=header):
                    home = home_of(header)
                    self.assertIsNotNone(home, 'a library that HOMES does not know')
                    self.assertIn(room, HOMES[home])

    def test_the_decision_library_is_pure(self):
        for path, room, text in sources():
            if room != 'policies/':
                continue
            with self.subTest(path):
                for quote, header in INCLUDE.findall(text):
                    if quote == '<':
                        self.assertIn(header, STANDARD)
                        self.assertNotIn(header, set(IMPURE) - PURE_MAY, IMPURE.get(header))
                code = re.sub(r'//[^\n]*', '', text)
                self.assertNotRegex(code, r'\bnow\(\)|\bgetenv\b|\btime\(|\bthrow\b')

    def test_a_third_party_library_is_in_no_header_that_another_room_sees(self):
        for path, room, text in sources():
            if not path.endswith('.h'):
                continue
            foreign = [header for quote, header in INCLUDE.findall(text)
                       if quote == '<' and header not in STANDARD and not SYSTEM.fullmatch(header)]
            if foreign:
                users = [other for other, other_room, other_text in sources()
                         if other_room != room and f'"{path}"' in other_text]
                with self.subTest(path=path, includes=foreign):
                    self.assertEqual(users, [])

    def test_every_header_is_included_once_however_often_it_is_named(self):
        for path, _, text in sources():
            if path.endswith('.h'):
                with self.subTest(path):
                    self.assertRegex(text, r'(?m)^#pragma once$')

    def test_nothing_throws_or_runs_away(self):
        # `throw;` hands a library's exception on within the adapter that met it.
        for path, _, text in sources():
            code = re.sub(r'//[^\n]*|"(\\.|[^"\\\n])*"', '', text)
            with self.subTest(path):
                self.assertNotRegex(code, r'\bthrow\b(?!;)')
                self.assertNotRegex(code, r'\.detach\(\)')

    def test_every_name_has_a_meaning(self):
        for path, _, text in sources():
            with self.subTest(path):
                self.assertNotRegex(path, r'(?i)(util|helper|manager|impl)\w*\.(h|cc)$')
                self.assertNotRegex(text, r'\b(class|struct) \w*(Manager|Helper|Util|Utils|Impl)\b')


if __name__ == '__main__':
    unittest.main()
