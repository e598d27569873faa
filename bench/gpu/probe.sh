#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the probe of a bundle and writes probe.json, torch.json and machine.txt.
# usage: FOLDER/probe.sh RESULTS
set -u
here=$(cd "$(dirname "$0")" && pwd)
results=${1:?usage: probe.sh RESULTS}
mkdir -p "$results"
export RIGOR_CACHE=${RIGOR_CACHE:-$(mktemp -d)}
{
  date -u
  uname -srm
  ldd --version | head -1
  nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.max.sm,clocks.max.mem,power.limit --format=csv
  nvcc --version 2>/dev/null | tail -2
  command -v python3
  echo "--- libraries"
  ldconfig -p | grep -E 'libcuda\.so|libcublas\.so|libnvrtc\.so'
  find / -xdev \( -name 'libcublas.so*' -o -name 'libcublasLt.so*' -o -name 'libnvrtc*.so*' -o -name 'libcuda.so*' \) 2>/dev/null
} >"$results/machine.txt" 2>&1
timeout 120 "$here/jre/bin/java" -Xmx8g -XX:+UseParallelGC -cp "$here/classes:$here/lib/*" \
  org.rigor.bench.gpu.GpuProbe "$results/probe.json" 2>&1 | tee "$results/probe.log"
# The imports of JCuda's cuBLAS binding that the libraries found here lack: calling one ends the JVM.
for lib in $(find / -xdev \( -name 'libcublas.so.1[23]' -o -name 'libnvrtc.so.1[23]' \) 2>/dev/null); do
  echo "--- $lib"
  nm -D --defined-only "$lib" | awk '{print $3}' >"$RIGOR_CACHE/defined"
  head -1 "$RIGOR_CACHE/defined"
  case $lib in
    *cublas*) sed 's/@.*//' "$RIGOR_CACHE/defined" | sort -u >"$RIGOR_CACHE/have"
      sort -u "$here/cublas-symbols.txt" | comm -23 - "$RIGOR_CACHE/have" ;;
    *) grep -c . "$RIGOR_CACHE/defined"
      grep -E 'nvrtc(GetNVVM|GetCUBIN|GetPTX|GetLTOIR|Version)' "$RIGOR_CACHE/defined" ;;
  esac
done >>"$results/machine.txt" 2>&1
timeout 60 python3 "$here/probe_torch.py" "$results/torch.json" 2>&1 | tail -5
cat "$results/machine.txt"
