// SPDX-License-Identifier: Apache-2.0
//
// Reductions of a generated Body: out[e] = fold over r of Body(in0[e, r], in1[e, r], ...), r
// row-major over the reduced axes (the model axis slowest where it is reduced). Floor: each operand
// is read once; memory binds.
//
// The order of a sum depends on r alone, so its bits are the same on every device: in a chunk of
// 4096 values lane r mod 16 adds its values in ascending order from +0; lanes are joined by halves,
// l with l + 8, then + 4, + 2, + 1; chunk sums are added in ascending order, starting from the
// first. A lane is a thread, so the fixed order costs nothing. Waiting for memory does, so a thread
// reads 8 values before it folds them. Measured on an H100 over [8192, 8192] floats: 93 % (rows)
// and 97 % (columns) of the bandwidth of a copy, against 39 and 43 % without reading ahead.
//
//   reduce_short    at most 16 values per result: one thread per result.
//   reduce_rows     contiguous along r: 16 threads per result read 16 neighbours, 16 results per
//                   block.
//   reduce_columns  contiguous along e: 32 adjacent results times 16 lanes, so that a warp reads 32
//                   neighbours; lanes are joined through shared memory.
//
// If few results have many chunks, SPLIT assigns each chunk to a separate team and stores its fold,
// [result][chunk]; reduce_join then adds them, one warp per result.
#pragma once
#include "index.cuh"

static constexpr unsigned LANES = 16;
static constexpr unsigned CHUNK = 4096;
static constexpr unsigned COLUMNS = 32;
static constexpr unsigned ROWS = 16;
static constexpr unsigned AHEAD = 8;

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
  void* chunks;                              // folds of the chunks, where split
};

static __device__ __forceinline__ float plus(float a, float b) { return a + b; }
static __device__ __forceinline__ double plus(double a, double b) { return a + b; }
static __device__ __forceinline__ int plus(int a, int b) {
  return (int)((unsigned)a + (unsigned)b);
}
static __device__ __forceinline__ bool negative(float x) { return __float_as_int(x) < 0; }
static __device__ __forceinline__ bool negative(double x) { return __double_as_longlong(x) < 0; }
static __device__ __forceinline__ bool negative(int x) { return x < 0; }
static __device__ __forceinline__ void infinity(float& x) { x = __int_as_float(0x7f800000); }
static __device__ __forceinline__ void infinity(double& x) {
  x = __longlong_as_double(0x7ff0000000000000ll);
}

// Initial value of a fold: no value is smaller (larger if SIGN is -1).
template <int SIGN, class T>
static __device__ __forceinline__ void last(T& x) {
  infinity(x);
  x = SIGN > 0 ? -x : x;
}
template <int SIGN>
static __device__ __forceinline__ void last(int& x) {
  x = SIGN > 0 ? (int)0x80000000u : 0x7fffffff;
}

template <class T>
struct Sum {
  typedef T Result;
  T v;
  __device__ void clear() { v = 0; }
  __device__ void take(T x, unsigned) { v = plus(v, x); }
  __device__ void join(const Sum& o) { v = plus(v, o.v); }
  __device__ Sum below(int d) const { return {__shfl_down_sync(0xffffffffu, v, d, 16)}; }
  __device__ Sum from(int lane) const { return {__shfl_sync(0xffffffffu, v, lane)}; }
  __device__ T result() const { return v; }
};

// MAX, or MIN where SIGN is -1: NaN if there is one, +0 above -0.
template <class T, int SIGN>
struct Extreme {
  typedef T Result;
  T v;
  __device__ void clear() { last<SIGN>(v); }
  __device__ void take(T x, unsigned) {
    const bool before = SIGN > 0 ? v > x : v < x;
    const bool keep = v != v || before || (v == x && negative(v) == (SIGN < 0));
    v = keep ? v : x;
  }
  __device__ void join(const Extreme& o) { take(o.v, 0); }
  __device__ Extreme below(int d) const { return {__shfl_down_sync(0xffffffffu, v, d, 16)}; }
  __device__ Extreme from(int lane) const { return {__shfl_sync(0xffffffffu, v, lane)}; }
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
  __device__ ArgMax from(int lane) const {
    return {__shfl_sync(0xffffffffu, v, lane), __shfl_sync(0xffffffffu, r, lane)};
  }
  __device__ int result() const { return (int)r; }
};

