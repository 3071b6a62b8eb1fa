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
        record) echo "--side --output --force --duration --count --device --queue --pid --detail --kvm --qemu --vhost-user --raw --kprobes --compare-folds --with-ust --stream --buffer --print-trace-cmd --kernel --btf --arch --quiet --help" ;;
        doctor) echo "--json --help" ;;
        import) echo "--output --force --guest --host --facts --map --vm --vmm --reader --jobs --no-analyze --quiet --help" ;;
        analyze) echo "--map --quiet --help" ;;
        report) echo "--full --sql --format --table --by --slowest --jobs --output --force --quiet --help" ;;
        explain) echo "--chain --slowest --where --output --force --help" ;;
        diff) echo "--format --level --threshold --output --force --help" ;;
        whatif) echo "--without --scale --add --queue --format --output --force --help" ;;
        check) echo "--fail-if --baseline --measure --allow --allow-tail --min-chains --accept-damage --format --output --force --help" ;;
        export) echo "--where --output --force --help" ;;
        gui) echo "--compare --screenshot --force --view --size --scale --theme --select --worst --version --help" ;;
        *) echo "--help --version" ;;
    esac
}

_descry()
{
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
    local command="" commands="record doctor import analyze report explain diff whatif check export gui"
    [[ ${COMP_WORDS[0]##*/} == descry-collector ]] && commands="record doctor import"
    (( COMP_CWORD > 1 )) && command=${COMP_WORDS[1]}

    case $command,$previous in
        record,--side) mapfile -t COMPREPLY < <(compgen -W "host guest auto" -- "$current"); return ;;
        record,--kvm) mapfile -t COMPREPLY < <(compgen -W "auto on off" -- "$current"); return ;;
        record,--qemu | record,--vhost-user) mapfile -t COMPREPLY < <(compgen -W "auto off" -- "$current"); return ;;
        record,--detail) mapfile -t COMPREPLY < <(compgen -W "light normal full" -- "$current"); return ;;
        record,--duration | record,--count | record,--device | record,--queue | record,--pid | record,--with-ust | record,--stream) return ;;
        import,--vmm) mapfile -t COMPREPLY < <(compgen -W "qemu cloud-hypervisor firecracker crosvm kvmtool xen vhost-user libvirt proxmox kubevirt openstack" -- "$current"); return ;;
        import,--reader) mapfile -t COMPREPLY < <(compgen -W "auto packets babeltrace" -- "$current"); return ;;
        report,--format) mapfile -t COMPREPLY < <(compgen -W "text markdown html pdf csv json junit" -- "$current"); return ;;
        report,--table) mapfile -t COMPREPLY < <(compgen -W "causes chains devices queues findings misses doorbells interrupts captures clock probes losses anomalies unpaired" -- "$current"); return ;;
        report,--by) mapfile -t COMPREPLY < <(compgen -W "transport device queue" -- "$current"); return ;;
        diff,--format) mapfile -t COMPREPLY < <(compgen -W "text markdown html json" -- "$current"); return ;;
        gui,--view) mapfile -t COMPREPLY < <(compgen -W "overview timeline chains chain distribution heatmap causes sql health compare" -- "$current"); return ;;
        gui,--theme) mapfile -t COMPREPLY < <(compgen -W "light dark system" -- "$current"); return ;;
        gui,--size | gui,--scale | gui,--select) return ;;
        whatif,--without) mapfile -t COMPREPLY < <(compgen -W "iotlb swiotlb notification backend" -- "$current"); return ;;
        whatif,--format) mapfile -t COMPREPLY < <(compgen -W "text json" -- "$current"); return ;;
        whatif,--scale | whatif,--add | whatif,--queue) return ;;
        explain,--chain | explain,--slowest | explain,--where | export,--where) return ;;
        export,export) mapfile -t COMPREPLY < <(compgen -W "perfetto" -- "$current"); return ;;
        check,--format) mapfile -t COMPREPLY < <(compgen -W "text json junit" -- "$current"); return ;;
        diff,--level | diff,--threshold | check,--fail-if | check,--measure | check,--allow | check,--allow-tail | check,--min-chains) return ;;
        report,--slowest | report,--jobs | report,-j | *,--map | *,--vm) return ;;
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
