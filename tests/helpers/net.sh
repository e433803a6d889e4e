# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2034
#
# tests/helpers/net.sh - a kernel.org on loopback; sourced after tests/lib.sh
#
#   need PROGRAM...   skip the script unless they are installed
#   site DIR          make DIR a mirror: linux-6.14.2, signed sums, releases
#   keys              GNUPGHOME with a throw-away key, exported to $keyring
#   sign DIR          write and sign DIR/v6.x/sha256sums.asc anew
#   serve DIR         nginx over DIR; $base is its URL
#   faults DIR WORDS  tests/helpers/httpd.py over DIR; $base, and $asked its log
#   kernel_org DIR    all of https://*.kernel.org is DIR for $https_proxy, whose
#                     log is $asked; $ca signs for it
#   git_http DIR [auth]   tests/helpers/git-http.py over DIR; likewise
#   fetch WORDS...    ktstr-fetch, of $mirror or $base
#   entry VERSION VERIFIED   a release in its cache, fresh; needs python3
#   clean             true if it has left nothing behind
#
# What is served is https nowhere, and kernel.org's own URLs all are: a proxy
# that is not there keeps every one of them from leaving this machine.

https_proxy=http://127.0.0.1:9 HTTPS_PROXY=$https_proxy no_proxy='' NO_PROXY=''
KTSTR_FETCH_TRIES=1 KTSTR_FETCH_STALL=2
export https_proxy HTTPS_PROXY no_proxy NO_PROXY
export KTSTR_FETCH_TRIES KTSTR_FETCH_STALL
unset http_proxy all_proxy ALL_PROXY KTSTR_KERNEL_MIRROR KTSTR_KEYRING
unset SSL_CERT_FILE
HOME=$work/home
export HOME
mkdir -p "$HOME"
arch=$(uname -m)

need() {
	for program_; do
		PATH=$PATH:/usr/sbin:/sbin
		command -v "$program_" >/dev/null && continue
		echo "1..0 # SKIP $program_ is not installed"
		exit 0
	done
}

# tarball VERSION FILE: the small kernel as that release
tarball() {
	rm -rf pack
	mkdir pack
	cp -r "$fix/mini-kernel" "pack/linux-$1"
	v_=${1%%-*} rc_=
	case $1 in *-rc*) rc_=\ -${1#*-} ;; esac
	IFS=. read -r a_ b_ c_ <<-EOT
		$v_
	EOT
	sed -i "s/^VERSION =.*/VERSION = $a_/; s/^PATCHLEVEL =.*/PATCHLEVEL = $b_/
		s/^SUBLEVEL =.*/SUBLEVEL = ${c_:-0}/
		s/^EXTRAVERSION =.*/EXTRAVERSION =$rc_/" "pack/linux-$1/Makefile"
	tar caf "$2" -C pack "linux-$1"
	rm -rf pack
}

# gpg leaves an agent behind, which is ours to end with the script.
end_agent() {
	[ ! -d "$work/gnupg" ] ||
		GNUPGHOME=$work/gnupg gpgconf --kill gpg-agent || :
}
trap 'end_agent; rm -rf "$work"' EXIT

keys() {
	GNUPGHOME=$work/gnupg
	export GNUPGHOME
	keyring=$work/keyring.gpg
	[ -e "$keyring" ] && return
	mkdir -m 700 "$GNUPGHOME"
	gpg --batch --quiet --passphrase '' --quick-gen-key \
		'test <test@test.invalid>' ed25519 sign never
	gpg --batch --quiet --export >"$keyring"
}

sign() {
	(cd "$1/v6.x" && sha256sum -- *.tar.xz >sums &&
		gpg --batch --quiet --yes --clearsign -o sha256sums.asc sums &&
		rm sums)
}

site() {
	keys
	mkdir -p "$1/v6.x" "$1/t"
	tarball 6.14.2 "$1/v6.x/linux-6.14.2.tar.xz"
	tarball 6.15-rc3 "$1/t/linux-6.15-rc3.tar.gz"
	sign "$1"
	cat >"$1/releases.json" <<-\EOT
	{"latest_stable":{"version":"6.14.2"},"releases":[
	{"moniker":"mainline","version":"6.15-rc3","iseol":false},
	{"moniker":"stable","version":"6.14.2","iseol":false},
	{"moniker":"longterm","version":"6.12.9","iseol":false},
	{"moniker":"longterm","version":"6.12.17","iseol":false},
	{"moniker":"longterm","version":"5.15.180","iseol":false},
	{"moniker":"linux-next","version":"next-20250401","iseol":false},
	{"version":"6.13"},{"moniker":"stable","version":"6.x"}]}
	EOT
}

