# SPDX-License-Identifier: GPL-2.0-or-later
# fish completion for descry and descry-collector

set -l all record doctor import analyze report gui

complete -c descry -f -n "not __fish_seen_subcommand_from $all" -a record -d "Record what the rings of this machine do"
complete -c descry -f -n "not __fish_seen_subcommand_from $all" -a doctor -d "Say what can be recorded here"
complete -c descry -f -n "not __fish_seen_subcommand_from $all" -a import -d "Read traces into a case database"
complete -c descry -f -n "not __fish_seen_subcommand_from $all" -a analyze -d "Compute the results again"
complete -c descry -f -n "not __fish_seen_subcommand_from $all" -a report -d "Show where the time went"
complete -c descry -f -n "not __fish_seen_subcommand_from $all" -a gui -d "Show a case database in a window"
complete -c descry-collector -f -n "not __fish_seen_subcommand_from $all" -a record -d "Record what the rings of this machine do"
complete -c descry-collector -f -n "not __fish_seen_subcommand_from $all" -a doctor -d "Say what can be recorded here"
complete -c descry-collector -f -n "not __fish_seen_subcommand_from $all" -a import -d "Read traces into a case database"

for program in descry descry-collector
    complete -c $program -s h -l help -d "Show help and exit"
    complete -c $program -n "not __fish_seen_subcommand_from $all" -l version -d "Show the version and exit"

    set -l record "__fish_seen_subcommand_from record"
    complete -c $program -n $record -l side -x -a "host guest auto" -d "Which side of the rings"
    complete -c $program -n $record -s o -l output -r -F -d "Directory or database to write"
    complete -c $program -n $record -l duration -x -d "Stop after this time"
    complete -c $program -n $record -l count -x -d "Stop after this many chains"
    complete -c $program -n $record -l device -x -d "Only this device"
    complete -c $program -n $record -l queue -x -d "Only queues with this index"
    complete -c $program -n $record -l pid -x -d "Only devices of this VMM process"
    complete -c $program -n $record -l detail -x -a "light normal full" -d "How much is probed"
    complete -c $program -n $record -l raw -d "Every hit of a probe"
    complete -c $program -n $record -l kprobes -d "Use kprobes also where fentry would work"
    complete -c $program -n $record -l compare-folds -d "Finished chains and single hits of the same run"
    complete -c $program -n $record -l with-ust -x -d "Events of other LTTng-UST providers"
    complete -c $program -n $record -l stream -x -d "Send the trace to the lttng-relayd there"
    complete -c $program -n $record -l buffer -x -d "Size of the ring buffer in KiB"
    complete -c $program -n $record -l print-trace-cmd -d "Print a script for trace-cmd"
    complete -c $program -n $record -l kernel -x -d "Kernel that script is for"
    complete -c $program -n $record -l arch -x -d "Its architecture"
    complete -c $program -n $record -s q -l quiet -d "No table, live line or summary"

    set -l doctor "__fish_seen_subcommand_from doctor"
    complete -c $program -n $doctor -l json -d "Write JSON"

    set -l import "__fish_seen_subcommand_from import"
    complete -c $program -n $import -s o -l output -r -F -d "Database to write"
    complete -c $program -n $import -l guest -r -F -d "Trace of the guest"
    complete -c $program -n $import -l host -r -F -d "Trace of the host"
    complete -c $program -n $import -l facts -r -F -d "Device facts"
    complete -c $program -n $import -l map -x -d "GUEST=HOST: pair these two devices"
    complete -c $program -n $import -l vm -x -d "Name of the virtual machine"
    complete -c $program -n $import -l no-analyze -d "Write the facts only"
    complete -c $program -n $import -s q -l quiet -d "No progress bar and no summary"
end

set -l analyze "__fish_seen_subcommand_from analyze"
complete -c descry -n $analyze -l map -x -d "GUEST=HOST: pair these two devices"
complete -c descry -n $analyze -s q -l quiet -d "No progress bar and no summary"

set -l report "__fish_seen_subcommand_from report"
complete -c descry -n $report -l format -x -a "text json" -d "Format"
complete -c descry -n $report -l by -x -a "transport device queue" -d "What a row of the text tables covers"
complete -c descry -n $report -l slowest -x -d "How many of the slowest chains to show"
complete -c descry -n $report -s o -l output -r -F -d "Write the report there"
