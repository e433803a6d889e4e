#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-fetch VERSION: signatures and sums, before anything is unpacked
# shellcheck disable=SC2016,SC2034,SC2154,SC2317
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/helpers/net.sh
. "$top/tests/helpers/net.sh"
need nginx gpg gpgv xz
keys

# refuses STATUS TEXT WORDS...: nothing is unpacked, nothing left
refuses() {
	status=$1 text=$2
	shift 2
	exits "$status" fetch "$@" >got 2>err
	says "$text" err
	says "\"schema\":\"ktstr.error/1\"" got
	exits 1 grep unpacking err
	clean
}

t 'the keyring may be an option; with the key of somebody it is said whose' '
	site www
	serve www
	KTSTR_KEYRING=/nonexistent fetch --keyring "$keyring" 6.14.2 >got 2>err
	says "\"verified\":\"pgp\"" got
	print=$(gpg --list-keys --with-colons | sed -n "s/^fpr:*\([0-9A-F]*\):/\1/p")
	says "is signed by $print" err
	says "not the key of kernel.org" err
'

t 'a changed sum has a bad signature' '
	site www
	sed -i "s/  linux-6.14.2/  linux-6.14.3/" www/v6.x/sha256sums.asc
	serve www
	refuses 3 "is bad" --keyring "$keyring" 6.14.2
'

t 'what is added around the signed text does not count' '
	site www
	tarball 6.14.3 www/v6.x/linux-6.14.3.tar.xz
	cd www/v6.x
	sum=$(sha256sum linux-6.14.3.tar.xz)
	sed -i "1i $sum" sha256sums.asc
	printf "%s\n" "$sum" >>sha256sums.asc
	cd ../..
	serve www
	exits 1 fetch --keyring "$keyring" 6.14.3 >got 2>err
	says "no entry for \"linux-6.14.3.tar.xz\"" err
'

t 'a key that is not in the keyring, and sums without a signature' '
	site www
	GNUPGHOME=$PWD/other
	mkdir -m 700 other
	gpg --batch --quiet --passphrase "" --quick-gen-key other ed25519 sign never
	gpg --batch --quiet --export >other.gpg
	gpgconf --kill all
	serve www
	refuses 1 "does not hold" --keyring other.gpg 6.14.2
	says "hint: gpg --locate-keys" err
	(cd www/v6.x && sha256sum -- *.xz >sha256sums.asc)
	refuses 3 "has no signature" --keyring "$keyring" 6.14.2
	refuses 3 "not a signed text" 6.14.2
'

t 'a keyring that is missing, empty or text' '
	site www
	serve www
	refuses 4 "/nonexistent" --keyring /nonexistent 6.14.2
	: >empty
	refuses 3 "holds no keys" --keyring empty 6.14.2
	gpg --export -a >armored
	refuses 3 "is text" --keyring armored 6.14.2
	says "hint: gpg --dearmor" err
'

t 'a keyring may be a pipe, for more than one mirror' '
	site other
	mv other/v6.x/linux-6.14.2.tar.xz other/v6.x/linux-6.14.1.tar.xz
	sign other
	serve other
	first=$base
	site www
	serve www
	gpg --export | mirror="$first $base" fetch --keyring /dev/stdin 6.14.2 >got 2>err
	says "\"verified\":\"pgp\"" got
	rm -r build
	refuses 3 "\"/dev/stdin\" holds no keys" --keyring /dev/stdin 6.14.2 </dev/null
	gpg --export -a | refuses 3 "is text" --keyring /dev/stdin 6.14.2
	head -c 5000000 /dev/zero |
		refuses 3 "is larger than" --keyring /dev/stdin 6.14.2
	mkdir keys
	refuses 4 "cannot read \"keys\"" --keyring keys 6.14.2
'

t 'a signal while such a keyring does not come is heeded' '
	site www
	serve www
	mkfifo keys
	exec 3<>keys
	KTSTR_CACHE_DIR=$PWD/cache KTSTR_BUILD_DIR=$PWD/build \
		KTSTR_KERNEL_MIRROR=$base ktstr-fetch --keyring keys 6.14.2 \
		>got 2>err 3>&- &
	pid=$!
	i=0
	until ls -l /proc/$pid/fd 2>&1 | grep -q -e "/keys$" -e "No such" ||
		[ $((i += 1)) -gt 100 ]; do
		sleep 0.05
	done
	kill $pid
	exits 143 wait $pid