servers_=
stop_servers() {
	for pid_ in $servers_; do
		kill "$pid_" 2>/dev/null || :
	done
	servers_=
}

# Subshells of t() end their own servers.
serve() {
	dir_=$(cd "$1" && pwd)
	conf_=$(mktemp -d "$work/nginx.XXXXXX")
	chmod 755 "$work" "$conf_"
	for try_ in 1 2 3 4 5 6 7 8 9 10; do
		port_=$((20000 + ($$ * 7 + try_ * 1009 + $(date +%N | sed 's/^0*//') / 1000) % 40000))
		cat >"$conf_/nginx.conf" <<-EOT
		daemon off;
		pid $conf_/pid;
		error_log $conf_/error.log;
		events { }
		http {
			access_log $conf_/access.log;
			client_body_temp_path $conf_;
			proxy_temp_path $conf_; fastcgi_temp_path $conf_;
			uwsgi_temp_path $conf_; scgi_temp_path $conf_;
			types { text/html html; application/x-xz xz; }
			default_type application/octet-stream;
			server {
				listen 127.0.0.1:$port_;
				root "$dir_";
				${nginx_extra:-}
			}
		}
		user $(id -un);
		EOT
		nginx -c "$conf_/nginx.conf" -e "$conf_/error.log" -p "$conf_" \
			>"$conf_/out" 2>&1 &
		pid_=$!
		for wait_ in $(seq 200); do
			[ -s "$conf_/pid" ] && break
			kill -0 $pid_ 2>/dev/null || break
			sleep 0.05
		done
		[ -s "$conf_/pid" ] && break
	done
	[ -s "$conf_/pid" ] || { cat "$conf_/out" "$conf_/error.log"; return 1; }
	servers_="$servers_ $pid_"
	trap stop_servers EXIT
	base=http://127.0.0.1:$port_
	asked=$conf_/access.log
}

# faults DIR [FAULT...]: see httpd.py
faults() {
	python_server httpd.py "$@"
}

git_http() {
	python_server git-http.py "$@"
}

kernel_org() {
	ca=$PWD/ca.pem
	openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out "$ca" \
		-days 2 -subj /CN=kernel.org -addext \
		subjectAltName=DNS:kernel.org,DNS:*.kernel.org 2>/dev/null
	tls_=$((20000 + ($$ * 3 + $(date +%N | sed 's/^0*//') / 1000) % 40000))
	nginx_extra="listen 127.0.0.1:$tls_ ssl;
		ssl_certificate $ca; ssl_certificate_key $PWD/key.pem;"
	serve "$1"
	python_server connect.py "$tls_"
	https_proxy=$base
	export https_proxy
	unset HTTPS_PROXY
}

python_server() {
	program_=$1 arg_=$2
	shift 2
	out_=$(mktemp -d "$work/httpd.XXXXXX")
	python3 "$top/tests/helpers/$program_" "$arg_" "$out_" "$@" \
		>"$out_/out" 2>&1 &
	servers_="$servers_ $!"
	trap stop_servers EXIT
	for wait_ in $(seq 150); do
		[ -s "$out_/port" ] && break
		sleep 0.1
	done
	[ -s "$out_/port" ] || { cat "$out_/out"; return 1; }
	base=http://127.0.0.1:$(cat "$out_/port")
	asked=$out_/log
}

# fetch WORDS...: with a cache and a build directory of the test's own
fetch() {
	KTSTR_CACHE_DIR=$PWD/cache KTSTR_BUILD_DIR=$PWD/build \
		KTSTR_KERNEL_MIRROR=${mirror:-$base} ktstr-fetch "$@"
}

# entry VERSION VERIFIED: as if it had been built and cached
entry() {
	echo image >image
	cat >rec <<-EOT
	{"schema":"ktstr.kernel/1","source":"tarball","version":"$1","verified":"$2","key":"$1-tarball-$arch","arch":"$arch","image":"$PWD/image","kconfig_crc32":"$(crc)"}
	EOT
	KTSTR_CACHE_DIR=$PWD/cache ktstr-cache add <rec >added
	says "\"cached\":true" added
}

# The hash of the fragment, as the tools have it.
crc() {
	python3 -c "import sys, zlib
print(\"%08x\" % zlib.crc32(open(sys.argv[1], \"rb\").read()))" "$top/ktstr.kconfig"
}

# Nothing may be left in the build directory.
clean() {
	test -z "$(ls -A build 2>/dev/null)"
}
