# SPDX-License-Identifier: Apache-2.0
# console-policy: where the service is and how long Horizon waits for it.
# A value that is left out has the default shown here. Horizon reads this
# file when it starts.

CONSOLE_POLICY = {
    # URL of the service: http or https, a host, a port, no user name in it.
    # A path in front of /v1 is allowed.
    # Default: 'http://127.0.0.1:9797'
    'ENDPOINT': 'http://127.0.0.1:9797',

    # File with the token that Horizon shows to the service: one line, read at
    # each opening, so a new token needs no restart. It must be readable by
    # the user Horizon runs as and by nobody else (0640 root:www-data).
    # Default: None
    'TOKEN_FILE': '/etc/console-policy/horizon.token',

    # The token itself, where a file is not wanted. TOKEN_FILE wins when both
    # are set. Keep this file unreadable for others if you set it.
    # Default: None
    # 'TOKEN': None,

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
    # Default: None (those of the operating system)
    'CA_FILE': None,

    # Seconds for which the last known answer holds while the service is
    # away. From 0 (forget at once) to 2592000 (30 days).
    # Default: 86400
    'LAST_KNOWN_MAX_AGE': 86400,

    # Number of last known answers that are kept, oldest out first.
    # From 16 to 100000.
    # Default: 1024
    'LAST_KNOWN_MAX_ENTRIES': 1024,

    # Name in Django's CACHES where the last known answers are kept as well,
    # so that all workers share them; None keeps them in each process only.
    # They take at most 16 keys in it.
    # Default: 'default'
    'CACHE': 'default',
}
