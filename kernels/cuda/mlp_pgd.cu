// SPDX-License-Identifier: Apache-2.0
//
// Several steps of projected gradient ascent on small multilayer perceptrons, all on the chip.
//
// mlp_pgd  x [B, d0], x0 [B, d0], labels [B], epsilon [B or 1], step size [B or 1], (stage [B],
//          iteration [B],) weight [d0, d1], bias [d1], ... -> out [B, d0] or [B, d0 + 2].
//   Macros: those of mlp.cuh; MLP_EPSILON_ROWS 1 if epsilon and step size are per sample; MLP_L2 1
//   for the Euclidean ball, else the cube; MLP_MARGIN 1 for the margin as the loss, else the
//   cross-entropy; MLP_SLOTS 1 for attack slots: a sample moves while its stage is 1; the stage
//   becomes 2 when it is misclassified or names no class, 3 when its iteration reaches the limit.
//   Iteration and stage are the last two columns of the result.
//   Parameters: B, steps, limit of the iteration, bits of the box's lower and upper side.
//   Grid: x over tiles of samples, which are the items, y over models.
//
//   Floor: 4 B steps (sum of d_i d_(i+1)) operations; device memory is touched once for weights,
//   start and result. 64-128-128-10, 64 samples, 10 steps, 256 models: 17 GFLOP, 35 MB. So weights
//   and iterates stay on the chip, and arithmetic binds.

#include "mlp.cuh"
#include "mlp_rows.cuh"

