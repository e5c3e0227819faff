# SPDX-License-Identifier: Apache-2.0
# Settings of the console-policy shim for a Horizon on several controllers:
# the service behind a load balancer with TLS, the token in a file.
# Copy to Horizon's local_settings.d (Debian: /etc/openstack-dashboard/
# local_settings.d/) over the file that service/clients/horizon/install wrote,
# and restart Horizon's web server. What is left out has its default.

CONSOLE_POLICY = {
    # The address of the load balancer, as its certificate names it.
    'ENDPOINT': 'https://controller.example.org:9797',

    # The cloud's own certificate authority.
    'CA_FILE': '/etc/ssl/certs/ca-certificates.crt',

    # One line with the token, 0640 root:www-data.
    'TOKEN_FILE': '/etc/console-policy/horizon.token',
}
