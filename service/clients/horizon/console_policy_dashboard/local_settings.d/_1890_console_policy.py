# SPDX-License-Identifier: Apache-2.0
# console-policy: where the service is and how long Horizon waits for it.
# A value that is left out has the default shown here. Horizon reads this
# file when it starts.

CONSOLE_POLICY = {
    # URL of the service: http or https, a host, a port, no user name in it.
    # A path in front of /v1 is allowed. None: the endpoint of the service
    # type console-policy in the user's service catalog, in the user's region,
    # by OPENSTACK_ENDPOINT_TYPE. Where the catalog has none, consoles open
    # in Horizon's own order.
    # Default: None
    'ENDPOINT': None,

    # Whether a token may be sent to the service over plain http (loopback is
    # always allowed). None: if Nova's endpoint is plain http too, to which
    # Horizon sends the same token. Or True, or False.
    # Default: None
    'ALLOW_HTTP': None,

    # For a service that does not know the users' tokens (one without
    # Keystone): a file with a static token of the role service, one whose
    # hash stands in the service's tokens.yaml. Horizon shows it instead of
    # the user's own. A token from Keystone does not do: with it Horizon may
    # not state the domain of a project, and the service refuses to answer.
    # One line, read at each opening, so a new token needs no restart. It
    # must be readable only by the user Horizon runs as
    # (0640 root:www-data, in a folder that this user can enter).
    # Default: None (the user's own token)
    'TOKEN_FILE': None,

    # Seconds that one opening waits for the service in all: name look-up,
    # connecting, TLS, sending and the whole answer. From 0.05 to 10.
    # Default: 0.5
    'TIMEOUT': 0.5,

    # Seconds without asking after the service did not answer; the first
    # opening after them asks again. From 1 to 25.
    # Default: 10
    'RETRY_AFTER': 10,

    # PEM file with the certificates that an https service is verified with.
    # There is no way to switch the verification off.
    # Default: None (OPENSTACK_SSL_CACERT, else the operating system's)
    'CA_FILE': None,

    # Seconds for which the last known answer holds while the service is
    # away. From 0 (forget at once) to 2592000 (30 days).
    # Default: 86400
    'LAST_KNOWN_MAX_AGE': 86400,

    # Last known answers that each process keeps: of that many openings, and
    # the denies of that many projects. The oldest are evicted first.
    # From 16 to 100000.
    # Default: 10000
    'LAST_KNOWN_MAX_ENTRIES': 10000,

    # Name in Django's CACHES through which workers and controllers share the
    # last known answers, one key for each opening and each project, at most
    # 64 KiB; None, or a cache in the memory of the process: each process has
    # its own. Compute hosts that do not answer are kept there too, under at
    # most 128 keys.
    # Default: 'default'
    'CACHE': 'default',

    # Seconds that one opening waits for Nova in all, whatever number of
    # console types it asks for. Then the user sees that, and can try again.
    # Nova itself gives a compute host 60 seconds. From 1 to 300.
    # Default: 15
    'NOVA_TIMEOUT': 15,

    # Seconds for which a compute host that did not answer is not asked for
    # consoles: an opening there fails at once. Then one opening tries.
    # From 0 (ask it each time) to 600.
    # Default: 30
    'HOST_RETRY_AFTER': 30,
}
