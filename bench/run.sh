#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds and runs every comparison; writes JSON and Markdown to bench/results. Close other programs
# first: the load average is recorded with each table. Usage: bench/run.sh [rounds]
set -eu
cd "$(dirname "$0")/.."
# In the reactor, so that our own modules are found where they were just built.
mvn -q -Ppeers -pl bench -am -DskipTests package dependency:build-classpath \
  -Dmdep.includeScope=runtime -Dmdep.outputFile=target/peers.classpath
rounds=${1:-41}
failed=
# compare CLASS NAME ROUNDS [OPTION...]: one that fails does not hide the others.
compare() {
  main=org.rigor.bench.$1
  name=$2
  turns=$3
  shift 3
  # shellcheck disable=SC2086
  "${JAVA_HOME:+$JAVA_HOME/bin/}java" --add-modules jdk.incubator.vector "$@" \
    -cp "bench/target/classes:$(cat bench/target/peers.classpath)" \
    "$main" bench/results $name "$turns" || failed="$failed $main"
}
compare GemmComparison '' "$rounds"
# PyTorch's thread count is fixed for a process, so one process each.
for threads in 1 2; do
  options="-Drigor.bench.threads=$threads -Dai.djl.pytorch.num_threads=$threads
    -Dai.djl.pytorch.num_interop_threads=1"
  # shellcheck disable=SC2086
  {
    compare TrainingComparison training-$threads "$rounds" $options
    compare ConvolutionComparison convolution-$threads "$rounds" $options
    compare SparseBlockComparison sparse-block-$threads "$rounds" $options
    # A turn takes seconds.
    compare JacobianComparison jacobian-$threads $((rounds / 4 + 1)) $options
  }
done
[ -z "$failed" ] || { echo "failed:$failed" >&2; exit 1; }
