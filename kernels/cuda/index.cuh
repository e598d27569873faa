// SPDX-License-Identifier: Apache-2.0
//
// Element addressing. A loop nest of LOOPS loops, outermost first, runs over OPERANDS operands with
// separate strides, in elements; 0 repeats. Extents and strides are kernel arguments, so kernels
// do not depend on shapes. Element numbers have 32 bits, since a 64-bit division costs the device
// some 100 instructions; offsets have 64 bits.
#pragma once

// Adds the offsets of element i of the nest to at[], with LOOPS - 1 divisions.
template <int OPERANDS, int LOOPS>
static __device__ __forceinline__ void advance(unsigned i, const long long (&extent)[LOOPS],
                                               const long long (&stride)[OPERANDS][LOOPS],
                                               long long (&at)[OPERANDS]) {
#pragma unroll
  for (int l = LOOPS - 1; l > 0; l--) {
    const unsigned n = (unsigned)extent[l];
    const unsigned rest = i / n;
    const long long k = i - rest * n;
    i = rest;
#pragma unroll
    for (int o = 0; o < OPERANDS; o++) at[o] += k * stride[o][l];
  }
#pragma unroll
  for (int o = 0; o < OPERANDS; o++) at[o] += (long long)i * stride[o][0];
}

// N elements that one instruction moves, or two for 32 bytes.
template <class T, int N>
struct alignas(sizeof(T) * N > 16 ? 16 : sizeof(T) * N) Pack {
  T v[N];
};

// Loads N neighbours from element i on, or N copies of that element.
template <int N, class T>
static __device__ __forceinline__ void fetch(T (&to)[N], const void* at, long long i,
                                             bool repeated) {
  if (N == 1 || repeated) {
    const T v = ((const T*)at)[i];
#pragma unroll
    for (int k = 0; k < N; k++) to[k] = v;
  } else {
    const Pack<T, N> p = *(const Pack<T, N>*)((const T*)at + i);
#pragma unroll
    for (int k = 0; k < N; k++) to[k] = p.v[k];
  }
}
