# SPDX-License-Identifier: Apache-2.0
# Settings of the console-policy shim for a Horizon that does not use the
# service catalog: the service behind a load balancer with TLS.
# Copy to Horizon's local_settings.d (Debian: /etc/openstack-dashboard/
# local_settings.d/) over the file that service/clients/horizon/install wrote,
# and restart Horizon's web server. Missing settings have
# their defaults; by default the shim sends the user's own token.

CONSOLE_POLICY = {
    # The address of the load balancer, as its certificate names it; the
    # port is the one of examples/haproxy/haproxy.cfg.
    'ENDPOINT': 'https://controller.example.org:9443',

    # The only trusted certificate authority: the cloud's own. Horizon's
    # user must be able to read the file.
    'CA_FILE': '/etc/openstack-dashboard/cloud-ca.pem',

    # One cache for the workers of all controllers.
    'CACHE': 'default',
}
