// SPDX-License-Identifier: Apache-2.0
//
// Gradients of the mean cross-entropy of small multilayer perceptrons by their parameters, on the
// chip: a forward pass, then a backward pass that multiplies by each transposed activation before
// its gradient overwrites it.
//
// mlp_gradient  x [B, d0], labels [B], smoothing [1], weight [d0, d1], bias [d1], ... -> out [n].
//   Macros: those of mlp.cuh. Parameters: B, n. Grid: y over models, one block per model; it
//   processes larger batches tile by tile.
//   out holds, each part aligned to a multiple of 4: for each layer the gradients of weight and
//   bias; for each sample its largest logit minus the sum of target x logit; for each sample its
//   sum of exponentials of logits less the largest. The loss is their mean(first + log(second)).
//
//   Floor: 6 B (sum of d_i d_(i+1)) operations less 2 B d0 d1; weights read and gradients written
//   once. 64-128-128-10, 64 samples, 256 models: 2.3 GFLOP, 58 MB.
//   A thread owns at most 8 rows by 8 columns of a weight's gradient and reads four samples of each
//   at once; the padded stride of activations puts neighbouring columns in different banks. A sum
//   over samples is one fma chain per tile; tiles are added in ascending order.

#include "mlp.cuh"
#include "mlp_rows.cuh"

namespace mlp {

enum { kTop, kSum, kLabel, kSpareA, kSpareB };  // state of a row

template <int L> struct Out {
  static constexpr int weight = Out<L - 1>::end;
  static constexpr int bias = weight + (Width<L>::value * Width<L + 1>::value + 3) / 4 * 4;
  static constexpr int end = bias + Width<L + 1>::padded;
};
template <> struct Out<-1> {
  static constexpr int end = 0;
};

// Tile of a gradient [k, n] such that every thread has one, as far as possible.
static __device__ constexpr int outer_tile(int k, int n, bool rows) {
  int tk = 8, tn = 8;
  while (k % tk != 0) tk /= 2;
  while (n % tn != 0) tn /= 2;
  while (k / tk * (n / tn) < MLP_THREADS && tk * tn > 2) {
    if (tk > tn) tk /= 2;
    else tn /= 2;
  }
  return rows ? tk : tn;
}

// Gradients of layer L's parameters from those of its output at `from`; adds unless first.
template <int L>
static __device__ __forceinline__ void parameters(const float* s, int from, float* out, bool first) {
  constexpr int K = Width<L>::padded, N = Width<L + 1>::padded;
  constexpr int n = Width<L + 1>::value;
  constexpr int TK = outer_tile(K, N, true), TN = outer_tile(K, N, false);
  constexpr int C = N / TN, R = K / TK;
  for (int t = threadIdx.x; t < R * C; t += MLP_THREADS) {
    const int c = t % C, r = t / C;
    const float* a = s + Activation<L>::begin + r * kStride;
    const float* g = s + from + c * kStride;
    float acc[TK][TN];
#pragma unroll
    for (int i = 0; i < TK; i++) {
#pragma unroll
      for (int j = 0; j < TN; j++) acc[i][j] = 0;
    }
#pragma unroll 2
    for (int row = 0; row < MLP_ROWS; row += 4) {
      float4 x[TK], y[TN];
#pragma unroll
      for (int i = 0; i < TK; i++) x[i] = *(const float4*)(a + i * R * kStride + row);
#pragma unroll
      for (int j = 0; j < TN; j++) y[j] = *(const float4*)(g + j * C * kStride + row);
#pragma unroll
      for (int i = 0; i < TK; i++) {
#pragma unroll
        for (int j = 0; j < TN; j++) {
          float v = fmaf(x[i].x, y[j].x, acc[i][j]);
          v = fmaf(x[i].y, y[j].y, v);
          v = fmaf(x[i].z, y[j].z, v);
          acc[i][j] = fmaf(x[i].w, y[j].w, v);
        }
      }
    }
#pragma unroll
    for (int i = 0; i < TK; i++) {
#pragma unroll
      for (int j = 0; j < TN; j++) {
        const int k = r + i * R, column = c + j * C;
        if (k >= Width<L>::value || column >= n) continue;
        float* to = out + Out<L>::weight + k * n + column;
        *to = first ? acc[i][j] : *to + acc[i][j];
      }
    }
  }
  for (int j = threadIdx.x; j < n; j += MLP_THREADS) {
    const float* g = s + from + j * kStride;
    float sum = 0;
    for (int row = 0; row < MLP_ROWS; row++) sum += g[row];
    float* to = out + Out<L>::bias + j;
    *to = first ? sum : *to + sum;
  }
  constexpr int weights = Width<L>::value * n, padded = (weights + 3) / 4 * 4;
  for (int i = threadIdx.x; i < padded - weights; i += MLP_THREADS) {
    out[Out<L>::weight + weights + i] = 0;
  }
  for (int j = n + threadIdx.x; j < N; j += MLP_THREADS) out[Out<L>::bias + j] = 0;
}

// Logits from their parts, the terms of the loss, and the gradient of the mean loss by the logits:
// (softmax - target) / B. Targets are (1 - smoothing) one-hot + smoothing / classes.
static __device__ __forceinline__ void loss(float* s, float smoothing, int batch) {
  for (int first = 0; first < MLP_ROWS * kLanes; first += MLP_THREADS) {
    const int row = (first + threadIdx.x) / kLanes, lane = threadIdx.x % kLanes;
    if (row >= MLP_ROWS) break;
    constexpr int Q = (kClassesPadded + kLanes - 1) / kLanes;
    float* z = s + kLogits + row;
    const int label = (int)row_state(s, kLabel)[row];
    const float even = smoothing * (1.0f / kClasses);
    float v[Q];
    float top = -__int_as_float(0x7f800000), picked = 0, sum = 0;
#pragma unroll
    for (int q = 0; q < Q; q++) {
      const int c = q * kLanes + lane;
      if (c >= kClasses) continue;
      v[q] = logit(s, z, c);
      const float target = (c == label ? 1.0f - smoothing : 0.0f) + even;
      picked = fmaf(target, v[q], picked);
      top = v[q] != v[q] || v[q] > top ? v[q] : top;
    }
    picked = lanes_sum(picked);
    top = lanes_max(top);
#pragma unroll
    for (int q = 0; q < Q; q++) {
      const int c = q * kLanes + lane;
      if (c >= kClasses) continue;
      v[q] = exp_negative(v[q] - top);
      sum += v[q];
    }
    sum = lanes_sum(sum);
    if (lane == 0) {
      row_state(s, kTop)[row] = top - picked;
      row_state(s, kSum)[row] = sum;
    }
#pragma unroll
    for (int q = 0; q < Q; q++) {
      const int c = q * kLanes + lane;
      if (c >= kClassesPadded) continue;
      const float target = (c == label ? 1.0f - smoothing : 0.0f) + even;
      const bool inside = c < kClasses && label >= 0;
      z[c * kStride] = inside ? (v[q] / sum - target) / batch : 0.0f;
    }
  }
}

template <int L>
static __device__ __forceinline__ void layers_from(float* s, int from, float* out, bool first) {
  parameters<L>(s, from, out, first);
  if constexpr (L > 0) {
    __syncthreads();
    backward<L>(s, from, Masked<L>{s});
    __syncthreads();
    layers_from<L - 1>(s, Activation<L>::begin, out, first);
  }
}

}  // namespace mlp

