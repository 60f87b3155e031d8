# Runs tests of built programs, in two lanes. `list.N` has the lane's rows: a number for the switch
# and the file of groups to run under it; a group is a line of program, folder and wanted tests.
set -f
tab=$(printf '\t')
ulimit -c 0
ulimit -f 131072
ulimit -v 8388608
lane() {
  while IFS="$tab" read -r number groups; do
    group=0
    while IFS="$tab" read -r program folder names; do
      cd "$folder" || continue
      IFS="$tab"
      set -- $names
      IFS=' '
      [ -n "$HITS" ] && WHIMBREL_HITS="$OUT/hits.$number" && export WHIMBREL_HITS
      WHIMBREL_AT="$number" CARGO_MANIFEST_DIR="$folder" \
        timeout -s KILL "$LIMIT" "$program" "$@" >"$OUT/said.$lane" 2>&1 </dev/null
      status=$?
      echo "@ $number $group $status" >>"$OUT/answers.$lane"
      if [ "$status" != 0 ]; then
        if [ -n "$HITS" ]; then
          head -c 3000 "$OUT/said.$lane" >"$OUT/failed.$number"
        elif [ -n "$STOP" ]; then
          break
        else
          grep -a -E '^test .* \.\.\. ok$' "$OUT/said.$lane" >>"$OUT/answers.$lane"
        fi
      fi
      group=$((group + 1))
    done <"$OUT/$groups"
  done <"$OUT/list.$lane"
}
lane=0
lane &
lane=1
lane &
wait
