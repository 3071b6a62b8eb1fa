#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Man pages and completions name the options that --help names, no more and no fewer.
# shellcheck source=tests/cli/expect.sh
. "$SOURCE/tests/cli/expect.sh"

long_options() { grep -Eo -e '--[a-z][a-z-]+' | sort -u; }
# As roff writes them: \-\-no\-analyze
man_options() { sed -n '/^\.SH OPTIONS/,/^\.SH [^O]/p' "$SOURCE/docs/man/$1" | sed 's/\\-/-/g' | grep -E '^\.(TP|B|BR|BI) ' | long_options; }
# The lines of one command in a completion file.
# shellcheck disable=SC1091  # read by path at run time
bash_options() { . "$SOURCE/docs/completions/descry.bash"; _descry_options "$1" | long_options; }
zsh_options() { { sed -n "/^    $1)/,/;;/p" "$SOURCE/docs/completions/_descry"; echo --help; } | sed 's/\[[^]]*\]//' | long_options; }
fish_options() { { grep -E -- "-n \\\$$1 |^    complete -c \\\$program -s h" "$SOURCE/docs/completions/descry.fish" | grep -Eo -- '-l [a-z-]+' | sed 's/-l /--/'; } | sort -u; }

same() {
  [ "$2" = "$3" ] || failed "$1: options differ from --help: $(diff <(echo "$2") <(echo "$3") | grep '[<>]' | tr '\n' ' ')"
}

documented="record doctor import analyze report explain diff whatif check export"
# The window is built only where Qt is there.
[ ! -x "$(dirname "$(command -v descry)")/descry-gui" ] || documented+=" gui"
for command in $documented; do
  help=$(descry "$command" --help | sed -n '/^Options:/,/^Exit/p' | grep -E '^  -' | long_options)
  [ "$(echo "$help" | wc -l)" -ge 2 ] || failed "no options found in the help of $command"
  same "descry-$command.1" "$help" "$(man_options "descry-$command.1")"
  same "bash $command" "$help" "$(bash_options "$command")"
  same "zsh $command" "$help" "$(zsh_options "$command")"
  same "fish $command" "$help" "$(fish_options "$command")"
done

commands=$(descry --help | sed -n '/^Commands:/,/^$/p' | awk '/^  [a-z]/ { print $1 }' | sort)
[ "$(echo "$commands" | wc -l)" -ge 4 ] || failed "no commands found in the help"
same "descry.1 (commands)" "$commands" \
  "$(sed -n '/^\.SH COMMANDS/,/^\.SH OPTIONS/p' "$SOURCE/docs/man/descry.1" | awk '/^\.B [a-z]+$/ { print $2 }' | sort)"
for command in $commands; do
  grep -q "\"import.*$command\|$command" "$SOURCE/docs/completions/descry.bash" || failed "bash: no command $command"
  grep -q "'$command:" "$SOURCE/docs/completions/_descry" || failed "zsh: no command $command"
  grep -q -- "-a $command " "$SOURCE/docs/completions/descry.fish" || failed "fish: no command $command"
done

# Where the tools are there, they must accept the files.
if command -v man > /dev/null; then
  for page in "$SOURCE"/docs/man/*.1; do
    [ -z "$(man --warnings -l "$page" 2>&1 > /dev/null)" ] || failed "$page: roff warnings"
  done
fi
if command -v zsh > /dev/null; then zsh -n "$SOURCE/docs/completions/_descry" || failed "zsh refuses _descry"; fi
if command -v fish > /dev/null; then fish -n "$SOURCE/docs/completions/descry.fish" || failed "fish refuses descry.fish"; fi

finish
