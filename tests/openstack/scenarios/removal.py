# SPDX-License-Identifier: Apache-2.0
"""The shim is removed by its documented command; runs last."""
from .scenario import Scenario
from .site import listing


class TheShimIsRemoved(Scenario):
    @classmethod
    def setUpClass(cls):
        cls.site.policies.clear()
        cls.files_with_shim = listing()
        cls.site.remove_shim()

    def test_horizons_files_are_as_they_were(self):
        before, after = self.site.files_before, listing()
        self.assertTrue(self.files_with_shim != before, 'the shim left no trace while it was installed')
        changed = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
        self.assertEqual(changed, [])
        self.note = '%d files and folders compared' % len(before)

    def test_horizon_opens_vnc_first_again(self):
        self.assert_opens('vm-new', 'VNC')
        self.assert_opens('vm-old', 'VNC')


CASES = (TheShimIsRemoved,)