namespace mlp {

constexpr int kClean = kSpare;
constexpr int kGradient = kSpare + kInputsPadded * kStride;  // only for the Euclidean ball
enum { kEpsilon, kSize, kLabel, kStage, kIteration };        // state of a row

static __device__ __forceinline__ float clamp(float v, float lower, float upper) {
  v = v < lower ? lower : v;
  return v > upper ? upper : v;
}

// Sign step: the owner of each element of the iterate moves it.
struct SignStep {
  float* s;
  float lower, upper;
  template <int TM> __device__ __forceinline__ unsigned bits(int k, int g) const { return 0; }
  template <int TM>
  __device__ __forceinline__ void finish(float* v, int k, int g, unsigned bits) const {
    float* at = s + Activation<0>::begin + k * kStride;
    float x[TM], clean[TM], epsilon[TM], size[TM];
    Rows<TM>::load(x, at, g);
    Rows<TM>::load(clean, s + kClean + k * kStride, g);
    Rows<TM>::load(epsilon, row_state(s, kEpsilon), g);
    Rows<TM>::load(size, row_state(s, kSize), g);
#if MLP_SLOTS
    float stage[TM];
    Rows<TM>::load(stage, row_state(s, kStage), g);
#endif
#pragma unroll
    for (int i = 0; i < TM; i++) {
      const float direction = v[i] > 0.0f ? 1.0f : v[i] < 0.0f ? -1.0f : v[i];
      float moved = x[i] + direction * size[i];
      moved = clamp(moved, clean[i] - epsilon[i], clean[i] + epsilon[i]);
      moved = clamp(moved, lower, upper);
#if MLP_SLOTS
      v[i] = stage[i] == 1.0f && moved == moved ? moved : x[i];
#else
      v[i] = moved;
#endif
    }
    Rows<TM>::store(v, at, g);
  }
};

#if MLP_L2
struct KeepGradient {
  float* s;
  template <int TM> __device__ __forceinline__ unsigned bits(int k, int g) const { return 0; }
  template <int TM>
  __device__ __forceinline__ void finish(float* v, int k, int g, unsigned bits) const {
    Rows<TM>::store(v, s + kGradient + k * kStride, g);
  }
};

// Norm of a row of numbers `kStride` apart, scaled by the largest as in org.rigor.threat.Norm.
static __device__ __forceinline__ float length(const float* at, int lane) {
  float largest = 0;
  for (int k = lane; k < kInputs; k += kLanes) {
    const float a = fabsf(at[k * kStride]);
    largest = a != a || a > largest ? a : largest;
  }
  largest = lanes_max(largest);
  const float scale = largest > 0.0f ? largest : 1.0f;
  float sum = 0;
  for (int k = lane; k < kInputs; k += kLanes) {
    const float u = at[k * kStride] / scale;
    sum = fmaf(u, u, sum);
  }
  return scale * sqrtf(lanes_sum(sum));
}

// Steps along the unit gradient, projects onto the ball, then the box; kLanes threads per row.
static __device__ __forceinline__ void euclidean_step(float* s, float lower, float upper) {
  for (int first = 0; first < MLP_ROWS * kLanes; first += MLP_THREADS) {
    const int row = (first + threadIdx.x) / kLanes, lane = threadIdx.x % kLanes;
    if (row >= MLP_ROWS) break;
    float* x = s + Activation<0>::begin + row;
    float* d = s + kGradient + row;
    const float* clean = s + kClean + row;
    const float epsilon = row_state(s, kEpsilon)[row], size = row_state(s, kSize)[row];
    const float n = length(d, lane);
    for (int k = lane; k < kInputs; k += kLanes) {
      const float direction = n > 0.0f ? d[k * kStride] / n : 0.0f;
      d[k * kStride] = x[k * kStride] + direction * size - clean[k * kStride];
    }
    const float far = length(d, lane);
    const float shrink = epsilon / far;
    const bool moves = !MLP_SLOTS || row_state(s, kStage)[row] == 1.0f;
    for (int k = lane; k < kInputs && moves; k += kLanes) {
      const float step = far > epsilon ? d[k * kStride] * shrink : d[k * kStride];
      const float next = clamp(clean[k * kStride] + step, lower, upper);
      if (!MLP_SLOTS || next == next) x[k * kStride] = next;
    }
  }
}
#endif

// Logits from their parts, the row's state, and the gradient of the loss by the logits. kLanes
// threads per row, each taking every kLanes-th class.
static __device__ __forceinline__ void loss(float* s, int limit) {
  for (int first = 0; first < MLP_ROWS * kLanes; first += MLP_THREADS) {
    const int row = (first + threadIdx.x) / kLanes, lane = threadIdx.x % kLanes;
    if (row >= MLP_ROWS) break;
    constexpr int Q = (kClassesPadded + kLanes - 1) / kLanes, N = kClassesPadded;
    float* z = s + kLogits + row;
    const int label = (int)row_state(s, kLabel)[row];
    float v[Q];
    float wrong = -__int_as_float(0x7f800000), right = wrong, nan = 0;
#pragma unroll
    for (int q = 0; q < Q; q++) {
      const int c = q * kLanes + lane;
      if (c >= kClasses) continue;
      v[q] = logit(s, z, c);
      if (v[q] != v[q]) nan = v[q];
      if (c == label) right = v[q];
      else wrong = v[q] > wrong ? v[q] : wrong;
    }
    wrong = lanes_max(wrong);
    right = lanes_max(right);
    nan = lanes_sum(nan);
#if MLP_SLOTS
    if (lane == 0) {
      float* stage = row_state(s, kStage) + row;
      float* iteration = row_state(s, kIteration) + row;
      if (*stage == 1.0f) {
        // A NaN margin counts as fooled: the network names no class.
        if (!(wrong - right + nan <= 0.0f)) *stage = 2.0f;
        else if (*iteration >= limit) *stage = 3.0f;
        else *iteration += 1.0f;
      }
    }
#endif
#if MLP_MARGIN
    float ties = 0;
#pragma unroll
    for (int q = 0; q < Q; q++) {
      const int c = q * kLanes + lane;
      if (c < kClasses && c != label && v[q] == wrong) ties += 1.0f;
    }
    const float share = 1.0f / lanes_sum(ties);
#else
    const float top = wrong > right ? wrong : right;
    float sum = 0;
#pragma unroll
    for (int q = 0; q < Q; q++) {
      const int c = q * kLanes + lane;
      if (c >= kClasses) continue;
      v[q] = exp_negative(v[q] - top);
      sum += v[q];
    }
    const float total = lanes_sum(sum);
#endif
#pragma unroll
    for (int q = 0; q < Q; q++) {
      const int c = q * kLanes + lane;
      if (c >= N) continue;
      const float one = c == label ? 1.0f : 0.0f;
#if MLP_MARGIN
      const float d = (c != label && v[q] == wrong ? share : 0.0f) - one + nan;
#else
      const float d = v[q] / total - one + nan;
#endif
      z[c * kStride] = c < kClasses ? d : 0.0f;
    }
  }
}

}  // namespace mlp

