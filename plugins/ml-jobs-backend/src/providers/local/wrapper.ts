/**
 * The shell script around a job's command.
 *
 * @remarks
 * It writes down what a portal started later needs to know: who runs (`process.json`, before the command)
 * and how it ended (`exit.json`, after it; each under its final name only when whole). `mkdir started` makes sure
 * that one attempt runs once, whoever starts it and however often. It lives in a session of its own, so neither
 * Ctrl-C nor the end of the portal reaches it. The token is in its environment and in no file. It stands outside of
 * the isolation, so a job can neither read nor forge what is written here. Asked to end, it waits for the command and
 * leaves no result: who asked has written down why.
 *
 * Arguments: folder of the attempt, memory limit in KiB (0 for none), niceness, what else to note of the process as JSON
 * members, node and the script that filters the log, then the command. The log is standard output.
 */
export const wrapperScript = `
dir=$1 memory=$2 niceness=$3 notes=$4 node=$5 filter=$6
shift 6
mkdir "$dir/started" 2>/dev/null || exit 0

start_of() {
  if [ -r "/proc/$1/stat" ]; then
    stat=$(cat "/proc/$1/stat")
    set -- \${stat##*) }
    shift 19
    printf '%s' "$1"
  else
    LC_ALL=C ps -o lstart= -p "$1" | sed 's/^ *//; s/ *$//'
  fi
}
boot=$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)
printf '{"pid":%d,"start":"%s","boot":"%s"%s}' "$$" "$(start_of $$)" "$boot" "$notes" > "$dir/process.json.part"
mv "$dir/process.json.part" "$dir/process.json"

mkfifo -m 600 "$dir/output" || exit 1
DOWNSTAGE_ENDED="$dir/ended" "$node" --max-old-space-size=64 -e "$filter" < "$dir/output" &
filtering=$!
unset DOWNSTAGE_MASK
exec 3>&1 > "$dir/output" 2>&1
rm -f "$dir/output"

if [ "$memory" -gt 0 ]; then
  ulimit -d "$memory" 2>/dev/null || echo "[downstage] The memory limit could not be set on this system"
fi
asked=
trap 'asked=1' TERM
if [ "$niceness" -gt 0 ] && command -v nice >/dev/null 2>&1; then
  nice -n "$niceness" "$@" 3>&-
else
  "$@" 3>&-
fi
code=$?
exec >&3 2>&3
: > "$dir/ended"
wait "$filtering"
[ -z "$asked" ] || exit 143
printf '{"exitCode":%d}' "$code" > "$dir/exit.json.part"
mv "$dir/exit.json.part" "$dir/exit.json"
exit "$code"
`;