// COUNT values of one lane, 16 apart: all are read before the first is folded.
template <class Body, class Fold, int OUTER, int INNER, int COUNT>
static __device__ __forceinline__ void fold_some(
    const ReduceArguments<Body::INPUTS, OUTER, INNER, Body::PARAMS>& a,
    const long long (&base)[Body::INPUTS + 1], unsigned r, Fold& lane) {
  const bool repeated[Body::INPUTS + 1] = {};
  typename Body::template Inputs<1> in[COUNT];
#pragma unroll
  for (int u = 0; u < COUNT; u++) {
    long long at[Body::INPUTS + 1];
#pragma unroll
    for (int o = 0; o <= Body::INPUTS; o++) at[o] = base[o];
    advance(r + u * LANES, a.inner, a.inner_stride, at);
    Body::template load<1>(in[u], a.at, at, repeated);
  }
#pragma unroll
  for (int u = 0; u < COUNT; u++) {
    typename Body::template Outputs<1> value;
    Body::template eval<1>(in[u], value, 0, a.param);
    lane.take(value.y0.v[0], r + u * LANES);
  }
}

// One lane of one chunk: its values from `from` to `to`, in steps of 16.
template <class Body, class Fold, int OUTER, int INNER>
static __device__ __forceinline__ Fold fold_lane(
    const ReduceArguments<Body::INPUTS, OUTER, INNER, Body::PARAMS>& a,
    const long long (&base)[Body::INPUTS + 1], unsigned from, unsigned to) {
  Fold lane;
  lane.clear();
  unsigned r = from;
  for (; r + (AHEAD - 1) * LANES < to; r += AHEAD * LANES) {
    fold_some<Body, Fold, OUTER, INNER, AHEAD>(a, base, r, lane);
  }
  for (; r < to; r += LANES) fold_some<Body, Fold, OUTER, INNER, 1>(a, base, r, lane);
  return lane;
}

template <class Body, class Fold, int OUTER, int INNER>
static __device__ __forceinline__ void store_result(
    const ReduceArguments<Body::INPUTS, OUTER, INNER, Body::PARAMS>& a, unsigned e,
    const Fold& fold) {
  long long at[Body::INPUTS + 1] = {};
  advance(e, a.outer, a.outer_stride, at);
  ((typename Fold::Result*)a.at[Body::INPUTS])[at[Body::INPUTS]] = fold.result();
}

template <class Body, class Fold, int OUTER, int INNER>
static __device__ __forceinline__ void reduce_short(
    const ReduceArguments<Body::INPUTS, OUTER, INNER, Body::PARAMS>& a) {
  const unsigned count = (unsigned)a.results;
  const unsigned total = (unsigned)a.total;
  for (unsigned e = blockIdx.x * blockDim.x + threadIdx.x; e < count;
       e += gridDim.x * blockDim.x) {
    long long base[Body::INPUTS + 1] = {};
    advance(e, a.outer, a.outer_stride, base);
    Fold lane[LANES];
#pragma unroll
    for (unsigned l = 0; l < LANES; l++) {
      lane[l].clear();
      if (l < total) fold_some<Body, Fold, OUTER, INNER, 1>(a, base, l, lane[l]);
    }
#pragma unroll
    for (unsigned half = 8; half > 0; half /= 2) {
#pragma unroll
      for (unsigned l = 0; l < half; l++) lane[l].join(lane[l + half]);
    }
    store_result<Body, Fold, OUTER, INNER>(a, e, lane[0]);
  }
}

