// SPDX-License-Identifier: Apache-2.0
//
// Elementwise kernels: (out0[e], ...) = Body(in0[e], in1[e], ...) over a loop nest whose outermost
// loop is the model axis where it does not join the others. An output may be an input at the same
// element. Floor: each operand moves once; at some 3 TB/s and up to 48 operations an element,
// memory binds.
//
// A group of N elements is neighbours along the innermost loop. N = 4 where that loop is a multiple
// of four long, every operand has stride 0 or 1 there and all its groups are aligned: then an
// operand moves in 16-byte pieces, and index arithmetic is done once for four elements. Else N = 1.
// One thread a group, grid-stride, so that blocks stay few and their start is paid once.
//
// Body is generated: INPUTS, OUTPUTS, PARAMS, Inputs<N>, Outputs<N>, load, eval and store.
#pragma once
#include "index.cuh"

template <int OPERANDS, int LOOPS, int PARAMS>
struct MapArguments {
  void* at[OPERANDS];                 // inputs, then outputs
  long long stride[OPERANDS][LOOPS];  // in elements; of the innermost loop, for a group
  long long param[PARAMS + 1];        // bits of constants; the last is unused
  long long extent[LOOPS];            // below 2^31; of the innermost loop, in groups
  long long groups;
};

template <class Body, int LOOPS, int N>
static __device__ __forceinline__ void map(
    const MapArguments<Body::INPUTS + Body::OUTPUTS, LOOPS, Body::PARAMS>& a) {
  const unsigned groups = (unsigned)a.groups;
  bool repeated[Body::INPUTS + 1];
#pragma unroll
  for (int o = 0; o < Body::INPUTS; o++) repeated[o] = a.stride[o][LOOPS - 1] == 0;
  for (unsigned g = blockIdx.x * blockDim.x + threadIdx.x; g < groups;
       g += gridDim.x * blockDim.x) {
    long long at[Body::INPUTS + Body::OUTPUTS] = {};
    advance(g, a.extent, a.stride, at);
    typename Body::template Inputs<N> in;
    typename Body::template Outputs<N> out;
    Body::template load<N>(in, a.at, at, repeated);
#pragma unroll
    for (int k = 0; k < N; k++) Body::template eval<N>(in, out, k, a.param);
    Body::template store<N>(out, a.at, at);
  }
}
