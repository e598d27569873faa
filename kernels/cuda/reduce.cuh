// SPDX-License-Identifier: Apache-2.0
//
// Reductions of a generated Body: out[e] = fold over r of Body(in0[e, r], in1[e, r], ...), r
// row-major over the reduced axes (the model axis slowest where it is reduced). Floor: each operand
// is read once; memory binds.
//
// The order of a sum is fixed by r alone, hence its bits are those of every other device: in a
// chunk of 4096 values lane r mod 16 adds its values in ascending order from +0; lanes are joined
// by halves, l with l + 8, then + 4, + 2, + 1; chunk sums are added in ascending order, the first
// taken as it is. A lane here is a thread, so what is fixed costs nothing.
//
//   reduce_rows     r runs through memory: 16 threads a result read 16 neighbours. With GROUPS = 1
//                   a block of 256 threads has 16 results; with GROUPS = 16 its 16 groups take the
//                   chunks of one long result in turn.
//   reduce_columns  e runs through memory: 32 results side by side times 16 lanes, so that a warp
//                   reads 32 neighbours; lanes meet in shared memory.
#pragma once
#include "index.cuh"

static constexpr unsigned LANES = 16;
static constexpr unsigned CHUNK = 4096;
static constexpr unsigned COLUMNS = 32;

template <int INPUTS, int OUTER, int INNER, int PARAMS>
struct ReduceArguments {
  void* at[INPUTS + 1];                      // inputs, then the output
  long long outer_stride[INPUTS + 1][OUTER];
  long long inner_stride[INPUTS + 1][INNER];  // 0 for the output
  long long param[PARAMS + 1];               // bits of constants; the last is unused
  long long outer[OUTER];                    // extents, below 2^31
  long long inner[INNER];
  long long results;
  long long total;                           // values a result
};

static __device__ __forceinline__ float plus(float a, float b) { return a + b; }
static __device__ __forceinline__ double plus(double a, double b) { return a + b; }
static __device__ __forceinline__ int plus(int a, int b) {
  return (int)((unsigned)a + (unsigned)b);
}
static __device__ __forceinline__ bool negative(float x) { return __float_as_int(x) < 0; }
static __device__ __forceinline__ bool negative(double x) { return __double_as_longlong(x) < 0; }
static __device__ __forceinline__ bool negative(int x) { return x < 0; }

template <class T>
struct Sum {
  typedef T Result;
  T v;
  __device__ void clear() { v = 0; }
  __device__ void take(T x, unsigned) { v = plus(v, x); }
  __device__ void join(const Sum& o) { v = plus(v, o.v); }
  __device__ Sum below(int d) const { return {__shfl_down_sync(0xffffffffu, v, d, 16)}; }
  __device__ T result() const { return v; }
};

// MAX, or MIN where SIGN is -1: NaN if there is one, +0 above -0. `some` is 0 before the first.
template <class T, int SIGN>
struct Extreme {
  typedef T Result;
  T v;
  unsigned some;
  __device__ void clear() {
    v = 0;
    some = 0;
  }
  __device__ static bool before(T a, T b) { return SIGN > 0 ? a > b : a < b; }
  __device__ void take(T x, unsigned) {
    const bool keep = v != v || before(v, x) || (v == x && negative(v) == (SIGN < 0));
    v = some && keep ? v : x;
    some = 1;
  }
  __device__ void join(const Extreme& o) {
    if (o.some) take(o.v, 0);
  }
  __device__ Extreme below(int d) const {
    return {__shfl_down_sync(0xffffffffu, v, d, 16), __shfl_down_sync(0xffffffffu, some, d, 16)};
  }
  __device__ T result() const { return v; }
};
template <class T> using Max = Extreme<T, 1>;
template <class T> using Min = Extreme<T, -1>;

// The first r of the largest value; NaN is the largest.
template <class T>
struct ArgMax {
  typedef int Result;
  T v;
  unsigned r;
  __device__ void clear() {
    v = 0;
    r = 0xffffffffu;
  }
  __device__ void take(T x, unsigned at) {
    const bool larger = x > v || (x != x && v == v);
    const bool equal = x == v || (x != x && v != v);
    if (r == 0xffffffffu || larger || (equal && at < r)) {
      v = x;
      r = at;
    }
  }
  __device__ void join(const ArgMax& o) {
    if (o.r != 0xffffffffu) take(o.v, o.r);
  }
  __device__ ArgMax below(int d) const {
    return {__shfl_down_sync(0xffffffffu, v, d, 16), __shfl_down_sync(0xffffffffu, r, d, 16)};
  }
  __device__ int result() const { return (int)r; }
};

