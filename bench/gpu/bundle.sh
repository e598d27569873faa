#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Packs what the GPU acceptance needs into one folder, for a machine that has a GPU but no Java:
# a small Java, the classes, JCuda without the libraries that are not used.
# usage: bench/gpu/bundle.sh FOLDER   (build first: mvn -q package -DskipTests)
set -eu
cd "$(dirname "$0")/../.."
out=${1:?usage: bundle.sh FOLDER}
m2=${MAVEN_REPO:-$HOME/.m2/repository}
jcuda=12.6.0
rm -rf "$out"
mkdir -p "$out/classes" "$out/lib"
for module in kernels engine experiments bench; do
  if [ -d "$module/target/classes" ]; then
    cp -r "$module/target/classes/." "$out/classes/"
  fi
done
for artifact in jcuda jcublas; do
  cp "$m2/org/jcuda/$artifact/$jcuda/$artifact-$jcuda.jar" "$out/lib/"
  (cd "$out/classes" && jar xf "$m2/org/jcuda/$artifact-natives/$jcuda/$artifact-natives-$jcuda-linux-x86_64.jar" lib)
done
rm -f "$out"/classes/lib/*JNvPTXCompiler* "$out"/classes/lib/*JCudaRuntime* "$out"/classes/lib/*JCublas-*
find "$m2/com/google/code/gson" -name 'gson-2*.jar' -exec cp {} "$out/lib/" \;
jlink --add-modules java.base,java.logging,java.management,java.xml,jdk.unsupported,jdk.incubator.vector \
  --strip-debug --no-header-files --no-man-pages --compress=2 --output "$out/jre"
cp bench/gpu/probe.sh bench/gpu/probe_torch.py bench/gpu/cublas-symbols.txt "$out/"
du -sm "$out"
