/**
 * The shell script around a job's command.
 *
 * @remarks
 * It writes down what a portal started later needs to know: who runs (`process.json`, before the command) and how it
 * ended (`exit.json`, after it; each under its final name only when whole). `mkdir started` makes sure that one attempt
 * runs once, no matter who starts it and how often. It lives in a session of its own, so neither Ctrl-C nor the end of
 * the portal reaches it. The token is in its environment and in no file. It stands outside of the isolation, so a job
 * can neither read nor forge what is written here. Asked to end, it waits for the command and leaves no result: who
 * asked has written down why. Linux may share the processors out by session. The niceness of the session then counts,
 * and that of a process does not: the script sets both. The kernel allows ten such changes a second, so it asks up to
 * five times; a job whose session stays as it was runs all the same.
 *
 * Where the system runs out of memory, it ends the command first, not the portal.
 *
 * Its own PATH is that of the portal. The environment of a job holds what packages have put there. Their programs run
 * inside of the isolation only. So the command gets its PATH last, when its first program is found.
 *
 * Arguments: the folder of the attempt, the niceness, and more notes on the process as JSON members. Then come node, the
 * script that filters the log and watches the processes, and the PATH of the command. The command is last. The log is
 * standard output. DOWNSTAGE_MASK, DOWNSTAGE_WATCH and DOWNSTAGE_LOG are for that script; the command does not get them.
 */
export const wrapperScript = `
dir=$1 niceness=$2 notes=$3 node=$4 companion=$5 path=$6
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
DOWNSTAGE_ENDED="$dir/ended" "$node" --max-old-space-size=64 -e "$companion" < "$dir/output" &
accompanied=$!
unset DOWNSTAGE_MASK DOWNSTAGE_WATCH DOWNSTAGE_LOG
exec 3>&1 > "$dir/output" 2>&1
rm -f "$dir/output"

asked=
trap 'asked=1' TERM
if [ "$niceness" -gt 0 ] && [ -w "/proc/$$/autogroup" ]; then
  for turn in 1 2 3 4 5; do
    ( echo "$niceness" > "/proc/$$/autogroup" ) 2>/dev/null && break
    sleep 0.1
  done
fi
nice=$(command -v nice) || niceness=0
first=$(command -v "$1") || first=$1
shift
(
  trap - TERM
  exec 3>&-
  echo 500 2>/dev/null > /proc/self/oom_score_adj
  PATH=$path
  [ "$niceness" -gt 0 ] && exec "$nice" -n "$niceness" "$first" "$@"
  exec "$first" "$@"
)
code=$?
exec >&3 2>&3
: > "$dir/ended"
wait "$accompanied"
[ -z "$asked" ] || exit 143
printf '{"exitCode":%d}' "$code" > "$dir/exit.json.part"
mv "$dir/exit.json.part" "$dir/exit.json"
exit "$code"
`;
