# SPDX-License-Identifier: Apache-2.0
"""What OpenStackClient wants to know of a plugin."""

from osc_lib import utils

DEFAULT_API_VERSION = '1'
API_NAME = 'console_policy'
API_VERSION_OPTION = 'os_console_policy_api_version'
API_VERSIONS = {
    '1': 'osc_console_policy.client.Client',
    '1.0': 'osc_console_policy.client.Client',
}


def make_client(instance):
    """The client that commands find as `client_manager.console_policy`.

    :param instance: OpenStackClient's client manager, already authenticated
    """
    version = instance._api_version[API_NAME]
    settings = instance.get_configuration()
    # Imported here: OpenStackClient loads this module for every command of
    # every service.
    client = utils.get_client_class(API_NAME, version, API_VERSIONS)
    return client(
        instance.session,
        interface=instance.interface,
        region_name=instance.region_name,
        endpoint=settings.get('console_policy_endpoint_override'),
        # '1' leaves the minor version to the service.
        microversion=version if '.' in version else None)


def build_option_parser(parser):
    """Add the plugin's global options."""
    parser.add_argument(
        '--os-console-policy-api-version',
        metavar='<console-policy-api-version>',
        default=utils.env('OS_CONSOLE_POLICY_API_VERSION'),
        help='Console policy API version, default=%s '
             '(Env: OS_CONSOLE_POLICY_API_VERSION)' % DEFAULT_API_VERSION)
    parser.add_argument(
        '--os-console-policy-endpoint-override',
        metavar='<console-policy-endpoint>',
        default=utils.env('OS_CONSOLE_POLICY_ENDPOINT_OVERRIDE'),
        help='Console policy endpoint, in place of the catalog\'s '
             '(Env: OS_CONSOLE_POLICY_ENDPOINT_OVERRIDE)')
    return parser
