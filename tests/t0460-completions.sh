#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# completions: what is offered, and TAB in the real shells
# shellcheck disable=SC2016,SC2086
. "${0%/*}/lib.sh"

arch=$(uname -m)
export arch
# The toolchain is found where it is.
RUSTUP_HOME=${RUSTUP_HOME:-${HOME:-}/.rustup}
HOME=$work/home
export HOME RUSTUP_HOME
mkdir "$HOME"
unset XDG_DATA_HOME XDG_DATA_DIRS XDG_CONFIG_HOME ZDOTDIR BASH_COMPLETION_USER_DIR

# offers WORD...: what may stand for the last word, with what is done else
offers() {
	cargo-ktstr __complete "$@" | cut -f 1
}

# entry KEY [MORE]: a cached kernel
entry() {
	echo image >image
	printf '{"schema":"ktstr.kernel/1","arch":"%s","image":"%s","key":"%s"%s}\n' \
		"$arch" "$PWD/image" "$1" "${2:-}" | ktstr-cache add --force >/dev/null
}

# tab SETUP SHELL...: press TAB behind each of the lines of "lines"
tab() {
	command -v python3 >/dev/null || { echo "no python3"; exit 77; }
	command -v "$2" >/dev/null || { echo "no $2: apt install $2"; exit 77; }
	touch kernel.img
	mkdir -p adir
	timeout 300 python3 "$top/tests/helpers/tab.py" "$@" <lines
}

# Lines, and what TAB makes of them.
cat >"$work/lines" <<'END'
ktstr-vmm --engine q
cargo-ktstr kernel bui
cargo-ktstr ktstr test-stats --fail-on fail
cargo ktstr kernel bui
cargo +stable ktstr kernel build --kconfig ./kern
ktstr cache ver
ktstr-fetch --no-v
END
cat >"$work/made" <<'END'
ktstr-vmm --engine qemu
cargo-ktstr kernel build
cargo-ktstr ktstr test-stats --fail-on failure
cargo ktstr kernel build
cargo +stable ktstr kernel build --kconfig ./kernel.img
ktstr cache verify
ktstr-fetch --no-verify
END

t 'subcommands and options are offered, with what they mean' '
	cargo-ktstr __complete cargo-ktstr ktstr kernel "" >got
	says "list	list the cached kernels, newest first" got
	cargo-ktstr kernel --help | sed -n "/^Sub/,/^$/s/^  \([a-z]*\) .*/\1/p" >want
	sed "1d; s/	.*//" got >subs
	same want subs
	# Every option of every program, as --help has them.
	for c in cargo-ktstr "cargo-ktstr kernel build" "ktstr cache clean" \
		ktstr-fetch ktstr-vmm "ktstr-stats sidecars"; do
		$c --help | sed -nE "/^Options:/,\$s/^  (-., |    )(--[a-z-]*).*/\2/p" |
			sort >want
		offers $c -- | sed 1d | sort >got
		same want got
		[ -s got ]
	done
	# Not twice what may stand once, and nothing that is hidden.
	offers ktstr-vmm --dmesg --env a=b --d >got
	exits 1 says --dmesg got >/dev/null
	offers ktstr-vmm --env a=b --e >got
	says --env got
	offers cargo-ktstr "" >got
	exits 1 says __complete got >/dev/null
	exits 1 says build-kernel got >/dev/null
'

t 'values are offered: choices, lists, topologies, shells, tools' '
	offers ktstr stats sidecars --format "" >got
	printf "%s\n" words text json markdown junit html >want
	same want got
	offers ktstr stats sidecars --format=j >got
	printf "%s\n" words --format=json --format=junit >want
	same want got
	# As bash breaks it up.
	offers ktstr stats sidecars --format = j >got
	printf "%s\n" words json junit >want
	same want got
	offers ktstr stats sidecars --format = "" >got
	says markdown got
	offers ktstr-stats sidecars --fail-on failure,"" >got
	printf "%s\n" "words nospace" failure,outlier failure,regression >want
	same want got
	offers cargo-ktstr shell --topology 2, >got
	says 2,2,1 got
	exits 1 says 1,1,1 got >/dev/null
	offers cargo-ktstr completions "" >got
	printf "%s\n" words bash zsh fish elvish powershell >want
	same want got
	offers ktstr ca >got
	printf "%s\n" words cache >want
	same want got
	offers cargo-ktstr completions --marked "" >got
	offers --marked ktstr : >got
	says vmm got
