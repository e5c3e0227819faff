# SPDX-License-Identifier: Apache-2.0
"""The files as they ship: licence lines, no unfinished work, valid data, frozen migrations."""

import hashlib
import json
import re
import unittest

import jsonschema
import yaml

from promise import ROOT

NOT_SHIPPED = {'.git', 'build', '__pycache__', 'node_modules', '.pytest_cache'}
# No place for a comment, or prose, or made by a tool.
WITHOUT_LICENCE_LINE = {'.md', '.json', '.png', '.svg', '.pem', '.pyc'}
WITHOUT_LICENCE_NAME = {'LICENSE', 'SHA256SUMS', '.gitignore', '.clang-format', '.clang-tidy',
                        'MANIFEST.in', 'requirements.txt'}
# Inputs for fuzzers and approved outputs are compared byte by byte.
DATA_FOLDERS = {'corpus', 'transcripts'}
MARKS = re.compile(r'\b(' + '|'.join(['TO' + 'DO', 'FIX' + 'ME', 'X' * 3, 'HA' + 'CK']) + r')\b')
MIGRATIONS = ROOT / 'schema' / 'migrations'
UPDATE = '(cd schema/migrations && sha256sum -- [0-9]*.sql > SHA256SUMS)'


def files():
    def below(folder):
        for entry in sorted(folder.iterdir()):
            if entry.name in NOT_SHIPPED or entry.name.endswith('.egg-info'):
                continue
            if entry.is_dir() and not entry.is_symlink():
                yield from below(entry)
            elif entry.is_file():
                yield entry
    yield from below(ROOT)


def text_of(file):
    try:
        return file.read_bytes().decode('utf-8')
    except UnicodeDecodeError:
        return None


class EveryFile(unittest.TestCase):

    def test_source_files_begin_with_their_licence(self):
        checked = 0
        for file in files():
            if (file.suffix in WITHOUT_LICENCE_LINE or file.name in WITHOUT_LICENCE_NAME
                    or DATA_FOLDERS & set(file.parts) or text_of(file) in (None, '')):
                continue
            checked += 1
            with self.subTest(file.relative_to(ROOT).as_posix()):
                head = text_of(file).splitlines()[:5]
                self.assertTrue(any('SPDX-License-Identifier: Apache-2.0' in line for line in head))
        self.assertGreater(checked, 30)

    def test_no_file_has_marks_of_unfinished_work(self):
        for file in files():
            text = text_of(file)
            if text is None or DATA_FOLDERS & set(file.parts):
                continue
            with self.subTest(file.relative_to(ROOT).as_posix()):
                found = MARKS.search(text)
                self.assertIsNone(found, found and text[:found.start()].count('\n') + 1)

    def test_the_top_level_is_the_architecture(self):
        folders = {entry.name for entry in ROOT.iterdir()
                   if entry.is_dir() and not entry.name.startswith('.')} - NOT_SHIPPED
        self.assertEqual(folders, {'policies', 'schema', 'service', 'tests', 'examples'})


