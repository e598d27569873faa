// SPDX-License-Identifier: Apache-2.0
//
// Code shared by mlp_pgd.cu and mlp_gradient.cu apart from the products: state of each sample,
// reductions over the threads of a sample, the exponential, loading, and argument lists by the
// number of layers. Included after mlp.cuh, with its macros.

namespace mlp {

// One of five numbers of each sample.
static __device__ __forceinline__ float* row_state(float* s, int which) {
  return s + kRows + which * MLP_ROWS;
}

// Logit of class c from its parts, z being that of the first part and class 0.
static __device__ __forceinline__ float logit(const float* s, const float* z, int c) {
  constexpr int N = kClassesPadded;
  return (z[c * kStride] + z[(N + c) * kStride]) +
         (z[(2 * N + c) * kStride] + z[(3 * N + c) * kStride]) +
         s[Bias<MLP_LAYERS - 1>::begin + c];
}

static __device__ __forceinline__ float lanes_max(float v) {
  for (int d = 1; d < kLanes; d *= 2) {
    const float o = __shfl_xor_sync(0xffffffffu, v, d);
    v = v != v || v > o ? v : o;
  }
  return v;
}

static __device__ __forceinline__ float lanes_sum(float v) {
  for (int d = 1; d < kLanes; d *= 2) v += __shfl_xor_sync(0xffffffffu, v, d);
  return v;
}

// e^v for v <= 0 by the engine's expression (org.rigor.ir.fn.ExpTrees).
static __device__ __forceinline__ float exp_negative(float v) {
  v = v < -104.0f ? -104.0f : v;
  const float shifted = fmaf(v, 0x1.715476p0f, 0x1.8p23f);
  const float n = shifted - 0x1.8p23f;
  float r = fmaf(n, -0x1.62ep-1f, v);
  r = fmaf(n, -0x1.0bfbe8p-15f, r);
  float p = 0x1.6a23dep-10f;
  p = fmaf(p, r, 0x1.123a0ap-7f);
  p = fmaf(p, r, 0x1.5558f2p-5f);
  p = fmaf(p, r, 0x1.555492p-3f);
  p = fmaf(p, r, 0x1.fffffcp-2f);
  p = fmaf(p, r, 1.0f);
  p = fmaf(p, r, 1.0f);
  const float scale = __int_as_float((__float_as_int(shifted) << 23) + ((127 + 32) << 23));
  return p * scale * 0x1p-32f;
}

template <int L>
static __device__ __forceinline__ void load_layer(float* s, const float* w, const float* b) {
  constexpr int K = Width<L>::padded, N = Width<L + 1>::padded, S = Width<L + 1>::stride;
  constexpr int k = Width<L>::value, n = Width<L + 1>::value;
  float* to = s + Place<L>::weight;
  if (n % 4 == 0 && k % 4 == 0 && ((size_t)w & 15) == 0) {
#pragma unroll 8
    for (int i = threadIdx.x; i < k * (n / 4); i += MLP_THREADS) {
      *(float4*)(to + i / (n / 4) * S + i % (n / 4) * 4) = ((const float4*)w)[i];
    }
  } else {
    for (int i = threadIdx.x; i < K * N; i += MLP_THREADS) {
      const int row = i / N, column = i % N;
      to[row * S + column] = row < k && column < n ? w[row * n + column] : 0.0f;
    }
  }
  for (int i = threadIdx.x; i < N; i += MLP_THREADS) s[Bias<L>::begin + i] = i < n ? b[i] : 0.0f;
}

// Loads a tile of samples [B, d0] from sample `first` on, transposed; zeros past the last one.
static __device__ __forceinline__ void load_rows(float* to, const float* x, int first, int batch) {
  if (kInputs % 4 == 0 && ((size_t)x & 15) == 0) {
    for (int i = threadIdx.x; i < MLP_ROWS * (kInputs / 4); i += MLP_THREADS) {
      const int row = i % MLP_ROWS, k = i / MLP_ROWS * 4;
      float4 v = make_float4(0, 0, 0, 0);
      if (first + row < batch) v = *(const float4*)(x + (long long)(first + row) * kInputs + k);
      to[k * kStride + row] = v.x;
      to[(k + 1) * kStride + row] = v.y;
      to[(k + 2) * kStride + row] = v.z;
      to[(k + 3) * kStride + row] = v.w;
    }
    return;
  }
  for (int i = threadIdx.x; i < MLP_ROWS * kInputsPadded; i += MLP_THREADS) {
    const int row = i / kInputsPadded, k = i % kInputsPadded;
    const bool inside = first + row < batch && k < kInputs;
    to[k * kStride + row] = inside ? x[(long long)(first + row) * kInputs + k] : 0.0f;
  }
}

}  // namespace mlp

// MLP_IFn(x) is x if there is a layer n; a comma in x is written MLP_COMMA.
#undef MLP_IF1
#undef MLP_IF2
#undef MLP_IF3
#undef MLP_IFS
#undef MLP_COMMA
#if MLP_LAYERS > 1
#define MLP_IF1(x) x
#else
#define MLP_IF1(x)
#endif
#if MLP_LAYERS > 2
#define MLP_IF2(x) x
#else
#define MLP_IF2(x)
#endif
#if MLP_LAYERS > 3
#define MLP_IF3(x) x
#else
#define MLP_IF3(x)
#endif
// Likewise for attack slots.
#if MLP_SLOTS
#define MLP_IFS(x) x
#else
#define MLP_IFS(x)
#endif
#define MLP_COMMA ,