'

t 'keys and versions of the cache are offered, paths are the shell'\''s' '
	XDG_CACHE_HOME=$PWD/xdg
	export XDG_CACHE_HOME
	entry 6.14.2-tarball-$arch ",\"version\":\"6.14.2\",\"built_at\":\"2026-01-02T00:00:00Z\""
	entry 6.14.2-x ",\"version\":\"6.14.2\",\"built_at\":\"2026-01-01T00:00:00Z\""
	entry local-1234567-$arch
	mkdir xdg/ktstr/kernels/corrupt
	offers cargo-ktstr shell --kernel "" | sort >got
	sort >want <<-END
	words
	6.14.2-tarball-$arch
	6.14.2
	6.14.2-x
	local-1234567-$arch
	END
	same want got
	offers cargo ktstr shell --kernel=lo >got
	says --kernel=local-1234567-$arch got
	offers cargo-ktstr test --kernel 6.14.2 --kernel lo >got
	says local-1234567-$arch got
	offers ktstr-cache get "" >got
	says 6.14.2-x got
	offers ktstr-cache add --key c >got
	says corrupt got
	offers cargo-ktstr kernel build 6 >got
	printf "%s\n" words 6.14.2 >want
	same want got
	for p in ./x ../ "~/l" a/b; do
		offers cargo-ktstr shell --kernel "$p" >got
		echo files >want
		same want got
	done
	cargo-ktstr __complete ktstr-cache get 6.14.2-t >got
	says "6.14.2, built 2026-01-02" got
	[ -z "$(cargo-ktstr __complete)" ]
	[ -z "$(cargo-ktstr __complete x)" ]
'

t 'profiles are offered: of the flags a scheduler had when it was asked' '
	XDG_CACHE_HOME=$PWD/xdg
	export XDG_CACHE_HOME
	mkdir -p xdg/ktstr/flags
	cat >xdg/ktstr/flags/scx_foo <<-\END
	[{"name":"llc","args":[],"requires":[]},
	 {"name":"steal","args":[],"requires":["llc"]},
	 {"name":"$(rm)","args":[],"requires":[]},
	 {"name":"never","args":[],"requires":["gone"]}]
	END
	cp xdg/ktstr/flags/scx_foo xdg/ktstr/flags/pkg
	printf "%s\n" "words nospace" default >none
	offers cargo ktstr verifier --profiles "" >got
	same none got
	offers ktstr-verifier --scheduler-bin ./scx_bar --profiles "" >got
	same none got
	printf "%s\n" "words nospace" default llc steal >want
	offers ktstr-verifier --scheduler-bin ./bin/scx_foo --profiles "" >got
	same want got
	offers cargo ktstr verifier --scheduler=pkg --profiles "" >got
	same want got
	offers cargo ktstr verifier --scheduler ../flags/pkg --profiles "" >got
	same none got
	# Not a flag of this profile once more, but of another.
	foo="ktstr-verifier --scheduler-bin scx_foo --profiles"
	offers $foo default,llc+ >got
	printf "%s\n" "words nospace" default,llc+steal >want
	same want got
	offers $foo=llc,ll >got
	printf "%s\n" "words nospace" --profiles=llc,llc >want
	same want got
	echo "{}" >xdg/ktstr/flags/scx_foo
	offers $foo "" >got
	same none got
'

t 'files, directories and other programs'\'' words are left to the shell' '
	echo files >files
	echo dirs >dirs
	offers ktstr-fetch --source "" >got
	same files got
	offers cargo ktstr test-stats --dir "" >got
	same dirs got
	offers ktstr-vmm -- ls -l "" >got
	same files got
	offers cargo ktstr test -E x --ker >got
	same files got
	offers ktstr-initramfs -i "" >got
	same files got
	echo words >words
	offers ktstr-kbuild -j "" >got
	same words got
	offers ktstr-kbuild "" >got
	same words got
	offers ktstr-cache list "" >got
	same words got
'

