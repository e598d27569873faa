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
compare() {
  "${JAVA_HOME:+$JAVA_HOME/bin/}java" --add-modules jdk.incubator.vector \
    -cp "bench/target/classes:$(cat bench/target/peers.classpath)" "$@"
}
compare org.rigor.bench.GemmComparison bench/results "$rounds"
# PyTorch's thread count is fixed for a process, so one process each.
for threads in 1 2; do
  compare -Drigor.bench.threads=$threads -Dai.djl.pytorch.num_threads=$threads -Dai.djl.pytorch.num_interop_threads=1 \
    org.rigor.bench.TrainingComparison bench/results "training-$threads" "$rounds"
  compare -Drigor.bench.threads=$threads -Dai.djl.pytorch.num_threads=$threads -Dai.djl.pytorch.num_interop_threads=1 \
    org.rigor.bench.ConvolutionComparison bench/results "convolution-$threads" "$rounds"
done
