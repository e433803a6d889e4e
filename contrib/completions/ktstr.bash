# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Completion of ktstr's programs for bash, with or without bash-completion. The
# programs know what may stand where: this asks them, and shows the answer.

# _ktstr_ask WORD...: complete the last word of this command line
_ktstr_ask() {
	local lines line
	COMPREPLY=()
	mapfile -t lines < <(cargo-ktstr __complete "$@" 2>/dev/null)
	for line in "${lines[@]:1}"; do
		COMPREPLY+=("${line%%$'\t'*}")
	done
	case ${lines[0]-} in
	files*) compopt -o default ;;
	dirs*) compopt -o dirnames ;;
	commands*) mapfile -t COMPREPLY < <(compgen -c -- "${!#}") ;;
	esac
	case ${lines[0]-} in
	*nospace*) compopt -o nospace ;;
	esac
}

_ktstr() {
	_ktstr_ask "${COMP_WORDS[@]:0:COMP_CWORD}" "$2"
}

# "cargo ktstr ..." is ours; all else is for the completion that cargo has.
_ktstr_cargo() {
	local i
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		ktstr)
			_ktstr_ask cargo-ktstr \
				"${COMP_WORDS[@]:i+1:COMP_CWORD-i-1}" "$2"
			return
			;;
		--color | --config | -Z | -C)
			[[ ${COMP_WORDS[i + 1]} == = ]] || ((++i))
			;;
		=) ((++i)) ;;
		-* | +*) ;;
		*) break ;;
		esac
	done
	[[ -n ${_ktstr_cargo_own-} ]] || _ktstr_cargo_find
	if [[ $_ktstr_cargo_own != none ]]; then
		"$_ktstr_cargo_own" "$@"
	elif ((COMP_CWORD == 1)); then
		mapfile -t COMPREPLY < <(compgen -W ktstr -- "$2")
		compopt -o default
	else
		COMPREPLY=()
		compopt -o default
	fi
}

# Whatever completes cargo now is asked first from here on.
_ktstr_cargo_wrap() {
	local spec
	spec=$(complete -p cargo 2>/dev/null) || return
	[[ $spec =~ ' -F '([^ ]+) ]] || return
	[[ ${BASH_REMATCH[1]} != _ktstr_cargo ]] || return
	_ktstr_cargo_own=${BASH_REMATCH[1]}
	eval "${spec/ -F $_ktstr_cargo_own/ -F _ktstr_cargo}"
}

# A file "cargo" of this script's hides the ones that bash-completion would have
# read: read the first of them. None has been read if there was none before us.
_ktstr_cargo_find() {
	local dir file
	local -a dirs files
	_ktstr_cargo_own=none
	declare -F _completion_loader >/dev/null ||
		declare -F _comp_load >/dev/null || return
	IFS=: read -ra dirs <<<"${XDG_DATA_DIRS:-/usr/local/share:/usr/share}"
	dirs=("${XDG_DATA_HOME:-$HOME/.local/share}" "${dirs[@]}")
	files=("${BASH_COMPLETION_USER_DIR:-/nonexistent}/completions/cargo")
	for dir in "${dirs[@]}"; do
		for file in cargo cargo.bash _cargo; do
			files+=("$dir/bash-completion/completions/$file")
		done
	done
	files+=("$(rustc --print sysroot 2>/dev/null)/etc/bash_completion.d/cargo")
	for file in "${files[@]}"; do
		[[ -f $file ]] || continue
		! grep -q '^_ktstr_cargo()' "$file" || continue
		complete -r cargo 2>/dev/null
		# shellcheck disable=SC1090
		. "$file" >/dev/null 2>&1
		! _ktstr_cargo_wrap || return 0
	done
	complete -F _ktstr_cargo cargo
}

for _ktstr_name in @NAMES@; do
	case $_ktstr_name in
	cargo) _ktstr_cargo_wrap || complete -F _ktstr_cargo cargo ;;
	*) complete -F _ktstr "$_ktstr_name" ;;
	esac
done
unset _ktstr_name
