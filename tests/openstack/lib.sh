# SPDX-License-Identifier: Apache-2.0
# Settings and functions shared by up, down and run; sourced, never executed.
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
STATE=${CONSOLE_POLICY_RIG_STATE:-/var/tmp/console-policy-openstack}
LOGS=$STATE/log PIDS=$STATE/pid ETC=$STATE/etc DONE=$STATE/done
IP=127.0.0.1
HORIZON_PORT=8080 STOCK_HORIZON_PORT=8081
SERVICE_PORT=19797   # console-policyd; not the shipped 9797, where another one may run on this machine
HORIZON_SNIPPET=/etc/openstack-dashboard/local_settings.d/_9000_console_policy_rig.py
HOSTS="old new mixed"

# Debian's programs and Python only: no pyenv, no proxy, no local CA.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL=C.UTF-8 LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY PYTHONPATH PYTHONHOME
export no_proxy=127.0.0.1,localhost NO_PROXY=127.0.0.1,localhost

# Passwords of a rig that listens on loopback only and holds nothing of value.
DB_PASS=rigdb RABBIT_PASS=rigrabbit
export RIG_SERVICE_PASS=rigservice RIG_ADMIN_PASS=rigadmin RIG_USER_PASS=rigpass
export RIG_STATE=$STATE RIG_SERVICE_PORT=$SERVICE_PORT

# Every process of the rig and the port by which it is known (- for none), in the order of starting.
SERVICES="mariadb:13306 epmd:4369 rabbitmq:5672 memcached:11211 keystone:5000 glance:9292 placement:8778 neutron:9696
  nova-api:8774 nova-conductor:- nova-scheduler:- nova-compute-old:- nova-compute-new:- nova-compute-mixed:-
  guest:6969 novncproxy:6080 spiceproxy:6082 serialproxy:6083 horizon:$HORIZON_PORT"

die() { printf 'FAIL: %s\n' "$*" >&2; exit 1; }
now() { date +%s.%N; }
since() { awk "BEGIN{printf \"%.1f\", $(now)-$1}"; }

alive() { [ -s "$PIDS/$1.pid" ] && kill -0 "$(cat "$PIDS/$1.pid")" 2>/dev/null; }
listening() { (exec 3<>"/dev/tcp/$IP/$1") 2>/dev/null; }

# daemon NAME COMMAND...: start COMMAND in a session of its own unless it is up already. It inherits no open file (a lock
# that the caller holds would be held as long as it runs) and no working folder (Horizon fails when that is removed).
daemon() {
  local name=$1 file; shift
  alive "$name" && { echo "$name is up ($(cat "$PIDS/$name.pid"))"; return 0; }
  (
    for file in "/proc/$BASHPID/fd"/*; do
      file=${file##*/}
      [ "$file" -le 2 ] || eval "exec $file>&-"
    done
    cd /
    exec setsid "$@"
  ) >>"$LOGS/$name.log" 2>&1 </dev/null &
  echo $! >"$PIDS/$name.pid"
}

# stop NAME [SECONDS]: TERM the recorded process, wait, then KILL what is left of its group.
stop() {
  local name=$1 limit=${2:-20} pid
  alive "$name" || { rm -f "$PIDS/$name.pid"; return 0; }
  pid=$(cat "$PIDS/$name.pid")
  kill -TERM "$pid" 2>/dev/null || true
  for _ in $(seq $((limit * 5))); do kill -0 "$pid" 2>/dev/null || break; sleep 0.2; done
  kill -KILL -- "-$pid" 2>/dev/null || true
  rm -f "$PIDS/$name.pid"
}

# wait_http URL [SECONDS]: any HTTP answer counts.
wait_http() {
  local limit=${2:-60}
  for _ in $(seq $((limit * 5))); do
    curl -s -o /dev/null --max-time 5 "$1" && return 0
    sleep 0.2
  done
  echo "no answer from $1 in $limit s"; return 1
}

wait_port() {
  local limit=${2:-60}
  for _ in $(seq $((limit * 5))); do listening "$1" && return 0; sleep 0.2; done
  echo "nothing listens on port $1 after $limit s"; return 1
}

