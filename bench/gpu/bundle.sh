#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Packs what the probe and the acceptance need into one folder, for a machine that has a GPU but no
# Java: a small Java, the classes and tests, JCuda without the libraries that are not used.
# FOLDER.tar.gz is the same packed. usage: bench/gpu/bundle.sh FOLDER   (build first: mvn -q test-compile)
set -eu
cd "$(dirname "$0")/../.."
out=${1:?usage: bundle.sh FOLDER}
m2=${MAVEN_REPO:-$HOME/.m2/repository}
version() { sed -n "s/.*<$1.version>\(.*\)<\/$1.version>.*/\1/p" pom.xml; }
jcuda=$(version jcuda)
rm -rf "$out"
mkdir -p "$out/classes" "$out/tests" "$out/lib" "$out/test-lib" "$out/experiments"
for module in kernels engine experiments bench; do
  cp -r "$module/target/classes/." "$out/classes/"
done
cp -r engine/target/test-classes/. "$out/tests/"
for artifact in jcuda jcublas; do
  cp "$m2/org/jcuda/$artifact/$jcuda/$artifact-$jcuda.jar" "$out/lib/"
  (cd "$out/classes" && jar xf "$m2/org/jcuda/$artifact-natives/$jcuda/$artifact-natives-$jcuda-linux-x86_64.jar" lib)
done
rm -f "$out"/classes/lib/*JNvPTXCompiler* "$out"/classes/lib/*JCudaRuntime* "$out"/classes/lib/*JCublas-*
take() { # group/artifact version folder
  jar="$m2/$1/$2/$(basename "$1")-$2.jar"
  [ -f "$jar" ] || { echo "bundle.sh: no $jar; run mvn -q test-compile" >&2; exit 3; }
  cp "$jar" "$out/$3/"
}
take com/google/code/gson/gson "$(version gson)" lib
take de/siegmar/fastcsv "$(version fastcsv)" lib
take info/picocli/picocli "$(version picocli)" lib
take org/snakeyaml/snakeyaml-engine "$(version snakeyaml-engine)" lib
for artifact in janino commons-compiler; do
  take org/codehaus/janino/$artifact "$(version janino)" lib
done
for artifact in ejml-core ejml-ddense ejml-fdense; do
  take org/ejml/$artifact "$(version ejml)" lib
done
take org/apache/commons/commons-statistics-distribution "$(version commons-statistics)" lib
for jar in "$m2"/org/apache/commons/commons-numbers-*/*/commons-numbers-*.jar \
  "$m2"/org/apache/commons/commons-rng-*/*/commons-rng-*.jar; do
  [ ! -f "$jar" ] || cp "$jar" "$out/lib/"
done
# AssertJ without byte-buddy, which only its assumptions need: accept.sh demands instead (CI=true).
take org/assertj/assertj-core "$(version assertj)" test-lib
# JUnit and its launcher in one file; its version is JUnit's with 1 for 5.
console=1.$(version junit | cut -d . -f 2-)
runner=org/junit/platform/junit-platform-console-standalone
if [ ! -f "$m2/$runner/$console/junit-platform-console-standalone-$console.jar" ]; then
  mvn -q dependency:get -Dtransitive=false \
    -Dartifact=org.junit.platform:junit-platform-console-standalone:"$console"
fi
take $runner "$console" test-lib
# The tests that run on the device named by rigor.test.cuda.
(cd engine/src/test/java && grep -rlE 'rigor\.test\.cuda|TestedCuda' --include='*Test.java' . |
  sed 's#^\./##; s#\.java$##; s#/#.#g' | sort) >"$out/device-tests.txt"
cp experiments/quickstart.yaml "$out/experiments/"
mkdir -p "$out/bench/peers"
cp bench/gpu/*.sh bench/gpu/*.py bench/gpu/cublas-symbols.txt "$out/"
cp bench/peers/*.py "$out/bench/peers/"
rm "$out/bundle.sh"
jlink --add-modules java.base,java.logging,java.management,java.xml,jdk.management,jdk.unsupported,jdk.incubator.vector \
  --strip-debug --no-header-files --no-man-pages --compress=2 --output "$out/jre"
command -v strip >/dev/null 2>&1 && strip --strip-unneeded "$out"/jre/lib/server/libjvm.so
tar -C "$out" -czf "$out/../$(basename "$out").tar.gz" .
du -sm "$out" "$out/../$(basename "$out").tar.gz"
