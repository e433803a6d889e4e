#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-fetch without a mirror: what it asks kernel.org for, and what it trusts
# shellcheck disable=SC2016,SC2034,SC2154,SC2317
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/helpers/net.sh
. "$top/tests/helpers/net.sh"
need nginx gpg gpgv xz openssl python3
keys

# The paths that kernel.org has, below www.
kernel_site() {
	site www
	mkdir -p www/pub/linux/kernel www/torvalds
	mv www/v6.x www/pub/linux/kernel/
	mv www/t www/torvalds/t
	KTSTR_CACHE_DIR=$PWD/cache KTSTR_BUILD_DIR=$PWD/build
	export KTSTR_CACHE_DIR KTSTR_BUILD_DIR
	kernel_org www
}

t 'the newest release comes from the real places, and by a good signature' '
	kernel_site
	SSL_CERT_FILE=$ca KTSTR_KEYRING=$keyring ktstr-fetch 6.14 >got 2>err
	says "\"verified\":\"pgp\"" got
	says "\"url\":\"https://cdn.kernel.org/pub/linux/kernel/v6.x/linux-6.14.2.tar.xz\"" got
	says www.kernel.org:443 "$asked"
	says cdn.kernel.org:443 "$asked"
	exits 1 says git.kernel.org "$asked"
'

t 'a release candidate comes from the git host, and nobody has signed it' '
	kernel_site
	SSL_CERT_FILE=$ca KTSTR_KEYRING=$keyring \
		ktstr-fetch 6.15-rc3 >got 2>err
	says "\"verified\":\"none\"" got
	says "\"url\":\"https://git.kernel.org/torvalds/t/linux-6.15-rc3.tar.gz\"" got
'

t 'a key from the web key directory is taken by its fingerprint alone' '
	kernel_site
	mkdir -p www/.well-known/openpgpkey/hu
	cp "$keyring" www/.well-known/openpgpkey/hu/ew8uiogxwri7d3fuioqgt7u1d5sngorx
	exits 3 env SSL_CERT_FILE="$ca" ktstr-fetch 6.14.2 >got 2>err
	says "which is not the one that is known to be kernel.org" err
	says "kernel.org:443" "$asked"
	clean
'

t 'without a key there either, https alone is trusted, and that is said' '
	kernel_site
	SSL_CERT_FILE=$ca ktstr-fetch 6.14.2 >got 2>err
	says "\"verified\":\"sha256\"" got
	says "gpg --locate-keys autosigner@kernel.org" err
'

t 'a server that only claims to be kernel.org is not believed' '
	kernel_site
	exits 4 ktstr-fetch 6.14.2 >got 2>err
	says certificate err
	clean
'

end
