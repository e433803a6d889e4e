#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-cache list: records, JSON, the table, and what is wrong with entries
. "${0%/*}/lib.sh"
# shellcheck source=tests/helpers/cache.sh
. "$top/tests/helpers/cache.sh"

# entry KEY JSON: an entry that somebody else wrote
entry() {
	mkdir -p "cache/$1"
	echo image >"cache/$1/$image"
	printf '%s' "$2" >"cache/$1/metadata.json"
}

# meta [MORE]: the least metadata.json that is good
meta() {
	printf '{"source":"tarball","arch":"%s","image_name":"%s","built_at":"2026-01-01T00:00:00Z"%s}' \
		"$arch" "$image" "${1:-}"
}

# reason KEY TEXT: the entry must be listed as corrupt for this
reason() {
	grep "\"key\":\"$1\"" got >line
	says "\"error\":\"$2" line
	exits 1 grep -q "\"image\"" line
}

t 'an empty cache has no records, and is not made by listing it' '
	start
	ktstr-cache list >got
	[ ! -s got ]
	ktstr-cache list -t >got 2>err
	says "no cached kernels" got
	says "cargo ktstr kernel build" got
	echo "cache: $PWD/cache" >want
	same want err
	ktstr-cache list --json >got
	says "  \"entries\": []" got
	[ ! -e cache ]
'

t 'entries come newest first, then by key, corrupt ones last' '
	start
	store b 2026-01-01T00:00:00Z
	store a 2026-01-01T00:00:00Z
	store c 2026-01-03T00:00:00Z
	mkdir cache/bad
	ktstr-cache list | sed "s/.*\"key\":\"\([a-z]*\)\".*/\1/" >got
	printf "%s\n" c a b bad >want
	same want got
'

