# SPDX-License-Identifier: GPL-2.0-or-later
# fish completion for descry and descry-collector

set -l all import analyze report gui

complete -c descry -f -n "not __fish_seen_subcommand_from $all" -a import -d "Read traces into a case database"
complete -c descry -f -n "not __fish_seen_subcommand_from $all" -a analyze -d "Compute the results again"
complete -c descry -f -n "not __fish_seen_subcommand_from $all" -a report -d "Show where the time went"
complete -c descry -f -n "not __fish_seen_subcommand_from $all" -a gui -d "Show a case database in a window"
complete -c descry-collector -f -n "not __fish_seen_subcommand_from import" -a import -d "Read traces into a case database"

for program in descry descry-collector
    complete -c $program -s h -l help -d "Show help and exit"
    complete -c $program -n "not __fish_seen_subcommand_from $all" -l version -d "Show the version and exit"

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
