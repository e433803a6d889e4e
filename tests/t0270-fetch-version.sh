#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-fetch VERSION: from a mirror on loopback, verified, unpacked
# shellcheck disable=SC2016,SC2034,SC2154,SC2317
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/helpers/net.sh
. "$top/tests/helpers/net.sh"
need nginx gpg gpgv xz

t 'an exact version is fetched, verified and unpacked' '
	site www
	serve www
	sha=$(sha256sum <www/v6.x/linux-6.14.2.tar.xz | cut -d" " -f1)
	KTSTR_KEYRING=$keyring fetch 6.14.2 >got 2>err
	tree=$(echo build/*)
	same - got <<-EOT
	{"schema":"ktstr.kernel/1","source":"tarball","version":"6.14.2","url":"$base/v6.x/linux-6.14.2.tar.xz","sha256":"$sha","verified":"pgp","key":"6.14.2-tarball-$arch","tree":"$PWD/$tree","tree_temporary":true}
	EOT
	diff -r "$fix/mini-kernel" "$tree"
	says "unpacking linux-6.14.2.tar.xz" err
'

end
