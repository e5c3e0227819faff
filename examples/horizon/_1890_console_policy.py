# SPDX-License-Identifier: Apache-2.0
# Settings of the console-policy shim for a Horizon that does not go by the
# service catalog: the service behind a load balancer with TLS.
# Copy to Horizon's local_settings.d (Debian: /etc/openstack-dashboard/
# local_settings.d/) over the file that service/clients/horizon/install wrote,
# and restart Horizon's web server. What is left out has its default: the
# token is the user's own.

CONSOLE_POLICY = {
    # The address of the load balancer, as its certificate names it.
    'ENDPOINT': 'https://controller.example.org:9797',

    # The cloud's own certificate authority.
    'CA_FILE': '/etc/ssl/certs/ca-certificates.crt',

    # One cache for the workers of all controllers.
    'CACHE': 'default',
}
