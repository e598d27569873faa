#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds libcuda.so.1, libnvrtc.so.12 and libcublas.so.12: build.sh [OUTDIR], default build/ beside this.
# RIGOR_EMULATOR_CUDA=13 names the last two .so.13. RIGOR_EMULATOR_CXX names the compiler.
# Builds beside OUTDIR and renames, so that OUTDIR is whole whenever it exists.
set -eu
[ $# -le 1 ] || { echo "usage: build.sh [OUTDIR]" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
case ${1-} in '') out=$here/build ;; /*) out=$1 ;; *) out=$PWD/$1 ;; esac
cd "$here"
major=${RIGOR_EMULATOR_CUDA:-12}
cxx=${RIGOR_EMULATOR_CXX:-g++}
id=$( (cat build.sh device/* runtime/* nvrtc/* blas/*; grep -m1 ^flags /proc/cpuinfo) | cksum | tr " " -)-$major
[ "$(cat "$out/complete" 2>/dev/null)" != "$id" ] || exit 0

mkdir -p "$(dirname "$out")"
part=$(mktemp -d "$out.XXXXXX")
trap 'rm -rf "$part"' EXIT
flags="-std=c++17 -O2 -fPIC -pthread -ffp-contract=off -fvisibility=hidden -Wall -Wextra"
mkdir "$part/o"
# Compiles one file; GEMM is worth the processor's own instructions.
compile='case $1 in blas/gemm.cpp) more="-O3 -march=native" ;; nvrtc/compile.cpp) more=-DRIGOR_BUILD_ID=\"$4\" ;; *) more= ;; esac
  exec $2 -c $1 $more -o $3/o/$(echo "$1" | tr / -).o'
printf '%s\n' runtime/*.cpp nvrtc/*.cpp blas/*.cpp |
  xargs -P "$(nproc 2>/dev/null || echo 2)" -I{} sh -c "$compile" sh {} "$cxx $flags" "$part" "$id"

link() {  # link NAME OBJECTS...: a library that exports NAME*, under the version that JCuda asks for
  name=$1
  lib=lib$name.so.$major
  shift
  echo "$lib { global: $name*; local: *; };" > "$part/o/map"
  $cxx -shared -pthread "$@" -o "$part/$lib" -Wl,-soname,"$lib" -Wl,--version-script="$part/o/map"
}
$cxx -shared -pthread "$part"/o/runtime-*.o -o "$part/libcuda.so.1" -Wl,-soname,libcuda.so.1 -ldl
link nvrtc "$part"/o/nvrtc-*.o "$part/o/runtime-elf.cpp.o" -ldl
link cublas "$part"/o/blas-*.o -L"$part" -l:libcuda.so.1

rm -r "$part/o"
cp -R device "$part/device"
chmod 755 "$part"
echo "$id" > "$part/complete"
[ ! -e "$out" ] || mv "$out" "$part.old"
mv -T "$part" "$out" 2>/dev/null || [ "$(cat "$out/complete")" = "$id" ]  # or another build was first
rm -rf "$part.old"
