# SPDX-License-Identifier: Apache-2.0
"""A reason full of markup, in a real browser: nothing of it runs.

Reasons are written by people, and reach Horizon through the service: neither
is trusted into HTML. Skipped where there is no chromium.
"""

import html
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from django.contrib.messages import constants
from django.contrib.messages.storage import base
from django.template import loader

from openstack_dashboard import api
from openstack_dashboard.dashboards.project.instances import tabs

from shim_case import PageCase

CHROMIUM = shutil.which('chromium')
ATTACK = ('</p><script>document.title="attacked"</script>'
          '<img src=x onerror="document.title=\'attacked\'">'
          '{{ 7|add:35 }}{% load x %}&lt;b&gt;')
#: Puts a fragment into the page as Horizon's tabs do: scripts in it run.
FRAGMENT = '''<body><div id=tab></div><script>
var holder = document.getElementById("tab");
holder.appendChild(document.createRange().createContextualFragment(%s));
setTimeout(function () { document.body.dataset.done = "1"; }, 300);
</script></body>'''


@unittest.skipUnless(CHROMIUM, 'no chromium on this machine')
class ReasonTests(PageCase):

    def setUp(self):
        super().setUp()
        self.patch(api.neutron, 'is_extension_supported', return_value=False)
        self.service.deny(['VNC', 'SPICE', 'RDP', 'SERIAL', 'MKS'],
                          reason=ATTACK)

    def seen(self, page):
        """The title and the text of a page, once it has been shown."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'page.html')
            with open(path, 'w', encoding='utf-8') as handle:
                handle.write('<!DOCTYPE html><title>quiet</title>' + page)
            done = subprocess.run(
                [CHROMIUM, '--headless', '--no-sandbox', '--disable-gpu',
                 '--user-data-dir=' + os.path.join(folder, 'profile'),
                 '--virtual-time-budget=2000', '--dump-dom',
                 'file://' + path], stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, timeout=60)
        dom = done.stdout.decode()
        title = re.search(r'(?s)<title>(.*?)</title>', dom).group(1)
        shown = re.sub(r'(?s)<(script|title).*?</\1>|<[^>]*>', ' ', dom)
        return title, re.sub(r'\s+', ' ', html.unescape(shown))

    def assertQuiet(self, page):
        title, text = self.seen(page)
        self.assertEqual('quiet', title)
        self.assertIn('<script>document.title="attacked"</script>', text)
        self.assertIn('{{ 7|add:35 }}{% load x %}&lt;b&gt;', text)

    def tab(self):
        request = self.factory.get('/?tab=instance_details__console')
        request.user, request.session = self.request.user, {}
        return tabs.InstanceDetailTabs(
            request, instance=self.server).get_tab('console').render()

    def test_the_browser_would_run_it(self):
        """The proof that these tests can fail."""
        self.assertEqual('attacked', self.seen('<p>%s</p>' % ATTACK)[0])
        self.assertEqual('attacked', self.seen(
            FRAGMENT % script_text('<p>%s</p>' % ATTACK))[0])

    def test_the_tab_as_part_of_the_page(self):
        self.assertQuiet(self.tab())

    def test_the_tab_as_it_is_loaded_later(self):
        self.assertQuiet(FRAGMENT % script_text(self.tab()))

    def test_the_serial_page(self):
        page = self.view('serial').content.decode()
        self.assertQuiet(page.split('<body>')[1])

    def test_the_message_after_a_redirect(self):
        said = self.said(self.view('auto_console'))
        self.assertIn(ATTACK, said)
        self.assertQuiet(loader.render_to_string(
            'horizon/_messages.html',
            {'messages': [base.Message(constants.ERROR, said)]}))


def script_text(text):
    """A text as a literal in a script."""
    return json.dumps(text).replace('<', '\\u003c')
