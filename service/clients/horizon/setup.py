# SPDX-License-Identifier: Apache-2.0
"""Compiles the catalogs of messages as the package is built.

Everything else is in pyproject.toml.
"""

from babel.messages import frontend
import setuptools
from setuptools.command import build_py


class BuildPy(build_py.build_py):
    """Copies the package, and compiles the copies of its catalogs."""

    def run(self):
        super().run()
        compiler = frontend.compile_catalog(self.distribution)
        compiler.domain = ['django']
        compiler.directory = '%s/console_policy_dashboard/locale' % (
            self.build_lib)
        compiler.ensure_finalized()
        compiler.run()


setuptools.setup(cmdclass={'build_py': BuildPy})
