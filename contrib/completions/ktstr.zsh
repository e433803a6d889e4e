#compdef @TOOLS@ -P cargo
# SPDX-License-Identifier: GPL-2.0-only
#
# Completion of ktstr's programs for zsh: a file "_cargo-ktstr" in a directory
# of fpath, or sourced. cargo's own completion calls a function of that name for
# "cargo ktstr"; without one, it completes cargo itself.

_cargo-ktstr() {
	local line word how cr=$'\t'
	local -a lines asked described extra
	if [[ $words[1] == cargo ]]; then
		local -i i=2
		while [[ $words[i] == [+-]* && i -lt CURRENT ]]; do (( i++ )); done
		if [[ $words[i] != ktstr || i -ge CURRENT ]]; then
			(( CURRENT == 2 )) && compadd ktstr
			_default
			return
		fi
		asked=(cargo-ktstr "${(@Q)words[i+1,CURRENT]}")
	elif [[ $service == cargo ]]; then
		asked=(cargo-ktstr "${(@Q)words[2,CURRENT]}")
	else
		asked=("${(@Q)words[1,CURRENT]}")
	fi
	asked[-1]=${(Q)PREFIX}
	lines=("${(@f)$(_call_program ktstr cargo-ktstr __complete ${(qq)asked})}")
	how=$lines[1]
	for line in "${(@)lines[2,-1]}"; do
		word=${${line%%$cr*}//:/\\:}
		[[ $line == *$cr* ]] && word+=:${line#*$cr}
		described+=("$word")
	done
	[[ $how == *nospace* ]] && extra=(-S '')
	(( $#described )) && _describe -V ktstr described "${extra[@]}"
	# "--option=FILE": the shell completes what is behind the "=".
	[[ $PREFIX == --*=* ]] && compset -P '*='
	case $how in
	files*) _files ;;
	dirs*) _files -/ ;;
	commands*) _command_names -e ;;
	*) (( $#described )) ;;
	esac
}

if [[ $funcstack[1] == _cargo-ktstr ]]; then
	_cargo-ktstr "$@"
elif (( $+functions[compdef] )); then
	compdef _cargo-ktstr @TOOLS@ -P cargo
fi
