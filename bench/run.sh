#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds and runs every comparison; writes JSON and Markdown to bench/results. Close other programs
# first: the load average is recorded with each table. Usage: bench/run.sh [rounds]
set -eu
cd "$(dirname "$0")/.."
# In the reactor, so that our own modules are found where they were just built.
mvn -q -Ppeers -pl bench -am -DskipTests package dependency:build-classpath \
  -Dmdep.includeScope=runtime -Dmdep.outputFile=target/peers.classpath
classpath="bench/target/classes:$(cat bench/target/peers.classpath)"
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
$java --add-modules jdk.incubator.vector -cp "$classpath" \
  org.rigor.bench.GemmComparison bench/results "${1:-41}"