// One lane of one chunk: its values from `from` to `to`, in steps of 16.
template <class Body, class Fold, int OUTER, int INNER>
static __device__ __forceinline__ Fold fold_lane(
    const ReduceArguments<Body::INPUTS, OUTER, INNER, Body::PARAMS>& a,
    const long long (&base)[Body::INPUTS + 1], unsigned from, unsigned to) {
  const bool repeated[Body::INPUTS + 1] = {};
  Fold lane;
  lane.clear();
#pragma unroll 8
  for (unsigned r = from; r < to; r += LANES) {
    long long at[Body::INPUTS + 1];
#pragma unroll
    for (int o = 0; o <= Body::INPUTS; o++) at[o] = base[o];
    advance(r, a.inner, a.inner_stride, at);
    typename Body::template Inputs<1> in;
    Body::template load<1>(in, a.at, at, repeated);
    typename Body::template Outputs<1> value;
    Body::template eval<1>(in, value, 0, a.param);
    lane.take(value.y0.v[0], r);
  }
  return lane;
}

template <class Body, class Fold, int OUTER, int INNER, int GROUPS>
static __device__ __forceinline__ void reduce_rows(
    const ReduceArguments<Body::INPUTS, OUTER, INNER, Body::PARAMS>& a) {
  const unsigned count = (unsigned)a.results;
  const unsigned total = (unsigned)a.total;
  __shared__ Fold partial[16];
  const unsigned lane = threadIdx.x % LANES;
  const unsigned group = threadIdx.x / LANES;
  const unsigned results = GROUPS == 1 ? blockDim.x / LANES : 1;
  // Bounds of the loops are the same for all threads of a block: all lanes must meet in shuffles.
  for (unsigned first = blockIdx.x * results; first < count; first += gridDim.x * results) {
    const unsigned e = GROUPS == 1 ? first + group : first;
    const bool mine = e < count;
    long long base[Body::INPUTS + 1] = {};
    advance(mine ? e : 0, a.outer, a.outer_stride, base);
    Fold sum;
    sum.clear();
    for (unsigned round = 0; round < total; round += CHUNK * GROUPS) {
      const unsigned from = GROUPS == 1 ? round : round + group * CHUNK;
      const unsigned to = total - from < CHUNK ? total : from + CHUNK;
      Fold chunk = fold_lane<Body, Fold, OUTER, INNER>(
          a, base, from + lane, mine && from < total ? to : 0);
#pragma unroll
      for (int half = 8; half > 0; half /= 2) {
        const Fold other = chunk.below(half);
        if (lane < half) chunk.join(other);
      }
      if (GROUPS == 1) {
        if (round == 0) sum = chunk;
        else sum.join(chunk);
      } else {
        if (lane == 0) partial[group] = chunk;
        __syncthreads();
        if (threadIdx.x == 0) {
          for (unsigned g = 0; g < GROUPS && round + g * CHUNK < total; g++) {
            if (round + g == 0) sum = partial[0];
            else sum.join(partial[g]);
          }
        }
        __syncthreads();
      }
    }
    if (mine && (GROUPS == 1 ? lane == 0 : threadIdx.x == 0)) {
      ((typename Fold::Result*)a.at[Body::INPUTS])[base[Body::INPUTS]] = sum.result();
    }
  }
}

template <class Body, class Fold, int OUTER, int INNER>
static __device__ __forceinline__ void reduce_columns(
    const ReduceArguments<Body::INPUTS, OUTER, INNER, Body::PARAMS>& a) {
  const unsigned count = (unsigned)a.results;
  const unsigned total = (unsigned)a.total;
  __shared__ Fold lanes[LANES][COLUMNS];
  const unsigned column = threadIdx.x % COLUMNS;
  const unsigned lane = threadIdx.x / COLUMNS;
  for (unsigned first = blockIdx.x * COLUMNS; first < count; first += gridDim.x * COLUMNS) {
    const unsigned e = first + column;
    const bool mine = e < count;
    long long base[Body::INPUTS + 1] = {};
    advance(mine ? e : 0, a.outer, a.outer_stride, base);
    Fold sum;
    sum.clear();
    for (unsigned from = 0; from < total; from += CHUNK) {
      const unsigned to = total - from < CHUNK ? total : from + CHUNK;
      lanes[lane][column] =
          fold_lane<Body, Fold, OUTER, INNER>(a, base, from + lane, mine ? to : 0);
      __syncthreads();
#pragma unroll
      for (unsigned half = 8; half > 0; half /= 2) {
        if (lane < half) lanes[lane][column].join(lanes[lane + half][column]);
        __syncthreads();
      }
      if (lane == 0) {
        if (from == 0) sum = lanes[0][column];
        else sum.join(lanes[0][column]);
      }
      __syncthreads();
    }
    if (mine && lane == 0) {
      ((typename Fold::Result*)a.at[Body::INPUTS])[base[Body::INPUTS]] = sum.result();
    }
  }
}
