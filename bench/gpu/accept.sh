#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the acceptance of a bundle: checks, tests on the device, the works and their peers, the
# quickstart study. Writes accept.json, accept.md and logs, after each part, so that a part that
# hangs or crashes loses only itself. Ends within BUDGET seconds (500 by default).
# usage: FOLDER/accept.sh OUT [cuda|emulated|cpu] [--small]
set -u
here=$(cd "$(dirname "$0")" && pwd)
out=${1:?usage: accept.sh OUT [cuda|emulated|cpu] [--small]}
device=${2:-cuda}
small=${3:-}
budget=${BUDGET:-500}
begin=$(date +%s)
mkdir -p "$out"
out=$(cd "$out" && pwd)
work=$(mktemp -d)
export RIGOR_CACHE="${RIGOR_CACHE:-$work/cache}"
export PYTHONDONTWRITEBYTECODE=1
: >"$out/log.txt"

left() { echo $((budget - $(date +%s) + begin)); }

# bounded SECONDS NAME COMMAND...: at most so long, at most what is left; then the report anew.
bounded() {
  limit=$1
  name=$2
  shift 2
  [ "$(left)" -ge "$limit" ] || limit=$(left)
  if [ "$limit" -lt 5 ]; then
    echo "== $name: no time left" | tee -a "$out/log.txt"
    return 0
  fi
  start=$(date +%s)
  echo "== $name" >>"$out/log.txt"
  timeout -k 5 "$limit" "$@" >"$work/part.txt" 2>&1
  status=$?
  cat "$work/part.txt" >>"$out/log.txt"
  [ "$name" != tests ] || tail -n 400 "$work/part.txt" >"$out/tests.txt"
  [ "$name" != sanitizer ] || tail -n 200 "$work/part.txt" >"$out/sanitizer.txt"
  echo "== $name: exit $status, $(($(date +%s) - start)) s, $(left) s left" | tee -a "$out/log.txt"
  grep -E '^(PASS|FAIL) ' "$work/part.txt" | cut -c 1-300
  printf '{"kind":"part","name":"%s","exit":%d,"seconds":%d}\n' \
    "$name" "$status" "$(($(date +%s) - start))" >>"$work/records.jsonl"
  report
}

report() {
  cp "$work"/quickstart-*.txt "$out/" 2>/dev/null
  cp "$work/records.jsonl" "$out/"
  # shellcheck disable=SC2086
  python3 "$here/accept_report.py" "$out" $small >>"$out/log.txt" 2>&1
}

java="$here/jre/bin/java -Xmx${RIGOR_HEAP:-24g} -XX:+UseParallelGC --add-modules jdk.incubator.vector -Drigor.home=$here"
accept() {
  seconds=$1
  steps=$2
  # shellcheck disable=SC2086
  bounded "$seconds" "$steps" $java -cp "$here/classes:$here/lib/*" \
    org.rigor.bench.gpu.GpuAccept "$work" --device "$device" --steps "$steps" $small
}
peer() {
  seconds=$1
  script=$2
  shift 2
  # shellcheck disable=SC2086
  bounded "$seconds" "$script $*" python3 "$here/$script" "$work" --seconds $((seconds - 10)) "$@" $small
}
machine='date -u; uname -srm; nproc; grep -m 1 "model name" /proc/cpuinfo; nvidia-smi --format=csv
  --query-gpu=name,driver_version,clocks.sm,clocks.mem,temperature.gpu,power.limit || true'

bounded 30 machine sh -c "$(echo "$machine" | tr '\n' ' ')"
accept 60 doctor,device,products,replay
accept 90 programs,training
if [ "$device" != cpu ]; then
  # shellcheck disable=SC2086
  bounded 130 tests $java "-Drigor.test.cuda=$device" \
    -jar "$here/test-lib/junit-platform-console-standalone-"*.jar execute \
    --class-path "$here/tests:$here/classes:$(echo "$here"/lib/*.jar "$here"/test-lib/[ab]*.jar | tr ' ' ':')" \
    --include-engine junit-jupiter --disable-banner --details=summary \
    --select-class org.rigor.op.OpDeviceTest --select-class org.rigor.op.OpToleranceTest \
    --select-package org.rigor.exec.cuda --include-classname '.*(OpDevice|OpTolerance|CudaDevice|CudaResults)Test'
fi
accept 80 work-a
peer 75 torch_bench.py --works a --tools torch-eager,torch-vmap,torch-vmap-graph
peer 60 jax_bench.py --works a
accept 60 quickstart
accept 60 quickstart-cpu
accept 40 work-g
accept 40 work-b
accept 50 work-e
accept 50 work-f
peer 60 torch_bench.py --works g,b,e,f --tools torch-eager,torch-vmap,torch-vmap-graph
peer 60 jax_bench.py --works b,e,f
peer 70 torch_bench.py --works a,b --tools torch-compile
if command -v compute-sanitizer >/dev/null 2>&1 && [ "$device" = cuda ]; then
  # shellcheck disable=SC2086
  bounded 60 sanitizer compute-sanitizer --tool memcheck --error-exitcode 9 $java \
    -cp "$here/classes:$here/lib/*" org.rigor.bench.gpu.GpuAccept "$work" \
    --device "$device" --steps two-steps
fi
bounded 30 machine-afterwards sh -c "$(echo "$machine" | tr '\n' ' ')"
cat "$out/accept.md"
rm -rf "$work"
# Passed if every step of the device did.
! grep -q '"pass":false' "$out/records.jsonl"
