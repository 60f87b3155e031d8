#!/bin/sh
# Stands before cargo in the PATH of the test command, to hear how it is called. Tests aren't run.
PATH="$WHIMBREL_PATH"
export PATH
chain=
case "$1" in
+*)
  chain="$1"
  shift
  ;;
esac
case "$1" in
test | t | nextest)
  heard="$WHIMBREL_OUT/heard"
  if mkdir "$heard" 2>/dev/null; then
    pwd >"$heard/cwd"
    export -p >"$heard/env"
    for word in $chain "$@"; do printf '%s\n' "$word"; done >"$heard/words"
  fi
  exit 0
  ;;
esac
exec cargo $chain "$@"