extern "C" __global__ void __launch_bounds__(MLP_THREADS, 1) mlp_pgd(
    const float* x, const float* x0, const int* labels, const float* epsilon, const float* size,
    MLP_IFS(const int* stage MLP_COMMA const int* iteration MLP_COMMA)
    const float* w0, const float* b0,
    MLP_IF1(const float* w1 MLP_COMMA const float* b1 MLP_COMMA)
    MLP_IF2(const float* w2 MLP_COMMA const float* b2 MLP_COMMA)
    MLP_IF3(const float* w3 MLP_COMMA const float* b3 MLP_COMMA)
    float* out, long long x_stride, long long x0_stride, long long labels_stride,
    long long epsilon_stride, long long size_stride,
    MLP_IFS(long long stage_stride MLP_COMMA long long iteration_stride MLP_COMMA)
    long long w0_stride, long long b0_stride,
    MLP_IF1(long long w1_stride MLP_COMMA long long b1_stride MLP_COMMA)
    MLP_IF2(long long w2_stride MLP_COMMA long long b2_stride MLP_COMMA)
    MLP_IF3(long long w3_stride MLP_COMMA long long b3_stride MLP_COMMA)
    long long out_stride, int models, int items, int batch, int steps, int limit, int lower_bits,
    int upper_bits) {
  using namespace mlp;
  extern __shared__ float4 shared[];
  float* s = (float*)shared;
  const float lower = __int_as_float(lower_bits), upper = __int_as_float(upper_bits);
  constexpr int wide = kInputs + (MLP_SLOTS ? 2 : 0);
  for (int m = blockIdx.y; m < models; m += gridDim.y) {
    load_layer<0>(s, w0 + m * w0_stride, b0 + m * b0_stride);
    MLP_IF1(load_layer<1>(s, w1 + m * w1_stride, b1 + m * b1_stride);)
    MLP_IF2(load_layer<2>(s, w2 + m * w2_stride, b2 + m * b2_stride);)
    MLP_IF3(load_layer<3>(s, w3 + m * w3_stride, b3 + m * b3_stride);)
    for (int first = blockIdx.x * MLP_ROWS; first < batch; first += gridDim.x * MLP_ROWS) {
      load_rows(s + Activation<0>::begin, x + m * x_stride, first, batch);
      load_rows(s + kClean, x0 + m * x0_stride, first, batch);
      for (int i = threadIdx.x; i < MLP_ROWS; i += MLP_THREADS) {
        const bool inside = first + i < batch;
        const int at = inside ? first + i : 0;
        row_state(s, kEpsilon)[i] = epsilon[m * epsilon_stride + (MLP_EPSILON_ROWS ? at : 0)];
        row_state(s, kSize)[i] = size[m * size_stride + (MLP_EPSILON_ROWS ? at : 0)];
        row_state(s, kLabel)[i] = labels[m * labels_stride + at];
        MLP_IFS(row_state(s, kStage)[i] = inside ? stage[m * stage_stride + at] : 0;)
        MLP_IFS(row_state(s, kIteration)[i] = iteration[m * iteration_stride + at];)
      }
      __syncthreads();
      for (int step = 0; step < steps; step++) {
#if MLP_SLOTS
        bool busy = false;
        for (int i = threadIdx.x; i < MLP_ROWS; i += MLP_THREADS) {
          busy |= row_state(s, kStage)[i] == 1.0f;
        }
        if (!__syncthreads_or(busy)) break;
#endif
        forward_from<0>(s);
        logits(s);
        __syncthreads();
        loss(s, limit);
        __syncthreads();
        backward_from<MLP_LAYERS - 1>(s, kLogits);
        constexpr int behind = MLP_LAYERS == 1 ? kLogits : Activation<1>::begin;
#if MLP_L2
        backward<0>(s, behind, KeepGradient{s});
        __syncthreads();
        euclidean_step(s, lower, upper);
#else
        backward<0>(s, behind, SignStep{s, lower, upper});
#endif
        __syncthreads();
      }
      float* to = out + m * out_stride + (long long)first * wide;
      const bool vectors = wide == kInputs && wide % 4 == 0 && ((size_t)to & 15) == 0;
      for (int i = threadIdx.x; i < MLP_ROWS * (wide / 4) && vectors; i += MLP_THREADS) {
        const int row = i % MLP_ROWS, k = i / MLP_ROWS * 4;
        const float* at = s + Activation<0>::begin + k * kStride + row;
        if (first + row < batch) {
          *(float4*)(to + row * wide + k) =
              make_float4(at[0], at[kStride], at[2 * kStride], at[3 * kStride]);
        }
      }
      for (int i = threadIdx.x; i < MLP_ROWS * wide && !vectors; i += MLP_THREADS) {
        const int row = i / wide, k = i % wide;
        if (first + row < batch) {
          const float v = k < kInputs ? s[Activation<0>::begin + k * kStride + row]
                                      : row_state(s, k == kInputs ? kIteration : kStage)[row];
          to[row * wide + k] = v;
        }
      }
      __syncthreads();
    }
  }
}
