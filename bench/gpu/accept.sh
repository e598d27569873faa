#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the acceptance of a bundle: checks, tests on the device, `rigor bench` work by work and its
# peers, the quickstart study, compute-sanitizer. Writes accept.json, accept.md and logs, after each
# part, so that a part that hangs or crashes loses only itself. Ends within BUDGET seconds (500 on a GPU).
# usage: FOLDER/accept.sh OUT [cuda|emulated|cpu] [--small]
set -u
here=$(cd "$(dirname "$0")" && pwd)
out=${1:?usage: accept.sh OUT [cuda|emulated|cpu] [--small]}
device=${2:-cuda}
small=${3:-}
# Without a GPU nothing is rented, and g++ compiles each kernel: five times as long for everything.
slow=5
[ "$device" != cuda ] || slow=1
budget=${BUDGET:-$((500 * slow))}
begin=$(date +%s)
mkdir -p "$out"
out=$(cd "$out" && pwd)
work=$(mktemp -d)
export RIGOR_CACHE="${RIGOR_CACHE:-$work/cache}"
export PYTHONDONTWRITEBYTECODE=1
: >"$out/log.txt"
: >"$work/records.jsonl"
java="$here/jre/bin/java -Xmx${RIGOR_HEAP:-24g} -XX:+UseParallelGC --add-modules jdk.incubator.vector -Drigor.home=$here"
main="$java -cp $here/classes:$here/lib/*"

left() { echo $((budget - $(date +%s) + begin)); }

# bounded SECONDS NAME COMMAND...: at most so long, at most what is left; then the report anew.
bounded() {
  limit=$(($1 * slow))
  name=$2
  shift 2
  [ "$(left)" -ge "$limit" ] || limit=$(left)
  if [ "$limit" -lt 5 ]; then
    echo "== $name: no time left" | tee -a "$out/log.txt"
    part "$name" -1 0
    return 0
  fi
  start=$(date +%s)
  echo "== $name" >>"$out/log.txt"
  timeout -k 5 "$limit" "$@" >"$work/part.txt" 2>&1
  status=$?
  cat "$work/part.txt" >>"$out/log.txt"
  case $name in tests | memcheck | racecheck) tail -n 400 "$work/part.txt" >"$out/$name.txt" ;; esac
  echo "== $name: exit $status, $(($(date +%s) - start)) s, $(left) s left" | tee -a "$out/log.txt"
  grep -E '^(PASS|FAIL) ' "$work/part.txt" | cut -c 1-300
  part "$name" "$status" $(($(date +%s) - start))
  report
}
part() {
  printf '{"kind":"part","name":"%s","exit":%d,"seconds":%d}\n' "$@" >>"$work/records.jsonl"
}
report() {
  cp "$work"/quickstart-*.txt "$work"/records.jsonl "$out/" 2>/dev/null
  # shellcheck disable=SC2086
  $main -XX:TieredStopAtLevel=1 org.rigor.bench.gpu.AcceptReport "$work" "$out" >>"$out/log.txt" 2>&1
}
accept() {
  # shellcheck disable=SC2086
  bounded "$1" "$2" $main org.rigor.bench.gpu.GpuAccept "$work" --device "$device" --steps "$2" $small
}
bench() {
  # shellcheck disable=SC2086
  bounded "$1" "work-$2" $main org.rigor.run.cli.Main bench "$2" --add --out "$work" \
    --device "$device" --seconds "$([ -n "$small" ] && echo 0.1 || echo 2)" $small
}
peer() {
  seconds=$1
  script=$2
  shift 2
  on=cpu
  [ "$device" != cuda ] || on=cuda
  # shellcheck disable=SC2086
  bounded $((seconds + 20)) "$script $*" python3 "$here/bench/peers/$script" "$work" \
    --seconds "$seconds" --device $on "$@" $small
}
sanitizer() {
  # shellcheck disable=SC2086
  bounded 60 "$1" compute-sanitizer --tool "$1" --error-exitcode 9 $main \
    org.rigor.bench.gpu.GpuAccept "$work" --device "$device" --steps two-steps
}
machine='date -u; uname -srm; nproc; cat /proc/loadavg; grep -m 1 "model name" /proc/cpuinfo;
  nvidia-smi --format=csv --query-gpu=name,driver_version,clocks.sm,clocks.mem,temperature.gpu,power.limit || true'

bounded 30 machine sh -c "$(echo "$machine" | tr '\n' ' ')"
accept 60 doctor,device,products,replay
accept 90 programs,training
if [ "$device" != cpu ]; then
  # shellcheck disable=SC2046,SC2086
  bounded 130 tests env CI=true $java "-Drigor.test.cuda=$device" \
    -jar "$here/test-lib/junit-platform-console-standalone-"*.jar execute \
    --class-path "$here/tests:$here/classes:$(echo "$here"/lib/*.jar "$here"/test-lib/a*.jar | tr ' ' ':')" \
    --include-engine junit-jupiter --disable-banner --details=summary \
    $(sed 's/^/--select-class /' "$here/device-tests.txt")
fi
for letter in g a b c d e f h i j; do bench 70 $letter; done
accept 60 quickstart
# share PERCENT MOST: seconds for a peer, of what is left beside the sanitizer.
share() {
  part=$((($(left) - 80) * $1 / 100))
  [ "$part" -ge 30 ] || part=30
  [ "$part" -le "$2" ] || part=$2
  echo "$part"
}
peer "$(share 40 110)" torch_bench.py --tools torch-eager,torch-vmap,torch-vmap-graph
peer 30 torch_bench.py --tools torch-graph --works e
peer "$(share 60 140)" jax_bench.py
peer "$(share 100 90)" torch_bench.py --tools torch-compile
if command -v compute-sanitizer >/dev/null 2>&1 && [ "$device" = cuda ]; then
  sanitizer memcheck
  sanitizer racecheck
fi
accept 60 quickstart-cpu
bounded 30 machine-afterwards sh -c "$(echo "$machine" | tr '\n' ' ')"
cat "$out/accept.md"
rm -rf "$work"
# Passed if every step of the device did, every work was measured and no test failed.
! grep -q '"pass":false' "$out/records.jsonl" &&
  ! grep -E '"kind":"part","name":"(tests|work-.|memcheck|racecheck)"' "$out/records.jsonl" | grep -qv '"exit":0,'