'

t 'without gpgv a keyring is of no use, and that is said' '
	site www
	serve www
	mkdir bin
	ln -s "$(command -v ktstr-fetch)" bin/ktstr-fetch
	exits 77 env PATH="$PWD/bin" KTSTR_CACHE_DIR="$PWD/cache" \
		KTSTR_BUILD_DIR="$PWD/build" KTSTR_KERNEL_MIRROR="$base" \
		"$PWD/bin/ktstr-fetch" --keyring "$keyring" 6.14.2 >got 2>err
	says "gpgv, which checks signatures, is not installed" err
	says "apt install gpgv" err
	clean
'

t 'without an entry it is said whether there is such a kernel' '
	site www
	tarball 6.14.3 www/v6.x/linux-6.14.3.tar.xz
	serve www
	refuses 1 "no entry for \"linux-6.14.3.tar.xz\"" --keyring "$keyring" 6.14.3
	says "--no-verify takes it" err
	refuses 1 "has kernel 6.14.4" --keyring "$keyring" 6.14.4
'

t 'a tarball that is another than was signed is not unpacked' '
	site www
	tarball 6.14.3 www/v6.x/linux-6.14.2.tar.xz
	serve www
	for k in "$keyring" ""; do
		refuses 3 "is not what it should be" ${k:+--keyring "$k"} 6.14.2
		says "nothing of linux-6.14.2.tar.xz was unpacked" err
	done
'

t 'two different sums of one file' '
	site www
	cd www/v6.x
	{ sha256sum linux-6.14.2.tar.xz
	sha256sum linux-6.14.2.tar.xz | sed "s/^......../00000000/"; } >sums
	gpg --batch --quiet --yes --clearsign -o sha256sums.asc sums
	cd ../..
	serve www
	refuses 3 "two different sums" --keyring "$keyring" 6.14.2
'

t '--no-verify takes it as it is, and says what is lost' '
	site www
	rm www/v6.x/sha256sums.asc
	serve www
	refuses 5 "cannot check \"linux-6.14.2.tar.xz\"" --keyring "$keyring" 6.14.2
	fetch --no-verify 6.14.2 >got 2>err
	says "\"verified\":\"none\"" got
	says "neither signature nor sum" err
'

t 'without a key, sums that came over plain http prove nothing' '
	site www
	serve www
	fetch 6.14.2 >got 2>err
	says "\"verified\":\"none\"" got
	test "$(grep -c warning: err)" = 1
	says "gpg --locate-keys autosigner@kernel.org" err
'

t 'over https, without a key: sha256, and one warning' '
	command -v openssl >/dev/null || { echo "openssl is not installed"; exit 77; }
	site www
	openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem \
		-days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 2>/dev/null
	port=$((20000 + $$ % 20000))
	nginx_extra="listen 127.0.0.1:$port ssl;
		ssl_certificate $PWD/cert.pem; ssl_certificate_key $PWD/key.pem;"
	serve www
	plain=$base
	base=https://127.0.0.1:$port
	unset https_proxy HTTPS_PROXY
	no_proxy=127.0.0.1 https_proxy=http://127.0.0.1:9
	export https_proxy no_proxy
	exits 4 fetch 6.14.2 >got 2>err
	says "certificate" err
	clean
	SSL_CERT_FILE=$PWD/cert.pem
	export SSL_CERT_FILE
	fetch 6.14.2 >got 2>err
	says "\"verified\":\"sha256\"" got
	says "\"url\":\"$base/v6.x" got
	test "$(grep -c warning: err)" = 1
	rm -rf build
	fetch --keyring "$keyring" 6.14.2 >got 2>err
	says "\"verified\":\"pgp\"" got
	# From https nothing is followed to where it can be read.
	rm -rf build
	nginx_extra="listen 127.0.0.1:$((port + 1)) ssl; return 302 $plain\$request_uri;
		ssl_certificate $PWD/cert.pem; ssl_certificate_key $PWD/key.pem;"
	mkdir none
	serve none
	base=https://127.0.0.1:$((port + 1))
	exits 3 fetch --no-verify 6.14.2 >got 2>err
	says "\"http\" not supported or disabled" err || says "Protocol" err
	clean
'

end