t 'a shell that is not known, or a name that is none, exits 2' '
	exits 2 cargo-ktstr completions tcsh 2>err
	says "\"tcsh\" is not one of: bash zsh fish elvish powershell" err
	exits 2 cargo-ktstr completions 2>err
	exits 2 cargo-ktstr completions bash --binary "x;y" 2>err
	says "no name of a program" err
'

t '--binary completes that program alone' '
	for s in bash zsh fish elvish powershell; do
		cargo-ktstr completions $s >all
		says cargo-ktstr all
		says ktstr-fetch all
		exits 1 grep -q "@[A-Z]*@" all
		cargo-ktstr completions $s --binary kt2 >one
		says kt2 one
		exits 1 says ktstr-fetch one >/dev/null
	done
	cargo-ktstr completions bash --binary kt2 >script
	echo "kt2 kernel bui" >lines
	echo "kt2 kernel build" >want
	tab ". ./script" bash --norc --noprofile -i >got
	same want got
'

t 'the script for bash is good shell' '
	cargo-ktstr completions bash >script.bash
	shellcheck script.bash
'

t 'bash, without bash-completion' '
	cp "$work/lines" "$work/made" .
	printf "%s\n" "ktstr-vmm --engine=q" "cargo kts" "ktstr-cache path ./ad" \
		"ktstr stats sidecars --dir ./k" "cargo-ktstr --exp" >>lines
	printf "%s\n" "ktstr-vmm --engine=qemu" "cargo ktstr" \
		"ktstr-cache path ./adir/" "ktstr stats sidecars --dir ./k" \
		"cargo-ktstr --explain" >>made
	cargo-ktstr completions bash >script
	tab ". ./script" bash --norc --noprofile -i >got
	same made got
'

t 'bash, with bash-completion: cargo'\''s own is not hidden' '
	lib=/usr/share/bash-completion/bash_completion
	[ -e $lib ] || { echo "no bash-completion: apt install bash-completion"; exit 77; }
	# As the manual says: appended to the file that hides the system one.
	own=$HOME/.local/share/bash-completion/completions
	mkdir -p "$own" sys/bash-completion/completions
	cat >sys/bash-completion/completions/cargo <<-\END
	_cargo() {
		local cur
		_get_comp_words_by_ref cur
		COMPREPLY=($(compgen -W "bench build ktstr" -- "$cur"))
	}
	complete -F _cargo cargo
	END
	cp "$work/lines" "$work/made" .
	printf "%s\n" "cargo benc" "cargo kts" "cargo -q buil" >>lines
	printf "%s\n" "cargo bench" "cargo ktstr" "cargo -q build" >>made
	export XDG_DATA_DIRS="$PWD/sys"
	cargo-ktstr completions bash >>"$own/cargo"
	printf "%s\n" "cargo benc" "cargo ktstr kernel bui" "cargo buil" >few
	printf "%s\n" "cargo bench" "cargo ktstr kernel build" "cargo build" >want
	cp few lines.few
	mv lines lines.all
	cp few lines
	tab ". $lib" bash --norc --noprofile -i >got
	same want got
	# Twice appended is no harm.
	cargo-ktstr completions bash >>"$own/cargo"
	tab ". $lib" bash --norc --noprofile -i >got
	same want got
	# Read at the start of the shell, before or behind the library.
	rm "$own/cargo"
	cp lines.all lines
	cargo-ktstr completions bash >script
	tab ". $lib; . ./script" bash --norc --noprofile -i >got
	same made got
	tab ". ./script; . $lib" bash --norc --noprofile -i >got
	same made got
	# And where cargo is completed by something else already.
	tab ". $lib; . sys/bash-completion/completions/cargo; . ./script" \
		bash --norc --noprofile -i >got
	same made got
	# Installed, one file with links to it.
	mkdir -p "$own"
	for n in cargo cargo-ktstr ktstr ktstr-vmm ktstr-fetch; do
		ln -sf "$PWD/script" "$own/$n"
	done
	tab ". $lib" bash --norc --noprofile -i >got
	same made got
'