// Loops over tiles of results or, if SPLIT, over tiles and chunks. The bounds are the same for all
// threads of a block, since all lanes take part in shuffles and barriers.
template <class Body, class Fold, int OUTER, int INNER, bool SPLIT>
static __device__ __forceinline__ void reduce_rows(
    const ReduceArguments<Body::INPUTS, OUTER, INNER, Body::PARAMS>& a) {
  const unsigned count = (unsigned)a.results;
  const unsigned total = (unsigned)a.total;
  const unsigned lane = threadIdx.x % LANES;
  const unsigned chunks = (total + CHUNK - 1) / CHUNK;
  const unsigned tiles = (count + ROWS - 1) / ROWS;
  const unsigned items = SPLIT ? tiles * chunks : tiles;
  for (unsigned item = blockIdx.x; item < items; item += gridDim.x) {
    const unsigned e = item % tiles * ROWS + threadIdx.x / LANES;
    const unsigned first = SPLIT ? item / tiles : 0;
    const unsigned last = SPLIT ? first + 1 : chunks;
    const bool mine = e < count;
    long long base[Body::INPUTS + 1] = {};
    advance(mine ? e : 0, a.outer, a.outer_stride, base);
    Fold sum;
    sum.clear();
    for (unsigned c = first; c < last; c++) {
      const unsigned from = c * CHUNK;
      const unsigned to = total - from < CHUNK ? total : from + CHUNK;
      Fold chunk = fold_lane<Body, Fold, OUTER, INNER>(a, base, from + lane, mine ? to : 0);
#pragma unroll
      for (int half = 8; half > 0; half /= 2) {
        const Fold other = chunk.below(half);
        if (lane < half) chunk.join(other);
      }
      if (c == first) sum = chunk;
      else sum.join(chunk);
    }
    if (mine && lane == 0) {
      if (SPLIT) ((Fold*)a.chunks)[(long long)e * chunks + first] = sum;
      else store_result<Body, Fold, OUTER, INNER>(a, e, sum);
    }
  }
}

template <class Body, class Fold, int OUTER, int INNER, bool SPLIT>
static __device__ __forceinline__ void reduce_columns(
    const ReduceArguments<Body::INPUTS, OUTER, INNER, Body::PARAMS>& a) {
  const unsigned count = (unsigned)a.results;
  const unsigned total = (unsigned)a.total;
  __shared__ Fold lanes[LANES][COLUMNS];
  const unsigned column = threadIdx.x % COLUMNS;
  const unsigned lane = threadIdx.x / COLUMNS;
  const unsigned chunks = (total + CHUNK - 1) / CHUNK;
  const unsigned tiles = (count + COLUMNS - 1) / COLUMNS;
  const unsigned items = SPLIT ? tiles * chunks : tiles;
  for (unsigned item = blockIdx.x; item < items; item += gridDim.x) {
    const unsigned e = item % tiles * COLUMNS + column;
    const unsigned first = SPLIT ? item / tiles : 0;
    const unsigned last = SPLIT ? first + 1 : chunks;
    const bool mine = e < count;
    long long base[Body::INPUTS + 1] = {};
    advance(mine ? e : 0, a.outer, a.outer_stride, base);
    Fold sum;
    sum.clear();
    for (unsigned c = first; c < last; c++) {
      const unsigned from = c * CHUNK;
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
        if (c == first) sum = lanes[0][column];
        else sum.join(lanes[0][column]);
      }
      __syncthreads();
    }
    if (mine && lane == 0) {
      if (SPLIT) ((Fold*)a.chunks)[(long long)e * chunks + first] = sum;
      else store_result<Body, Fold, OUTER, INNER>(a, e, sum);
    }
  }
}

// Joins the chunk folds of each result of a split reduction, in ascending order.
template <class Body, class Fold, int OUTER, int INNER>
static __device__ __forceinline__ void reduce_join(
    const ReduceArguments<Body::INPUTS, OUTER, INNER, Body::PARAMS>& a) {
  const unsigned chunks = ((unsigned)a.total + CHUNK - 1) / CHUNK;
  const unsigned warps = blockDim.x / 32;
  const unsigned lane = threadIdx.x % 32;
  const unsigned count = (unsigned)a.results;
  for (unsigned first = blockIdx.x * warps; first < count; first += gridDim.x * warps) {
    const unsigned e = first + threadIdx.x / 32;
    if (e >= count) continue;
    const Fold* folds = (const Fold*)a.chunks + (long long)e * chunks;
    Fold sum = folds[0];
    for (unsigned c = 0; c < chunks; c += 32) {
      const Fold mine = folds[c + lane < chunks ? c + lane : 0];
#pragma unroll
      for (unsigned k = 0; k < 32; k++) {
        const Fold next = mine.from(k);
        if (c + k > 0 && c + k < chunks) sum.join(next);
      }
    }
    if (lane == 0) store_result<Body, Fold, OUTER, INNER>(a, e, sum);
  }
}
