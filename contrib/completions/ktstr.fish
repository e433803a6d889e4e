# SPDX-License-Identifier: GPL-2.0-only
#
# Completion of ktstr's programs for fish: a file in a directory conf.d, since
# it is about several programs. The programs know what may stand where.

# The words of this command line, ours from the first one on.
function __ktstr_words
    set -l words (commandline -opc)
    if test (basename -- $words[1]) = cargo
        set -e words[1]
        while string match -qr -- '^[+-]' $words[1]
            set -e words[1]
        end
        set words[1] cargo-ktstr
    end
    printf '%s\n' $words
end

function __ktstr_complete
    set -l current (commandline -ct)
    set -l lines (cargo-ktstr __complete (__ktstr_words) "$current" 2>/dev/null)
    set -l how $lines[1]
    set -e lines[1]
    printf '%s\n' $lines
    set -l value (string replace -r -- '^--[^=]*=' '' "$current")
    set -l option (string replace -r -- '^(--[^=]*=)?.*' '$1' "$current")
    switch "$how"
        case 'files*'
            __fish_complete_path "$value" | string replace -r -- '^' "$option"
        case 'dirs*'
            __fish_complete_directories "$value" '' | string replace -r -- '^' "$option"
        case 'commands*'
            __fish_complete_command
    end
end

function __ktstr_in_cargo
    set -l words (commandline -opc)
    set -e words[1]
    while string match -qr -- '^[+-]' $words[1]
        set -e words[1]
    end
    test "$words[1]" = ktstr
end

for name in @NAMES@
    if test $name = cargo
        complete -c cargo -n __ktstr_in_cargo -f -k -a '(__ktstr_complete)'
    else
        complete -c $name -f -k -a '(__ktstr_complete)'
    end
end
