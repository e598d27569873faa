// SPDX-License-Identifier: Apache-2.0
//
// Elementwise kernels: (out0[e], ...) = Body(in0[e], in1[e], ...) over a loop nest whose outermost
// loop is the model axis unless fused with the next. An output may alias an input elementwise.
// Floor: each operand moves once; at some 3 TB/s and up to 48 operations per element, memory binds.
//
// A group is N neighbours along the innermost loop. N = 4 if the extent of that loop is a multiple
// of four, every operand has stride 0 or 1 there and all its groups are aligned: operands then move
// in 16-byte pieces, with index arithmetic once per four elements. Else N = 1. One thread per group
// in a grid-stride loop keeps blocks few and pays their start once.
//
// map_tiles: if an operand is contiguous along another loop than the output, such as a transposed
// one, tiles of 32 x 32 are read along its loop into shared memory and consumed along the output's.
// Measured on an H100, adding 1 to a transposed [8192, 8192]: 91 % of the bandwidth of a copy,
// against 27 % with strided reads.
//
// Body is generated: INPUTS, OUTPUTS, PARAMS, bytes, Inputs<N>, Outputs<N>, load, eval and
// store.
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

static constexpr int TILE = 32;
static constexpr int TILE_ROWS = 8;               // of threads
static constexpr int TILE_SHARE = TILE / TILE_ROWS;  // elements a thread

static __device__ constexpr int members(unsigned set) {
  return set == 0 ? 0 : (int)(set & 1) + members(set >> 1);
}

// A tile of j x i, contiguous along i.
template <class Cell>
static __device__ __forceinline__ void stage(Cell* tile, const void* from, long long base,
                                             long long stride, unsigned rows, unsigned columns) {
  const unsigned x = threadIdx.x % TILE;
  const unsigned y = threadIdx.x / TILE;
  Cell v[TILE_SHARE];
#pragma unroll
  for (int k = 0; k < TILE_SHARE; k++) {
    const unsigned j = y + k * TILE_ROWS;
    if (j < rows && x < columns) v[k] = ((const Cell*)from)[base + j * stride + x];
  }
#pragma unroll
  for (int k = 0; k < TILE_SHARE; k++) {
    const unsigned j = y + k * TILE_ROWS;
    if (j < rows && x < columns) tile[j * (TILE + 1) + x] = v[k];
  }
}

// The two innermost loops are i and j; operands of the set TURNED have stride 1 along i. Blocks of
// TILE * TILE_ROWS threads; a.groups counts tiles.
template <class Body, int LOOPS, unsigned TURNED>
static __device__ __forceinline__ void map_tiles(
    const MapArguments<Body::INPUTS + Body::OUTPUTS, LOOPS, Body::PARAMS>& a) {
  constexpr int OPERANDS = Body::INPUTS + Body::OUTPUTS;
  constexpr int I = LOOPS - 2, J = LOOPS - 1;
  __shared__ long long tile[members(TURNED)][TILE * (TILE + 1)];
  const unsigned x = threadIdx.x % TILE;
  const unsigned y = threadIdx.x / TILE;
  const unsigned across = ((unsigned)a.extent[J] + TILE - 1) / TILE;
  const unsigned down = ((unsigned)a.extent[I] + TILE - 1) / TILE;
  const bool repeated[Body::INPUTS + 1] = {};
  for (unsigned t = blockIdx.x; t < (unsigned)a.groups; t += gridDim.x) {
    unsigned rest = t / across;
    const unsigned j0 = (t - rest * across) * TILE;
    const unsigned i0 = rest % down * TILE;
    rest /= down;
    const unsigned rows = (unsigned)a.extent[J] - j0;
    const unsigned columns = (unsigned)a.extent[I] - i0;
    long long base[OPERANDS];
#pragma unroll
    for (int o = 0; o < OPERANDS; o++) base[o] = i0 * a.stride[o][I] + j0 * a.stride[o][J];
#pragma unroll
    for (int l = LOOPS - 3; l >= 0; l--) {
      const unsigned k = rest % (unsigned)a.extent[l];
      rest /= (unsigned)a.extent[l];
#pragma unroll
      for (int o = 0; o < OPERANDS; o++) base[o] += k * a.stride[o][l];
    }
    void* from[OPERANDS];
    int tiles = 0;
#pragma unroll
    for (int o = 0; o < OPERANDS; o++) {
      from[o] = a.at[o];
      if (TURNED >> o & 1) {
        from[o] = tile[tiles++];
        if (Body::bytes(o) == 8) {
          stage((long long*)from[o], a.at[o], base[o], a.stride[o][J], rows, columns);
        } else {
          stage((int*)from[o], a.at[o], base[o], a.stride[o][J], rows, columns);
        }
      }
    }
    __syncthreads();
    typename Body::template Inputs<1> in[TILE_SHARE];
#pragma unroll
    for (int k = 0; k < TILE_SHARE; k++) {
      const unsigned i = y + k * TILE_ROWS;
      long long at[OPERANDS];
#pragma unroll
      for (int o = 0; o < OPERANDS; o++) {
        at[o] = TURNED >> o & 1 ? (long long)(x * (TILE + 1) + i)
                                : base[o] + i * a.stride[o][I] + x * a.stride[o][J];
      }
      if (i < columns && x < rows) Body::template load<1>(in[k], from, at, repeated);
    }
#pragma unroll
    for (int k = 0; k < TILE_SHARE; k++) {
      const unsigned i = y + k * TILE_ROWS;
      long long at[OPERANDS];
#pragma unroll
      for (int o = 0; o < OPERANDS; o++) {
        at[o] = base[o] + i * a.stride[o][I] + x * a.stride[o][J];
      }
      if (i < columns && x < rows) {
        typename Body::template Outputs<1> out;
        Body::template eval<1>(in[k], out, 0, a.param);
        Body::template store<1>(out, a.at, at);
      }
    }
    __syncthreads();
  }
}