class DataFiles(unittest.TestCase):

    def test_every_yaml_file_is_yaml_without_repeated_keys(self):
        for file in files():
            if file.suffix in {'.yaml', '.yml'}:
                with self.subTest(file.relative_to(ROOT).as_posix()):
                    node = yaml.compose(file.read_text(encoding='utf-8'), yaml.SafeLoader)
                    self.assert_no_repeated_keys(node)

    def assert_no_repeated_keys(self, node):
        if isinstance(node, yaml.MappingNode):
            keys = [key.value for key, _ in node.value]
            self.assertEqual(len(keys), len(set(keys)), f'{node.start_mark}')
            for _, value in node.value:
                self.assert_no_repeated_keys(value)
        elif isinstance(node, yaml.SequenceNode):
            for value in node.value:
                self.assert_no_repeated_keys(value)

    def test_every_json_file_is_json(self):
        for file in files():
            if file.suffix == '.json' and not DATA_FOLDERS & set(file.parts):
                with self.subTest(file.relative_to(ROOT).as_posix()):
                    json.loads(file.read_text(encoding='utf-8'))

    def test_the_example_configuration_keeps_to_the_schema_and_the_schema_refuses_others(self):
        schema = json.loads((ROOT / 'schema' / 'config.schema.json').read_text(encoding='utf-8'))
        validator = jsonschema.validators.validator_for(schema)
        validator.check_schema(schema)
        example = yaml.safe_load(
            (ROOT / 'examples' / 'console-policyd.yaml').read_text(encoding='utf-8'))
        self.assertEqual([error.message for error in validator(schema).iter_errors(example or {})], [])
        self.assertFalse(validator(schema).is_valid({'no_such_key': 1}))

    def test_every_key_that_the_example_shows_only_can_be_had_by_taking_its_mark_away(self):
        schema = json.loads((ROOT / 'schema' / 'config.schema.json').read_text(encoding='utf-8'))
        example = (ROOT / 'examples' / 'console-policyd.yaml').read_text(encoding='utf-8')
        shown = re.compile(r'^( *)#( *[a-z_]+:(?: .*)?)$', re.MULTILINE)
        self.assertGreater(len(shown.findall(example)), 20)
        example = yaml.safe_load(shown.sub(r'\1\2', example))
        keystone = example['identity']['keystone']
        credential = {key: keystone.pop(key) for key in tuple(keystone) if key.startswith('application_credential')}
        self.assertEqual(len(credential), 2)
        validator = jsonschema.validators.validator_for(schema)(schema)
        self.assertEqual([error.message for error in validator.iter_errors(example)], [])
        # One stands instead of the other.
        for key in ('username', 'password_file', 'user_domain_name', 'project_name', 'project_domain_name'):
            del keystone[key]
        keystone.update(credential)
        self.assertEqual([error.message for error in validator.iter_errors(example)], [])

    def test_the_shipped_cloud_default_may_be_stored(self):
        from promise import Promise
        policy = yaml.safe_load(
            (ROOT / 'policies' / 'cloud-default.yaml').read_text(encoding='utf-8'))
        schema = {'$ref': '#/components/schemas/CloudPolicyRequest'}
        self.assertEqual(Promise().schema_errors(schema, {'policy': policy}), [])
        self.assertEqual(policy['prefer'], ['SPICE', 'VNC', 'SERIAL', 'MKS'])


class Migrations(unittest.TestCase):

    def test_they_are_numbered_without_gaps(self):
        names = sorted(file.name for file in MIGRATIONS.glob('*.sql'))
        self.assertTrue(names)
        for number, name in enumerate(names, start=1):
            self.assertRegex(name, rf'^{number:04d}_[a-z0-9_]+\.sql$')

    def test_they_are_frozen(self):
        frozen = {}
        sums = MIGRATIONS / 'SHA256SUMS'
        self.assertTrue(sums.is_file(), f'make it: {UPDATE}')
        for line in sums.read_text(encoding='ascii').splitlines():
            digest, name = re.fullmatch(r'([0-9a-f]{64})  (\S+)', line).groups()
            frozen[name] = digest
        found = {file.name: hashlib.sha256(file.read_bytes()).hexdigest()
                 for file in MIGRATIONS.glob('*.sql')}
        self.assertEqual(found, frozen, 'a shipped migration is never edited: add another one. '
                         f'For one that has not shipped: {UPDATE}')


class Decisions(unittest.TestCase):

    def test_what_is_superseded_names_what_supersedes_it(self):
        folder = ROOT / 'service' / 'adr'
        files = {file.name: file.read_text(encoding='utf-8') for file in sorted(folder.glob('[0-9]*.md'))}
        pairs = {'Supersedes': set(), 'Superseded': set()}
        for name, text in files.items():
            for word, found in pairs.items():
                for paragraph in re.findall(rf'^{word}\b.*?\n\n', text, re.MULTILINE | re.DOTALL):
                    others = re.findall(r'\]\((\d{4}-[a-z-]+\.md)\)', paragraph)
                    self.assertLessEqual(set(others), set(files))
                    found.update((name, other) if word == 'Supersedes' else (other, name) for other in others)
        self.assertGreater(len(pairs['Supersedes']), 3)
        self.assertEqual(*pairs.values())


if __name__ == '__main__':
    unittest.main()