t 'bash, with the completion that the Rust toolchain brings' '
	lib=/usr/share/bash-completion/bash_completion
	sysroot=$(rustc --print sysroot 2>/dev/null) || :
	file=$sysroot/etc/bash_completion.d/cargo
	[ -e $lib ] || { echo "no bash-completion: apt install bash-completion"; exit 77; }
	[ -e "$file" ] || { echo "no completion of cargo in the toolchain"; exit 77; }
	cargo-ktstr completions bash >script
	printf "%s\n" "cargo generate-l" "cargo ktstr kernel bui" >lines
	printf "%s\n" "cargo generate-lockfile" "cargo ktstr kernel build" >want
	tab ". $lib; . ./script" bash --norc --noprofile -i >got
	same want got
'

t 'zsh, sourced and from a directory of fpath' '
	cp "$work/lines" "$work/made" .
	printf "%s\n" "ktstr-vmm --engine=q" "cargo kts" >>lines
	printf "%s\n" "ktstr-vmm --engine=qemu" "cargo ktstr" >>made
	mkdir fp
	cargo-ktstr completions zsh >fp/_cargo-ktstr
	tab "autoload -Uz compinit; compinit -u -d d1; . fp/_cargo-ktstr" zsh -f -i >got
	same made got
	tab "fpath=($PWD/fp \$fpath); autoload -Uz compinit; compinit -u -d d2" \
		zsh -f -i >got
	same made got
	# Beside a completion of cargo, which asks by the name of the function.
	cat >fp/_cargo <<-\END
	#compdef cargo
	local ret=1 curcontext=$curcontext state line
	_arguments -C "1: :->cmd" "*:: :->args"
	case $state in
	cmd) _values command bench ktstr ;;
	args) _call_function ret _cargo-${words[1]} || _default ;;
	esac
	END
	printf "%s\n" "cargo ktstr kernel bui" "cargo benc" "ktstr-vmm --engine q" >lines
	printf "%s\n" "cargo ktstr kernel build" "cargo bench" "ktstr-vmm --engine qemu" >want
	tab "fpath=($PWD/fp \$fpath); autoload -Uz compinit; compinit -u -d d3" \
		zsh -f -i >got
	same want got
'

t 'fish' '
	command -v fish >/dev/null || { echo "no fish: apt install fish"; exit 77; }
	cargo-ktstr completions fish >script
	fish --no-execute script
	cp "$work/lines" "$work/made" .
	echo "ktstr-vmm --engine=q" >>lines
	echo "ktstr-vmm --engine=qemu" >>made
	tab ". ./script" fish --no-config -i >got
	same made got
	# What fish knows of cargo is still there, and meanings are shown.
	mkdir -p "$HOME/.config/fish/conf.d"
	cp script "$HOME/.config/fish/conf.d/ktstr.fish"
	fish -c "complete -C \"cargo benc\"" >got
	says bench got
	fish -c "complete -C \"cargo ktstr kernel bui\"" >got
	says "build	build a kernel and cache it" got
	fish -c "complete -C \"ktstr-cache path --\"" >got
	says "--help" got
'

t 'elvish' '
	cp "$work/lines" "$work/made" .
	cargo-ktstr completions elvish >script
	tab "eval (slurp <script)" elvish -norc >got
	same made got
'

t 'powershell, or at least its brackets' '
	cargo-ktstr completions powershell >script.ps1
	if command -v pwsh >/dev/null; then
		cat >ask.ps1 <<-\END
		. ./script.ps1
		foreach ($line in Get-Content lines) {
			$r = TabExpansion2 $line $line.Length
			$line.Substring(0, $r.ReplacementIndex) + $r.CompletionMatches[0].CompletionText
		}
		END
		cp "$work/lines" "$work/made" .
		pwsh -NoProfile -File ask.ps1 >got
		same made got
		exit
	fi
	command -v python3 >/dev/null || { echo "no python3"; exit 77; }
	python3 - <<-\END
	import re
	text = open("script.ps1").read()
	text = re.sub(r"#.*|\x27[^\x27]*\x27|\"(?:`.|[^\"`])*\"", "", text)
	open_, want = [], {")": "(", "]": "[", "}": "{"}
	for c in text:
	    if c in "([{":
	        open_.append(c)
	    elif c in want:
	        assert open_ and open_.pop() == want[c], c
	assert not open_ and "\x27" not in text and "\"" not in text
	END
	grep -q "Register-ArgumentCompleter -Native" script.ps1
'

end
