#!/bin/sh
# Prints what SHELL would complete the words to, by the completions in FOLDER.
# usage: complete.sh SHELL FOLDER WORDS
set -eu
shell=$1 folder=$2 words=$3
case $shell in
  bash)
    # As readline does: = ends a word.
    # shellcheck disable=SC2016 # These words are for the inner shell.
    bash -c '
      . "$1/conntrack-exporter.bash"
      COMP_LINE=$2 COMP_POINT=${#2}
      read -ra COMP_WORDS <<<"${2//=/ = }"
      if [[ $2 == *" " ]]; then COMP_WORDS+=(""); fi
      COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
      function_name=$(complete -p conntrack-exporter | sed "s/.*-F \([^ ]*\).*/\1/")
      "$function_name" 2>/dev/null || :
      printf "%s\n" "${COMPREPLY[@]}"
    ' bash "$folder" "$words"
    ;;
  fish)
    # shellcheck disable=SC2016 # These words are for the inner shell.
    fish --no-config -c 'source $argv[1]/conntrack-exporter.fish; complete -C $argv[2]' "$folder" "$words"
    ;;
esac