t 'the JSON is that of the Rust ktstr, member for member' '
	start
	store k 2026-01-01T00:00:00Z ",\"version\":\"6.14.2\",\"kconfig_crc32\":\"1a2b3c4d\""
	mkdir cache/x
	ktstr-cache list --json >got 2>err
	[ ! -s err ]
	now=$(sed -n "s/.*current_ktstr_kconfig_hash\": \"\(.*\)\".*/\1/p" got)
	cat >want <<-EOF
	{
	  "current_ktstr_kconfig_hash": "$now",
	  "entries": [
	    {
	      "arch": "$arch",
	      "built_at": "2026-01-01T00:00:00Z",
	      "config_hash": null,
	      "entry_bytes": $(cat cache/k/* | wc -c),
	      "git_hash": null,
	      "git_ref": null,
	      "image_name": "$image",
	      "image_path": "$PWD/cache/k/$image",
	      "key": "k",
	      "ktstr_kconfig_hash": "1a2b3c4d",
	      "path": "$PWD/cache/k",
	      "source": "tarball",
	      "source_tree_path": null,
	      "stale_kconfig": true,
	      "version": "6.14.2",
	      "vmlinux_name": null
	    },
	    {
	      "error": "corrupt metadata",
	      "key": "x",
	      "path": "$PWD/cache/x",
	      "reason": "metadata.json is missing"
	    }
	  ]
	}
	EOF
	same want got
	exits 2 ktstr-cache list --json -t >got 2>err
'

t 'the table is as wide as what it holds, with tags' '
	start
	store long-key-of-mine 2026-01-02T00:00:00Z ",\"version\":\"6.14.2\""
	store k 2026-01-01T00:00:00Z ",\"kconfig_crc32\":\"00000000\""
	mkdir cache/x
	entry f "{\"source\":{\"type\":\"tarball\"},\"arch\":\"x86_64\"}"
	ktstr-cache list -t >got 2>err
	pad=$(printf "%s" "$arch" | tr "a-z0-9_" " ")
	# Age and size are those of today and of this architecture.
	sed -E "s/ +AGE +SIZE\$/ AGE SIZE/; s/ +[0-9]+[smhdy] +[0-9.]+ k?B/ - -/" \
		got >masked
	cat >want <<-EOF
	  KEY              VERSION SOURCE  ARCH${pad#????} BUILT AGE SIZE
	  long-key-of-mine 6.14.2  tarball $arch 2026-01-02T00:00:00Z - -
	  k                -       tarball $arch 2026-01-01T00:00:00Z - - (stale kconfig)
	  f                (foreign: written by a later ktstr)
	  x                (corrupt: metadata.json is missing)
	EOF
	same want masked
	says "cache: $PWD/cache" err
	says "cargo ktstr kernel build" err
	says "4 entries, " err
	says "--corrupt-only" err
'

t 'an entry of the Rust ktstr is good, and stale as its rule has it' '
	start
	entry a "$(meta ",\"ktstr_kconfig_hash\":\"4a386fe9\",\"config_hash\":null,\"ktstr_git_hash\":\"unknown\"")"
	entry b "$(meta ",\"ktstr_kconfig_hash\":null,\"vmlinux_name\":\"vmlinux\"")"
	ktstr-cache list >got
	grep "\"key\":\"a\"" got >a
	grep "\"key\":\"b\"" got >b
	says "\"stale_kconfig\":true" a
	says "\"kconfig_crc32\":\"4a386fe9\"" a
	says "\"stale_kconfig\":false" b
	exits 1 grep -q vmlinux b
'

t 'an entry of a later one is foreign, and stays' '
	start
	entry f "{\"source\":{\"type\":\"tarball\"},\"arch\":\"x86_64\"}"
	store k 2026-01-01T00:00:00Z
	ktstr-cache list >got
	grep "\"key\":\"f\"" got >line
	says "\"error\":\"written by a later ktstr\",\"foreign\":true" line
	ktstr-cache list --json >got
	says "\"foreign\": true" got
	[ -e cache/f/metadata.json ]
'

t 'every corrupt entry is listed with its reason' '
	start
	entry notjson "{\"source\""
	entry array "[]"
	entry nul "$(meta ",\"version\":\"a\\u0000b\"")"
	entry notext "$(meta ",\"version\":7")"
	entry nosource "{\"arch\":\"$arch\",\"image_name\":\"$image\",\"built_at\":\"x\"}"
	entry source "$(meta | sed s/tarball/package/)"
	entry slash "$(meta | sed "s|$image|../k/$image|")"
	entry absolute "$(meta | sed "s|$image|/etc/passwd|")"
	entry dots "$(meta | sed "s|$image|..|")"
	entry outside "$(meta ",\"vmlinux_name\":\"/etc/passwd\"")"
	entry noimage "$(meta)"
	rm cache/noimage/$image
	entry link "$(meta)"
	ln -sf /etc/passwd cache/link/$image
	entry dir "$(meta)"
	rm cache/dir/$image
	mkdir cache/dir/$image
	mkdir cache/metalink
	ln -s ../link/metadata.json cache/metalink/metadata.json
	mkdir cache/metafifo
	mkfifo cache/metafifo/metadata.json
	mkdir cache/empty
	mkdir cache/big
	head -c 2000000 /dev/zero | tr "\0" " " >cache/big/metadata.json
	ln -s /etc cache/away
	ln -s ../cache/link cache/relative
	ktstr-cache list >got
	reason notjson "metadata.json: not JSON"
	reason array "metadata.json: not a JSON object"
	reason nul "metadata.json: it holds a NUL"
	reason notext "metadata.json: member \\\"version\\\" is int"
	reason nosource "metadata.json: member \\\"source\\\" is missing"
	reason source "metadata.json: \\\"source\\\" is"
	reason slash "metadata.json: \\\"image_name\\\" is"
	reason absolute "metadata.json: \\\"image_name\\\" is"
	reason dots "metadata.json: \\\"image_name\\\" is"
	reason outside "metadata.json: \\\"vmlinux_name\\\" is"
	reason noimage "\\\"$image\\\" is missing"
	reason link "\\\"$image\\\" is not a regular file"
	reason dir "\\\"$image\\\" is not a regular file"
	reason metalink "cannot open metadata.json"
	reason metafifo "metadata.json is not a regular file"
	reason empty "metadata.json is missing"
	reason big "metadata.json: \\\"metadata.json\\\" is larger"
	reason away "it is a link to \\\"/etc\\\""
	reason relative "it is a link to"
	[ "$(wc -l <got)" -eq 19 ]
	ktstr-cache list -t >got
	ktstr-cache list --json >got
	exits 1 ktstr-cache get >got 2>err || ! grep -q "$PWD/cache" got
'

t 'a file that is not what was stored makes an entry corrupt' '
	start
	echo config >config
	for k in short gone; do
		store $k 2026-01-01T00:00:00Z ",\"config\":\"$PWD/config\""
	done
	: >cache/short/$image
	rm cache/gone/.config
	ktstr-cache list >got
	reason short "\\\"$image\\\" has 0 bytes, and had 6"
	reason gone "\\\".config\\\" is missing"
'

t 'what is no entry is passed over' '
	start
	store k 2026-01-01T00:00:00Z
	touch cache/file
	mkdir cache/.locks cache/.tmp-k-1
	ln -s nowhere cache/dangling
	ln -s file cache/tofile
	ln -s k cache/alias
	ktstr-cache list | sed "s/.*\"key\":\"\([a-z]*\)\".*/\1/" >got
	printf "%s\n" alias k >want
	same want got
	ktstr-cache path alias >got
	echo "$PWD/cache/k" >want
	same want got
'

t 'names that are no keys are shown, escaped, and hurt nobody' '
	start
	store k 2026-01-01T00:00:00Z
	mkdir "cache/$(printf "a\033[31mb")" "cache/$(printf "\377")"
	ktstr-cache list >got
	[ "$(wc -l <got)" -eq 3 ]
	ktstr-cache list -t >got
	exits 1 grep -q "$(printf "\033")" got
	says "a\\x1b[31mb" got
	ktstr-cache list --json >got
	says "xff" got
'

t 'stdout that is full is an error, whatever the form' '
	start
	store k 2026-01-01T00:00:00Z
	exits 4 ktstr-cache list >/dev/full 2>err
	exits 4 ktstr-cache list -t >/dev/full 2>err
	exits 4 ktstr-cache list --json >/dev/full 2>err
	exits 4 ktstr-cache path k >/dev/full 2>err
'

end
