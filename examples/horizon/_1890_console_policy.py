# SPDX-License-Identifier: Apache-2.0
# Settings of the console-policy shim for a Horizon that does not go by the
# service catalog: the service behind a load balancer with TLS.
# Copy to Horizon's local_settings.d (Debian: /etc/openstack-dashboard/
# local_settings.d/) over the file that service/clients/horizon/install wrote,
# and restart Horizon's web server. What is left out has its default: the
# token is the user's own.

CONSOLE_POLICY = {
    # The address of the load balancer, as its certificate names it; the
    # port is the one of examples/haproxy/haproxy.cfg.
    'ENDPOINT': 'https://controller.example.org:9443',

    # The cloud's own certificate authority, alone: a certificate that
    # another one has signed is refused. Readable for Horizon's user.
    'CA_FILE': '/etc/openstack-dashboard/cloud-ca.pem',

    # One cache for the workers of all controllers.
    'CACHE': 'default',
}
