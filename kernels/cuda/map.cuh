// SPDX-License-Identifier: Apache-2.0
//
// Elementwise kernels: out[e] = Body(in0[e], in1[e], ...) over a loop nest whose outermost loop is
// the model axis where it does not join the others. Floor: each operand moves once; at some 3 TB/s
// and up to 48 operations an element, memory binds.
//
// A group of N elements is neighbours along the innermost loop. N = 4 where that loop is a multiple
// of four long, every operand has stride 0 or 1 there and all its groups are aligned: then an
// operand moves in 16-byte pieces, and index arithmetic is done once for four elements. Else N = 1.
// One thread a group, grid-stride, so that blocks stay few and their start is paid once.
//
// Body is generated: INPUTS, PARAMS, the stored type Result, Inputs<N>, load and eval.
#pragma once
#include "index.cuh"

template <int INPUTS, int LOOPS, int PARAMS>
struct MapArguments {
  void* at[INPUTS + 1];                  // inputs, then the output
  long long stride[INPUTS + 1][LOOPS];   // in elements; of the innermost loop, for a group
  long long param[PARAMS + 1];           // bits of constants; the last is unused
  long long extent[LOOPS];               // below 2^31; of the innermost loop, in groups
  long long groups;
};

template <class Body, int LOOPS, int N>
static __device__ __forceinline__ void map(
    const MapArguments<Body::INPUTS, LOOPS, Body::PARAMS>& a) {
  const unsigned groups = (unsigned)a.groups;
  bool repeated[Body::INPUTS + 1];
#pragma unroll
  for (int o = 0; o <= Body::INPUTS; o++) repeated[o] = a.stride[o][LOOPS - 1] == 0;
  for (unsigned g = blockIdx.x * blockDim.x + threadIdx.x; g < groups;
       g += gridDim.x * blockDim.x) {
    long long at[Body::INPUTS + 1] = {};
    advance(g, a.extent, a.stride, at);
    typename Body::template Inputs<N> in;
    Body::template load<N>(in, a.at, at, repeated);
    Pack<typename Body::Result, N> out;
#pragma unroll
    for (int k = 0; k < N; k++) out.v[k] = Body::template eval<N>(in, k, a.param);
    *(Pack<typename Body::Result, N>*)((typename Body::Result*)a.at[Body::INPUTS] +
                                       at[Body::INPUTS]) = out;
  }
}
