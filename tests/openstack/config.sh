# SPDX-License-Identifier: Apache-2.0
# The services' configuration files, all under $ETC; sourced by up. No file under /etc is edited for them.
TRANSPORT=rabbit://rig:$RABBIT_PASS@$IP:5672/
database() { echo "mysql+pymysql://rig:$DB_PASS@$IP:13306/$1?charset=utf8"; }

# service_credentials SECTION: how a service presents itself to another one
service_credentials() {
  cat <<CFG
[$1]
auth_type = password
auth_url = http://$IP:5000/v3
project_domain_name = Default
user_domain_name = Default
project_name = service
username = svc
password = $RIG_SERVICE_PASS
region_name = RegionOne
CFG
}
token_validation() {
  service_credentials keystone_authtoken
  cat <<CFG
www_authenticate_uri = http://$IP:5000/v3
memcached_servers = $IP:11211
service_token_roles = service
service_token_roles_required = true
CFG
}

keystone_conf() {
  cat <<CFG
[DEFAULT]
use_stderr = true
[database]
connection = $(database keystone)
[token]
provider = fernet
[fernet_tokens]
key_repository = $STATE/keystone/fernet
[credential]
key_repository = $STATE/keystone/credential
[cache]
enabled = true
backend = dogpile.cache.memcached
memcache_servers = $IP:11211
CFG
}

glance_conf() {
  cat <<CFG
[DEFAULT]
bind_host = $IP
bind_port = 9292
workers = 1
use_stderr = true
enabled_backends = disk:file
[database]
connection = $(database glance)
[glance_store]
default_backend = disk
[disk]
filesystem_store_datadir = $STATE/glance
[paste_deploy]
flavor = keystone
config_file = /usr/share/glance-common/glance-api-paste.ini
[oslo_concurrency]
lock_path = $STATE/lock
$(token_validation)
CFG
}

placement_conf() {
  cat <<CFG
[DEFAULT]
use_stderr = true
[placement_database]
connection = $(database placement)
[api]
auth_strategy = keystone
$(token_validation)
CFG
}

neutron_conf() {
  cat <<CFG
[DEFAULT]
bind_host = $IP
bind_port = 9696
core_plugin = ml2
service_plugins = router
auth_strategy = keystone
api_paste_config = $ETC/neutron/api-paste.ini
state_path = $STATE/neutron
transport_url = $TRANSPORT
api_workers = 1
rpc_workers = 0
rpc_state_report_workers = 0
notify_nova_on_port_status_changes = false
notify_nova_on_port_data_changes = false
use_stderr = true
[database]
connection = $(database neutron)
[ml2]
type_drivers = local
tenant_network_types = local
mechanism_drivers =
extension_drivers =
[oslo_concurrency]
lock_path = $STATE/lock
$(token_validation)
CFG
}

nova_common() {
  cat <<CFG
[DEFAULT]
my_ip = $IP
state_path = $STATE/nova
transport_url = $TRANSPORT
use_stderr = true
enabled_apis = osapi_compute
rpc_response_timeout = 10
[api]
auth_strategy = keystone
[cache]
enabled = true
backend = dogpile.cache.memcached
memcache_servers = $IP:11211
[oslo_concurrency]
lock_path = $STATE/lock
[glance]
endpoint_override = http://$IP:9292
[conductor]
workers = 1
[scheduler]
workers = 1
[cinder]
# no block storage service in this rig
catalog_info = volumev3::publicURL
$(token_validation)
$(service_credentials placement)
$(service_credentials neutron)
$(service_credentials service_user)
send_service_user_token = true
CFG
}
nova_databases() {  # control services only: nova-compute refuses to start with database settings
  cat <<CFG
[api_database]
connection = $(database nova_api)
[database]
connection = $(database nova)
CFG
}
nova_compute() {  # HOST: `old` offers VNC only; `new` VNC, SPICE and serial; `mixed` VNC and SPICE
  local spice=false serial=false
  case $1 in
    new) spice=true serial=true ;;
    mixed) spice=true ;;
  esac
  cat <<CFG
[DEFAULT]
host = $1
compute_driver = fake.RigDriver
instances_path = $STATE/nova-$1/instances
state_path = $STATE/nova-$1
[vnc]
enabled = true
novncproxy_base_url = http://$IP:6080/vnc_lite.html
[spice]
enabled = $spice
html5proxy_base_url = http://$IP:6082/spice_auto.html
[serial_console]
enabled = $serial
base_url = ws://$IP:6083/
CFG
}
console_proxy() {  # SECTION KEY PORT [WEB_ROOT]
  printf '[DEFAULT]\n%s\n[%s]\n%s_host = %s\n%s_port = %s\n' "${4:+web = $4}" "$1" "$2" $IP "$2" "$3"
}

horizon_snippet() {
  cat <<CFG
# Written by console-policy's tests/openstack/up; tests/openstack/down removes it.
import os
ALLOWED_HOSTS = ['127.0.0.1', 'localhost']
# one for all Horizons of the rig: another key would end the log-ins that they share
SECRET_KEY = 'of a rig that listens on loopback only and holds nothing of value'
OPENSTACK_KEYSTONE_URL = 'http://$IP:5000/v3'
OPENSTACK_KEYSTONE_MULTIDOMAIN_SUPPORT = True
OPENSTACK_KEYSTONE_DOMAIN_DROPDOWN = True
OPENSTACK_KEYSTONE_DOMAIN_CHOICES = (('Default', 'Default'), ('acme', 'acme'))
SESSION_ENGINE = 'django.contrib.sessions.backends.cache'
# files, not Debian's memory cache: log-ins then outlive a restart, and both Horizons know them
CACHES = {'default': {'BACKEND': 'django.core.cache.backends.filebased.FileBasedCache',
                      'LOCATION': os.environ.get('RIG_HORIZON_CACHE', '$STATE/horizon/cache')}}
CFG
}

step_config() {
  local host
  mkdir -p "$ETC"/{keystone,glance,placement,neutron,nova} \
    "$STATE"/{glance,nova,neutron,lock,horizon/cache}
  keystone_conf >"$ETC/keystone/keystone.conf"
  glance_conf >"$ETC/glance/glance-api.conf"
  placement_conf >"$ETC/placement/placement.conf"
  neutron_conf >"$ETC/neutron/neutron.conf"
  cp -f "$(dpkg -L neutron-common neutron-api | grep -m1 -E '/api-paste.ini$')" "$ETC/neutron/api-paste.ini"
  { nova_common; nova_databases; } >"$ETC/nova/nova.conf"
  cp -f /usr/share/nova-common/api-paste.ini "$ETC/nova/api-paste.ini"
  for host in $HOSTS; do
    mkdir -p "$ETC/nova-$host" "$STATE/nova-$host/instances"
    { nova_common; nova_compute "$host"; } >"$ETC/nova-$host/nova.conf"
  done
  { nova_common; nova_databases; console_proxy vnc novncproxy 6080 /usr/share/novnc; } >"$ETC/nova/novnc.conf"
  { nova_common; nova_databases; console_proxy spice html5proxy 6082 /usr/share/spice-html5; } >"$ETC/nova/spice.conf"
  { nova_common; nova_databases; console_proxy serial_console serialproxy 6083; } >"$ETC/nova/serial.conf"
  horizon_snippet >"$HORIZON_SNIPPET"
}