os_admin() {
  export OS_AUTH_URL=http://$IP:5000/v3 OS_IDENTITY_API_VERSION=3 OS_REGION_NAME=RegionOne OS_USERNAME=admin \
    OS_PASSWORD=$RIG_ADMIN_PASS OS_PROJECT_NAME=admin OS_USER_DOMAIN_NAME=Default OS_PROJECT_DOMAIN_NAME=Default
}

# deregister: takes console-policy out of Keystone's catalog, however often it is there. Its user and roles stay.
deregister() (
  os_admin
  services=$(openstack service list -f value -c ID -c Type </dev/null) || exit
  awk '$2 == "console-policy" {print $1}' <<<"$services" | xargs -r openstack service delete
)

# wsgi NAME PORT FILE PROCESSES THREADS [ENV=VALUE...]: a WSGI application under uwsgi, one log line a request.
wsgi() {
  local name=$1 port=$2 file=$3 processes=$4 threads=$5 setting settings=()
  shift 5
  for setting in "$@"; do settings+=(--env "$setting"); done
  daemon "$name" /usr/bin/uwsgi --plugins python3 --http-socket "$IP:$port" --wsgi-file "$file" \
    --master --processes "$processes" --threads "$threads" --enable-threads --lazy-apps --die-on-term \
    --no-orphans --need-app --buffer-size 65535 --rem-header Content-Length --thunder-lock \
    --add-header "Connection: close" --procname-prefix "rig-$name " --log-date "${settings[@]}" ${WSGI_EXTRA:-} \
    --log-format '[%(ctime)] %(method) %(uri) => generated %(rsize) bytes in %(msecs) msecs (%(proto) %(status))'
}

# start_horizon NAME PORT [PROCESSES [ENV=VALUE...]]: Debian's Horizon as its files are now. Byte code is not written, so
# that what the shim leaves behind can be found by comparing the files.
start_horizon() {
  local name=$1 port=$2 processes=${3:-1}
  shift $(($# < 3 ? $# : 3))
  WSGI_EXTRA="--static-map /static=/var/lib/openstack-dashboard/static" \
    wsgi "$name" "$port" /usr/share/openstack-dashboard/wsgi.py "$processes" 4 PYTHONDONTWRITEBYTECODE=1 "$@"
  wait_http "http://$IP:$port/auth/login/"
}

# apache_conf NAME PORT: an Apache of the rig's own, with the site of Debian's openstack-dashboard-apache.
apache_conf() {
  local modules=/usr/lib/apache2/modules module
  for module in mpm_event authz_core alias mime; do
    echo "LoadModule ${module}_module $modules/mod_$module.so"
  done
  cat <<CFG
LoadModule wsgi_module $modules/mod_wsgi.so
ServerName $IP
Listen $IP:$2
User www-data
Group www-data
DefaultRuntimeDir $STATE/horizon/$1
PidFile $STATE/horizon/$1/apache2.pid
ErrorLog $LOGS/$1.log
TypesConfig /etc/mime.types
WSGIScriptAlias / /usr/share/openstack-dashboard/wsgi.py
WSGIDaemonProcess horizon user=www-data group=www-data
Alias /static /var/lib/openstack-dashboard/static
<Directory /usr/share/openstack-dashboard>
  Require all granted
</Directory>
<Directory /var/lib/openstack-dashboard/static>
  Require all granted
</Directory>
CFG
}

# start_apache_horizon NAME PORT: Debian's Horizon under Apache with mod_wsgi, as www-data. Its cache is its own: the
# cache of the other Horizons belongs to root.
start_apache_horizon() {
  local name=$1 port=$2 cache=$STATE/horizon/$1/cache
  mkdir -p "$cache"
  chown www-data: "$cache"
  apache_conf "$name" "$port" >"$ETC/$name.conf"
  daemon "$name" env PYTHONDONTWRITEBYTECODE=1 RIG_HORIZON_CACHE="$cache" \
    /usr/sbin/apache2 -f "$ETC/$name.conf" -DFOREGROUND
  wait_http "http://$IP:$port/auth/login/"
}
