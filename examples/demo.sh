#!/usr/bin/env bash
# Starts leaky-worker.php, traces it, prints the report, and fails unless the report names exactly the lines that are
# marked `// leaks`.
set -euo pipefail
cd "$(dirname "$0")/.."

worker_script=examples/leaky-worker.php
phptrace=build/cli/phptrace.js
scratch=$(mktemp -d)
worker=

finish() {
  [ -z "$worker" ] || kill "$worker" 2>/dev/null || true
  rm -rf "$scratch"
}
trap finish EXIT

fail() {
  echo "demo failed: $1" >&2
  exit 1
}

# Attaching before the shell's child has become php would find a shell.
wait_for_worker() {
  for _ in $(seq 100); do
    grep -q 'is at work' "$scratch/worker.txt" && return
    sleep 0.05
  done
  fail "$worker_script did not start"
}

php "$worker_script" >"$scratch/worker.txt" &
worker=$!
wait_for_worker

status=0
node "$phptrace" attach "$worker" --loop handle --log "$scratch/trace.ndjson" | tee "$scratch/report.txt" || status=$?
[ "$status" -eq 1 ] || fail "exit code $status where a leak is 1"

marked=$(grep -n '// leaks' "$worker_script" | cut -d: -f1 | sort -n | xargs)
for line in $marked; do
  grep -q "$(basename "$worker_script"):$line\b" "$scratch/report.txt" || fail "the report does not name line $line"
done

# The same from the log, where a line is told from a line that was called leaking.
node "$phptrace" analyze --format json --output "$scratch/report.json" "$scratch/trace.ndjson" || true
leaking=$(node --print '
  const { sites } = JSON.parse(fs.readFileSync(process.argv[1], "utf8"));
  const lines = sites.filter((site) => site.verdict === "leak").map((site) => site.line);
  [...new Set(lines)].sort((a, b) => a - b).join(" ");
' "$scratch/report.json")
[ "$leaking" = "$marked" ] || fail "lines $marked leak, but the report says: $leaking"
echo "demo passed: the report names the leaking lines $marked and no others"
