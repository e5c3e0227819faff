# SPDX-License-Identifier: Apache-2.0
"""Certificates for the database servers of the tests, made with openssl."""

import pathlib
import subprocess
from dataclasses import dataclass

NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']


@dataclass(frozen=True)
class Certificate:
    certificate: pathlib.Path
    key: pathlib.Path


class Authority:
    """A certificate authority in a folder of its own."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        self.certificate, self._key = folder / 'ca.pem', folder / 'ca.key'
        self._openssl('req', '-x509', *NEW_KEY, '-days', '2', '-subj', '/CN=Test CA', '-out', self.certificate,
                      '-keyout', self._key)

    def issue(self, name, subject_names='DNS:localhost,IP:127.0.0.1', days=2):
        """A server's certificate; a negative number of days makes one that has expired."""
        request = self.folder / f'{name}.csr'
        made = Certificate(self.folder / f'{name}.pem', self.folder / f'{name}.key')
        self._openssl('req', *NEW_KEY, '-new', '-subj', f'/CN={name}', '-addext', f'subjectAltName={subject_names}',
                      '-out', request, '-keyout', made.key)
        self._openssl('x509', '-req', '-in', request, '-copy_extensions', 'copy', '-CA', self.certificate,
                      '-CAkey', self._key, '-days', str(days), '-out', made.certificate)
        return made

    @staticmethod
    def _openssl(*words):
        subprocess.run(['openssl', *map(str, words)], check=True, stdin=subprocess.DEVNULL, capture_output=True)
