# SPDX-License-Identifier: Apache-2.0
# What the rig needs from Debian and from npm; sourced by up.
PACKAGES="mariadb-server mariadb-client rabbitmq-server memcached curl jq procps gawk
  keystone placement-api glance-api neutron-api nova-api nova-conductor nova-scheduler nova-consoleproxy
  uwsgi-core uwsgi-plugin-python3 python3-pymysql python3-memcache python3-openstackclient python3-requests
  openstack-dashboard libapache2-mod-wsgi-py3 media-types novnc spice-html5 qemu-system-x86 chromium fonts-dejavu-core"

# A package script must not start a service of its own while this installs, and is free to do so afterwards.
install_packages() {
  local missing=() p policy=/usr/sbin/policy-rc.d
  for p in "$@"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || missing+=("$p")
  done
  [ ${#missing[@]} = 0 ] && { echo "all present"; return 0; }
  if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod 755 $policy
    trap "rm -f $policy" EXIT
  fi
  apt-get update
  debconf_answers | debconf-set-selections
  apt-get install -y --no-install-recommends -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0 "${missing[@]}"
}

# No dbconfig and no endpoint registration by the packages: up does both itself.
debconf_answers() {
  cat <<'DEB'
dbconfig-common dbconfig-common/dbconfig-install boolean false
keystone keystone/configure_db boolean false
keystone keystone/create-admin-tenant boolean false
keystone keystone/register-endpoint boolean false
placement-common placement/configure_db boolean false
placement-api placement/register-endpoint boolean false
glance-common glance/configure_db boolean false
glance-api glance/register-endpoint boolean false
nova-common nova/configure_db boolean false
nova-api nova-api/configure_db boolean false
nova-api nova/register-endpoint boolean false
neutron-common neutron/configure_db boolean false
neutron-api neutron/register-endpoint boolean false
DEB
}

# Node and npm may be there from somewhere else than Debian; whose they are does not matter.
step_packages() { install_packages $PACKAGES $(command -v npm >/dev/null || echo nodejs npm); }

# playwright-core 1.65 wants Node 20; for Debian 12's own Node 18 the last version is 1.57.
step_browser() {
  local version=1.65.1 module=$STATE/browser/node_modules/playwright-core/package.json
  [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] || version=1.57.0
  [ "$(jq -r .version "$module" 2>/dev/null)" = $version ] ||
    npm install --prefix "$STATE/browser" --no-audit --no-fund "playwright-core@$version"
}
