# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for descry and descry-collector

_descry_files()
{
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

_descry_options()
{
    case $1 in
        import) echo "--output --guest --host --facts --map --vm --no-analyze --quiet --help" ;;
        analyze) echo "--map --quiet --help" ;;
        report) echo "--format --by --slowest --output --help" ;;
        gui) echo "--help" ;;
        *) echo "--help --version" ;;
    esac
}

_descry()
{
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
    local command="" commands="import analyze report gui"
    [[ ${COMP_WORDS[0]##*/} == descry-collector ]] && commands="import"
    (( COMP_CWORD > 1 )) && command=${COMP_WORDS[1]}

    case $command,$previous in
        report,--format) mapfile -t COMPREPLY < <(compgen -W "text json" -- "$current"); return ;;
        report,--by) mapfile -t COMPREPLY < <(compgen -W "transport device queue" -- "$current"); return ;;
        report,--slowest | *,--map | *,--vm) return ;;
    esac
    if [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_descry_options "$command")" -- "$current")
    elif [[ -z $command ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$current")
    else
        _descry_files "$current"
    fi
}

complete -F _descry descry descry-collector
