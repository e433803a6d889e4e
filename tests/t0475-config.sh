#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# the file of a person's defaults: option, environment, file, default
# shellcheck disable=SC2034
. "${0%/*}/lib.sh"

arch=$(uname -m)
export arch
unset XDG_CONFIG_HOME

# start: a home of our own, whose file of defaults is $conf
start() {
	unset KTSTR_CONFIG
	cd -P .
	HOME=$PWD
	XDG_CACHE_HOME=$PWD/xdg-cache
	conf=$PWD/.config/ktstr/config
	mkdir -p .config/ktstr
	export HOME XDG_CACHE_HOME
}

# entry KEY [MORE]: a cached kernel
entry() {
	echo image >image
	printf '{"schema":"ktstr.kernel/1","arch":"%s","image":"%s","key":"%s"%s}\n' \
		"$arch" "$PWD/image" "$1" "${2:-}" | ktstr-cache add --force >/dev/null
}

t 'option before environment before file before default' '
	start
	mkdir a b c
	echo "cache-dir = $PWD/c" >"$conf"
	root() { ktstr-cache list -t "$@" 2>&1 | sed -n "s/^cache: //p"; }
	[ "$(root)" = "$PWD/c" ]
	[ "$(KTSTR_CACHE_DIR=$PWD/b root)" = "$PWD/b" ]
	# An empty variable is the default, whatever the file says.
	[ "$(KTSTR_CACHE_DIR="" root)" = "$XDG_CACHE_HOME/ktstr/kernels" ]
	echo "cache-dir = ~/a" >"$conf"
	[ "$(root)" = "$PWD/a" ]
	rm "$conf"
	[ "$(root)" = "$XDG_CACHE_HOME/ktstr/kernels" ]
	echo "topology = 0,1,1" >"$conf"
	exits 2 ktstr-vmm -- true </dev/null 2>err
	says "topology" err
	exits 2 env KTSTR_TOPOLOGY=x,1,1 ktstr-vmm -- true </dev/null 2>err
	says "\"x" err
	exits 2 env KTSTR_TOPOLOGY=x,1,1 ktstr-vmm --topology y,1,1 -- true \
		</dev/null 2>err
	says "\"y" err
'

t 'a value that an option cannot have is told with its line' '
	start
	printf "# mine\nengine = vax\n" >"$conf"
	exits 2 ktstr-vmm -- true </dev/null 2>err
	says "ktstr-vmm: $conf: line 2: --engine: \"vax\" is not one of: auto" err
	exits 2 env KTSTR_ENGINE=pdp ktstr-vmm -- true </dev/null 2>err
	says "ktstr-vmm: KTSTR_ENGINE: --engine: \"pdp\" is not one of: auto" err
	echo "jobs = many" >"$conf"
	exits 2 ktstr-kbuild </dev/null 2>err
	says "line 1: --jobs: \"many\" is not a whole number" err
	# An option that is given is not looked up.
	exits 3 ktstr-kbuild -j 3 </dev/null 2>err
	# The front-end leaves it to the tool.
	exits 0 ktstr-cache list
'

t 'the verifier has the machine that is usual, as ktstr-vmm has' '
	start
	printf "#!/bin/sh\n" >sched
	chmod +x sched
	for v in "engine vax" "memory-mb 5" "topology x,1,1"; do
		name=${v% *}
		val=${v#* }
		var=KTSTR_$(echo "$name" | tr a-z- A-Z_)
		for c in "ktstr-vmm -- true" \
			"ktstr-verifier --scheduler-bin ./sched"; do
			echo "$name = $val" >"$conf"
			exits 2 $c </dev/null 2>err
			says "${c%% *}: $conf: line 1: " err
			says "\"${val%%,*}\"" err
			: >"$conf"
			exits 2 env "$var=$val" $c </dev/null 2>err
			says "${c%% *}: $var: " err
			says "\"${val%%,*}\"" err
		done
	done
	# What is for a command is none of a profile'\''s.
	echo "timeout = 0" >"$conf"
	exits 3 ktstr-verifier --scheduler-bin ./sched </dev/null 2>err
'

t 'what is wrong with the file is told with its line, by every tool' '
	start
	printf "\n\nengin = qemu\n" >"$conf"
	for c in "ktstr-cache list" "cargo-ktstr doctor" "ktstr-fetch 6.14" \
		"ktstr-stats runs" "ktstr-initramfs"; do
		# The front-end does not tell kinds of failure apart.
		case $c in cargo*) status=1 ;; *) status=3 ;; esac
		exits $status $c </dev/null >got 2>err
		says "$conf: line 3: there is no setting \"engin\"" err
		says "hint: did you mean \"engine\"?" err
		[ ! -s got ]
		# Help is there all the same.
		$c --help >got
	done
	# The pipeline of the front-end would say it as often as it has stages.
	exits 1 cargo-ktstr kernel list 2>err
	[ "$(grep -c "no setting" err)" -eq 1 ]
	rm "$conf"
	mkdir "$conf"
	exits 4 ktstr-cache list 2>err
	says "$conf" err
	rmdir "$conf"
	head -c 100000 /dev/zero | tr "\0" "#" >"$conf"
	exits 3 ktstr-cache list 2>err