extern "C" __global__ void __launch_bounds__(MLP_THREADS, 1) mlp_gradient(
    const float* x, const int* labels, const float* smoothing, const float* w0, const float* b0,
    MLP_IF1(const float* w1 MLP_COMMA const float* b1 MLP_COMMA)
    MLP_IF2(const float* w2 MLP_COMMA const float* b2 MLP_COMMA)
    MLP_IF3(const float* w3 MLP_COMMA const float* b3 MLP_COMMA)
    float* out, long long x_stride, long long labels_stride, long long smoothing_stride,
    long long w0_stride, long long b0_stride,
    MLP_IF1(long long w1_stride MLP_COMMA long long b1_stride MLP_COMMA)
    MLP_IF2(long long w2_stride MLP_COMMA long long b2_stride MLP_COMMA)
    MLP_IF3(long long w3_stride MLP_COMMA long long b3_stride MLP_COMMA)
    long long out_stride, int models, int items, int batch) {
  using namespace mlp;
  extern __shared__ float4 shared[];
  float* s = (float*)shared;
  constexpr int parts = Out<MLP_LAYERS - 1>::end;
  for (int m = blockIdx.y; m < models; m += gridDim.y) {
    float* to = out + m * out_stride;
    load_layer<0>(s, w0 + m * w0_stride, b0 + m * b0_stride);
    MLP_IF1(load_layer<1>(s, w1 + m * w1_stride, b1 + m * b1_stride);)
    MLP_IF2(load_layer<2>(s, w2 + m * w2_stride, b2 + m * b2_stride);)
    MLP_IF3(load_layer<3>(s, w3 + m * w3_stride, b3 + m * b3_stride);)
    for (int first = 0; first < batch; first += MLP_ROWS) {
      load_rows(s + Activation<0>::begin, x + m * x_stride, first, batch);
      for (int i = threadIdx.x; i < MLP_ROWS; i += MLP_THREADS) {
        const bool inside = first + i < batch;
        row_state(s, kLabel)[i] = inside ? labels[m * labels_stride + first + i] : -1;
      }
      __syncthreads();
      forward_from<0>(s);
      logits(s);
      __syncthreads();
      loss(s, smoothing[m * smoothing_stride], batch);
      __syncthreads();
      for (int i = threadIdx.x; i < MLP_ROWS && first + i < batch; i += MLP_THREADS) {
        to[parts + first + i] = row_state(s, kTop)[i];
        to[parts + (batch + 3) / 4 * 4 + first + i] = row_state(s, kSum)[i];
      }
      layers_from<MLP_LAYERS - 1>(s, kLogits, to, first == 0);
      __syncthreads();
    }
    const int padded = (batch + 3) / 4 * 4;
    for (int i = batch + threadIdx.x; i < padded; i += MLP_THREADS) {
      to[parts + i] = 0;
      to[parts + padded + i] = 0;
    }
  }
}
