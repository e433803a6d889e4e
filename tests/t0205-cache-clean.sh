#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ktstr-cache clean: what goes, what stays, and who is asked
. "${0%/*}/lib.sh"
# shellcheck source=tests/helpers/cache.sh
. "$top/tests/helpers/cache.sh"

# three: entries a, b and c, of which c is the newest
three() {
	start
	store a 2026-01-01T00:00:00Z
	store b 2026-01-02T00:00:00Z
	store c 2026-01-03T00:00:00Z
}

# foreign KEY: an entry of a later Rust ktstr
foreign() {
	mkdir "cache/$1"
	echo image >"cache/$1/$image"
	echo '{"source":{"type":"tarball"},"arch":"x86_64"}' \
		>"cache/$1/metadata.json"
}

# left NAME...: the cache must hold exactly these
left() {
	printf '%s\n' "$@" >want_
	find cache -mindepth 1 -maxdepth 1 ! -name '.*.lock' -printf '%f\n' |
		sort >left_
	same want_ left_
}

# asks ANSWER COMMAND...: run it on a terminal and type ANSWER there, once the
# script "meanwhile" has run, if there is one
asks() {
	answer=$1
	shift
	printf '%s' "$answer" >answer
	python3 - "$@" <<-\EOF
	import os, pty, subprocess, sys
	answer = open("answer", "rb").read()
	pid, fd = pty.fork()
	if pid == 0:
	    os.dup2(os.open("out", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 1)
	    os.execvp(sys.argv[1], sys.argv[1:])
	said = b""
	while not said.endswith(b"[y/N] "):
	    said += os.read(fd, 1024)
	if os.path.exists("meanwhile"):
	    subprocess.run(["sh", "meanwhile"], check=True)
	os.write(fd, answer)
	try:
	    while True:
	        more = os.read(fd, 1024)
	        if not more:
	            break
	        said += more
	except OSError:
	    pass
	open("tty", "wb").write(said)
	sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
	EOF
}

t 'without a terminal and without --force nothing goes, and the way is told' '
	three
	exits 1 ktstr-cache clean -t >out 2>err
	left a b c
	says "standard input is no terminal" err
	says "hint: --force" err
	exits 1 cargo-ktstr kernel clean >out 2>err
	left a b c
	says "hint: --force" err
	[ ! -s out ]
'

t 'with --force everything goes, locks too' '
	three
	cargo-ktstr kernel clean --force >out
	echo "removed 3 cached kernel(s)." >want
	same want out
	[ -z "$(ls -A cache)" ]
	cargo-ktstr kernel clean >out 2>err
	echo "nothing to clean" >want
	same want out
	rmdir cache
	cargo-ktstr kernel clean >out 2>err
	same want out
	[ ! -e cache ]
'

t 'on a terminal it asks; y is a yes' '
	command -v python3 >/dev/null || { echo "no python3"; exit 77; }
	three
	asks "y
" cargo-ktstr kernel clean --keep 1
	left c
	says "remove 2 entries? [y/N] " tty
	says "to remove 2 cached kernel(s)" out
	says "  a " out
	exits 1 grep -q "^  c " out
	says "removed 2 cached kernel(s)." out
	store a 2026-01-01T00:00:00Z
	asks "Y
" ktstr-cache clean -t --keep 1
	left c
'

t 'anything else is a no' '
	command -v python3 >/dev/null || { echo "no python3"; exit 77; }
	three
	for answer in "n
" "
" "yes
" "yy
" "no way, really, not at all
" "$(printf "\004")"; do
		asks "$answer" cargo-ktstr kernel clean
		says "aborted" out
		left a b c
	done
'

t 'what has changed while the question stood stays' '
	command -v python3 >/dev/null || { echo "no python3"; exit 77; }
	three
	mkdir cache/bad
	echo "no json" >cache/a/metadata.json
	ln -s a cache/alias
	record="{\"schema\":\"ktstr.kernel/1\",\"arch\":\"$arch\",\"image\":\"$PWD/image\""
	echo "$record,\"key\":\"a\"}" >rec
	echo "ktstr-cache add <rec" >meanwhile
	asks "y
" cargo-ktstr kernel clean --corrupt-only
	left a alias b c
	says "remove 3 entries? [y/N] " tty
	says "\"a\" was changed meanwhile, and stays" tty
	says "\"alias\" was changed meanwhile, and stays" tty
	says "removed 1 cached kernel(s)." out
	echo "$record,\"key\":\"b\"}" >rec
	asks "y
" cargo-ktstr kernel clean
	left b
	says "\"b\" was changed meanwhile, and stays" tty
	echo "echo no json >cache/b/metadata.json" >meanwhile
	asks "y
" ktstr-cache clean -t
	left b
	echo "rm -r cache/b" >meanwhile
	asks "y
" ktstr-cache clean -t
	says "removed 1 cached kernel(s)." out
	[ ! -e cache/b ]
'

t '--keep counts good entries only, and the corrupt ones go' '
	three
	mkdir cache/bad cache/worse
	ktstr-cache clean -t --force --keep 2 >out
	echo "removed 3 cached kernel(s)." >want
	same want out
	left b c
	ktstr-cache clean -t --force --keep 9 >out
	left b c
'

t '--corrupt-only leaves every good one' '
	three
	mkdir cache/bad
	echo "no json" >cache/a/metadata.json
	cargo-ktstr kernel clean --force --corrupt-only >out
	left b c
	exits 2 ktstr-cache clean --corrupt-only --keep 1 2>err
	exits 2 ktstr-cache clean --corrupt-only --older-than 1d 2>err
	exits 2 ktstr-cache clean --corrupt-only --max-size 1G 2>err
'

t 'an entry of a later ktstr goes only if that is asked for' '
	three
	foreign f
	ktstr-cache clean -t --force >out 2>err
	left f
	says "1 of a later ktstr stay; --foreign" err
	ktstr-cache clean -t --force --corrupt-only >out 2>err
	left f
	says "nothing to clean" out
	ktstr-cache clean -t --force --foreign >out
	[ ! -e cache/f ]
'

t '--older-than goes by the time of building' '
	three
	store new "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
	store odd "some day"
	ktstr-cache clean -t --force --older-than 1d --keep 3 >out
	left c new odd
	ktstr-cache clean -t --force --older-than 1d >out
	left new odd
	ktstr-cache clean -t --force --older-than 99999d >out
	left new odd
	exits 2 ktstr-cache clean --older-than 30 2>err
	says "--older-than: \"30\" is no span of time" err
'

t '--max-size removes the oldest, but none that --keep names' '
	three
	each=$(ktstr-cache list | sed -n "1s/.*\"entry_bytes\":\([0-9]*\).*/\1/p")
	ktstr-cache clean -t --force --max-size $((3 * each)) >out
	left a b c
	ktstr-cache clean -t --force --max-size $((3 * each - 1)) >out
	left b c
	ktstr-cache clean -t --force --max-size 0 --keep 2 >out
	left b c
	ktstr-cache clean -t --force --max-size 0 --keep 1 >out
	left c
	exits 2 ktstr-cache clean --max-size 10X 2>err
	says "--max-size: \"10X\" is no size" err
'

t 'a link takes no place and no room, and goes with what it leads to' '
	three
	ln -s c cache/0-newest
	ln -s b cache/z
	each=$(ktstr-cache list | sed -n "1s/.*\"entry_bytes\":\([0-9]*\).*/\1/p")
	cargo-ktstr kernel clean --dry-run --keep 1 >out
	says "would remove 3 cached kernel(s), $((2 * each)) B" out
	ktstr-cache clean -t --force --corrupt-only >out
	left 0-newest a b c z
	ktstr-cache clean -t --force --keep 2 >out
	left 0-newest b c z
	ktstr-cache clean -t --force --keep 1 >out
	echo "removed 2 cached kernel(s)." >want
	same want out
	left 0-newest c
	ktstr-cache clean -t --force --max-size "$each" >out
	left 0-newest c
	ktstr-cache list -t >out 2>err
	says "2 entries, $each B" err
	ktstr-cache clean -t --force --max-size $((each - 1)) >out
	[ -z "$(ls cache)" ]
'

t '--dry-run shows, without a question, and removes nothing' '
	three
	mkdir cache/bad
	cargo-ktstr kernel clean --dry-run --keep 1 >out
	left a b bad c
	says "would remove 3 cached kernel(s)" out
	exits 1 grep -q "^  c " out
	ktstr-cache clean -n >out
	[ "$(grep -c "\"removed\":false" out)" -eq 4 ]
	left a b bad c
'

t 'without -t the records of what went come out, and no images' '
	three
	ktstr-cache clean --force --keep 1 >out
	[ "$(grep -c "\"schema\":\"ktstr.kernel/1\".*\"removed\":true" out)" -eq 2 ]
	exits 1 grep -q "\"image\"" out
	says "\"key\":\"a\"" out
'

t 'what is being stored stays, with a note' '
	three
	exec 9>cache/.b.lock
	flock 9
	ktstr-cache clean -t --force >out 2>err 9>&-
	exec 9>&-
	left b
	says "removed 2 cached kernel(s)." out
	says "\"b\" is being stored just now" err
'

t 'one that cannot be removed is told, and the rest goes on' '
	three
	(
		cd cache/b
		for i in $(seq 40); do
			mkdir -p 1/2/3/4/5/6/7/8
			cd -P 1/2/3/4/5/6/7/8
		done
	)
	exits 1 cargo-ktstr kernel clean --force >out 2>err
	says "removed 2 cached kernel(s)." out
	says "removed 2 of 3 entries; b: " err
	left b
	rm -rf cache/b
'

t 'links lose the link, odd names go too, other files stay' '
	three
	ln -s c cache/alias
	mkdir "cache/$(printf "a\033b")" "cache/$(printf "x%.0s" $(seq 220))"
	touch cache/file
	mkdir elsewhere
	touch elsewhere/precious
	ln -s ../elsewhere cache/out
	ktstr-cache clean -t --force >out
	left file
	[ -e elsewhere/precious ]
'

t 'a name that no record can carry is an error, and stays' '
	start
	mkdir -p "cache/$(printf "\377")"
	exits 1 ktstr-cache clean -t --force >out 2>err
	says "its name cannot be written" err
	[ -e "cache/$(printf "\377")" ]
'

t 'readers and a store meanwhile see whole entries' '
	start
	head -c 2000000 /dev/urandom >image
	store a 2026-01-01T00:00:00Z
	(
		while [ ! -e stop ]; do
			ktstr-cache list >read 2>&1 || { mv read failed; exit; }
			! grep -q "\"error\"" read || { mv read failed; exit; }
		done
	) &
	reader=$!
	for i in 1 2 3 4 5 6 7 8 9 10; do
		ktstr-cache clean -t --force >out
		store a 2026-01-01T00:00:00Z
	done
	touch stop
	wait $reader
	[ ! -e failed ] || { cat failed; exit 1; }
	left a
'

t 'verify says of each entry whether it is what was stored' '
	three
	ktstr-cache verify -t >out
	printf "%s  intact: 1 files\n" c b a >want
	same want out
	ktstr-cache verify >out
	[ "$(grep -c "\"intact\":true" out)" -eq 3 ]
	printf "imagE\n" >cache/b/$image
	ktstr-cache list >out
	exits 1 grep -q "\"error\"" out
	exits 1 ktstr-cache verify -t >out 2>err
	says "b  corrupt: \"$image\" is not what was stored: its sha256" out
	says "1 of 3 entries corrupt" err
	exits 1 ktstr-cache verify >out 2>err
	grep "\"key\":\"b\"" out >line
	says "\"intact\":false" line
	exits 1 grep -q "\"image\"" line
	ktstr-cache verify c >out
	exits 1 ktstr-cache verify b >out 2>err
	[ "$(wc -l <out)" -eq 1 ]
	exits 1 ktstr-cache verify none >out 2>err
	says "no kernel \"none\" in the cache" err
'

t 'verify counts what list calls corrupt, and what has no sums is told apart' '
	three
	mkdir cache/bad cache/rust
	foreign f
	cp cache/a/$image cache/rust/
	printf "{\"source\":\"tarball\",\"arch\":\"%s\",\"image_name\":\"%s\",\"built_at\":\"2026-01-01T00:00:00Z\"}" \
		"$arch" "$image" >cache/rust/metadata.json
	exits 1 ktstr-cache verify -t >out 2>err
	says "bad  corrupt: metadata.json is missing" out
	says "rust  not all checked" out
	says "f  not checked" out
	says "1 of 6 entries corrupt" err
	ktstr-cache verify rust >out
	exits 1 grep -q intact out
'

end
