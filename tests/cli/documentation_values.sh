#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Man pages, completions and --help name the words that an option takes. The program itself says which: it refuses another.
# shellcheck source=tests/cli/expect.sh
. "$SOURCE/tests/cli/expect.sh"

# The words of one option, in alphabetical order: "expected a, b or c, found ..."
words() { # COMMAND OPTION ARGUMENT...
  descry "$1" "$2" not-a-word "${@:3}" 2>&1 | sed -n 's/.*expected \(.*\), found .*/\1/p' | sed 's/, \| or /\n/g' | sort
}

# What a man page says of one option: from its own .TP to that of the next option.
man_words() { # COMMAND OPTION
  sed 's/\\-/-/g' "$SOURCE/docs/man/descry-$1.1" |
    awk -v option="$2" 'before == ".TP" && /^\.B[IR]* "?-/ { wanted = index($0 " ", option) } /^\.SH/ { wanted = 0 }
                        wanted { print } { before = $0 }'
}
# The words that the completion of a shell offers.
completed() { # SHELL COMMAND OPTION
  case $1 in
    bash) grep -E "^ +$2,$3\)" "$SOURCE/docs/completions/descry.bash" | sed 's/.*-W "\([^"]*\)".*/\1/' ;;
    zsh) sed -n "/^    $2)/,/;;/p" "$SOURCE/docs/completions/_descry" | grep -- "$3\[" | sed 's/.*:(\(.*\)).*/\1/' ;;
    fish) grep -E -- "-n \\\$$2 .*-l ${3#--} " "$SOURCE/docs/completions/descry.fish" | sed 's/.* -a "\([^"]*\)".*/\1/' ;;
  esac | tr ' ' '\n' | sort
}
help_text() { descry "$1" --help | sed -n "/$2 /,/^  -[^-]*--[a-z]/p"; }

check() { # COMMAND OPTION ARGUMENT...
  local command=$1 option=$2 expected word shell said
  expected=$(words "$@")
  [ "$(echo "$expected" | wc -l)" -ge 2 ] || { failed "descry $command $option: does not say which words it takes"; return; }
  for shell in bash zsh fish; do
    said=$(completed "$shell" "$command" "$option")
    [ "$said" = "$expected" ] || failed "$shell, $command $option: $(diff <(echo "$said") <(echo "$expected") | grep '[<>]' | tr '\n' ' ')"
  done
  for word in $expected; do
    man_words "$command" "$option" | grep -qw -- "$word" || failed "descry-$command.1: $option does not name '$word'"
    help_text "$command" "$option" | grep -qw -- "$word" || failed "descry $command --help: $option does not name '$word'"
  done
}

check record --side
check record --detail
check report --format x.db
check report --table x.db
check report --by x.db
check diff --format x.db y.db
check whatif --format x.db
check whatif --without x.db
check check --format x.db
if [ -x "$(dirname "$(command -v descry)")/descry-gui" ]; then
  check gui --view x.db
  check gui --theme x.db
fi

finish