'

t 'KTSTR_CONFIG names another file, or none' '
	start
	echo "cache-dir = /home-file" >"$conf"
	echo "cache-dir = /other" >other
	mkdir -p xdg/ktstr
	echo "cache-dir = /xdg" >xdg/ktstr/config
	root() { ktstr-cache list -t 2>&1 | sed -n "s/^cache: //p"; }
	[ "$(root)" = /home-file ]
	[ "$(XDG_CONFIG_HOME=$PWD/xdg root)" = /xdg ]
	[ "$(KTSTR_CONFIG=other root)" = /other ]
	[ "$(KTSTR_CONFIG="" root)" = "$XDG_CACHE_HOME/ktstr/kernels" ]
	[ "$(KTSTR_CONFIG=/dev/null root)" = "$XDG_CACHE_HOME/ktstr/kernels" ]
	exits 4 env KTSTR_CONFIG=missing ktstr-cache list 2>err
	says "cannot open \"missing\"" err
	# No home, no file, no complaint.
	env -u HOME KTSTR_CACHE_DIR="$PWD" ktstr-cache list
'

t 'a kernel may be the usual one' '
	start
	entry a ",\"built_at\":\"2026-01-01T00:00:00Z\""
	entry b ",\"built_at\":\"2026-01-02T00:00:00Z\""
	ktstr-cache path "$(ktstr-cache get | sed "s/.*\"key\":\"\([^\"]*\).*/\1/")" >got
	says /b got
	echo "kernel = a" >"$conf"
	ktstr-cache get >got
	says "\"key\":\"a\"" got
	KTSTR_KERNEL=b ktstr-cache get >got
	says "\"key\":\"b\"" got
	ktstr-cache get b >got
	says "\"key\":\"b\"" got
	echo "kernel = gone" >"$conf"
	exits 1 ktstr-cache get -t 2>err
	says "$conf: line 1: " err
	exits 1 says KTSTR_KERNEL err >/dev/null
	# Tests read the environment, and are told in it.
	mkdir bin
	printf "#!/bin/sh\necho \"\$KTSTR_KERNEL:\$KTSTR_SIDECAR_DIR\"\n" >bin/cargo
	printf "#!/bin/sh\n" >bin/cargo-nextest
	chmod +x bin/*
	PATH=$PWD/bin:$PATH
	printf "kernel = a\nsidecar-dir = ~/s\n" >"$conf"
	cargo-ktstr test >got 2>err
	says "$XDG_CACHE_HOME/ktstr/kernels/a:$HOME/s" got
	cargo-ktstr test --kernel b >got 2>err
	says "$XDG_CACHE_HOME/ktstr/kernels/b:$HOME/s" got
	KTSTR_KERNEL=mine cargo-ktstr test >got
	says "mine:$HOME/s" got
	cargo-ktstr --explain test >line
	command -v bash >/dev/null || exit 0
	bash line >got
	says "$XDG_CACHE_HOME/ktstr/kernels/a:$HOME/s" got
'

t 'tests are told where the cache is that the file names' '
	start
	mkdir bin
	printf "#!/bin/sh\necho \"\${KTSTR_CACHE_DIR-unset}\"\n" >bin/cargo
	printf "#!/bin/sh\n" >bin/cargo-nextest
	chmod +x bin/*
	PATH=$PWD/bin:$PATH
	says_cache() {
		echo "$1" >want
		cargo-ktstr test >got
		same want got
		! command -v bash >/dev/null || {
			cargo-ktstr --explain test >line
			bash line >got
			same want got
		}
	}
	says_cache unset
	echo "cache-dir = ~/my kernels" >"$conf"
	says_cache "$HOME/my kernels"
	# Tests run in other directories.
	echo "cache-dir = sub" >"$conf"
	says_cache "$PWD/sub"
	entry a
	cargo-ktstr test --kernel a >got
	says "$PWD/sub" got
	# The environment stays as it is.
	export KTSTR_CACHE_DIR=mine
	says_cache mine
	KTSTR_CACHE_DIR=
	says_cache ""
'

t 'ktstr(7) lists the settings, all of them' '
	start
	sed -n "/^\.Sh THE FILE/,/^\.Sh /s/^\.It Cm //p" "$top/man/ktstr.7" |
		tr -d " " | tr "," "\n" | sort >said
	[ -s said ]
	while read -r name; do
		echo "$name = 1" >"$conf"
		ktstr-cache list >/dev/null
	done <said
	grep -oE "\{ \"[a-z-]+\", (true|false) \}" "$top/lib/config.c" |
		sed "s/{ \"//; s/\".*//" | sort >have
	same have said
'

end
