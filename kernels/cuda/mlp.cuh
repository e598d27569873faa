// SPDX-License-Identifier: Apache-2.0
//
// Small multilayer perceptrons (dense layers with ReLU between them) on the chip: a block holds one
// model's weights and a tile of MLP_ROWS samples in shared memory. Included inside a namespace of the
// including file, once for each set of these macros:
//   MLP_WIDTHS d0, d1, ..., classes; MLP_LAYERS dense layers, 1 to 4; MLP_ROWS samples a block, a
//   multiple of 8; MLP_THREADS threads a block; MLP_TM, MLP_TN largest tile of a thread,
//   MLP_WARP_ROWS of them above each other in a warp;
//   MLP_PAD floats between two rows of activations; MLP_SPARE arrays shaped like the input.
//
//   Products are register tiles of MLP_TM samples by MLP_TN columns from shared memory. Activations
//   lie with the sample contiguous, [width][rows]: the eight row groups of a quarter-warp read and
//   write 128 contiguous bytes. The forward pass reads four columns of a weight row; the backward
//   pass four consecutive columns of four rows at once, so that no transposed copy is needed. Row
//   strides of weights are odd multiples of 16 bytes. Widths are padded with zeros to multiples of 4.
//   Each element is one fma chain over ascending k, the logits four chains over quarters of k added
//   as a tree: neither depends on the number of models, the tile or the place in the batch.

namespace mlp {

constexpr int kWidths[] = {MLP_WIDTHS};
template <int L> struct Width {
  static constexpr int value = kWidths[L];
  static constexpr int padded = (value + 3) / 4 * 4;
  // Stride of a row of weights whose columns these are: an odd multiple of four.
  static constexpr int stride = padded / 4 % 2 == 1 ? padded : padded + 4;
};

constexpr int kClasses = Width<MLP_LAYERS>::value;
constexpr int kClassesPadded = Width<MLP_LAYERS>::padded;
constexpr int kInputs = Width<0>::value;
constexpr int kInputsPadded = Width<0>::padded;
constexpr int kSplits = 4;
constexpr int kLanes = 4;  // threads that share a row outside the products
constexpr int kUnroll = 8;

// Shared memory, in floats: weights, biases, activations (0 is the input), partial logits (the
// first part becomes the gradient of the logits), MLP_SPARE more arrays shaped like the input, and
// five numbers a sample. org.rigor.nn.mlp.MlpLayout counts the same.
constexpr int kStride = MLP_ROWS + MLP_PAD;
template <int L> struct Place {
  static constexpr int weight = Place<L - 1>::weight_end;
  static constexpr int weight_end = weight + Width<L>::padded * Width<L + 1>::stride;
};
template <> struct Place<-1> {
  static constexpr int weight_end = 0;
};
template <int L> struct Bias {
  static constexpr int begin = Bias<L - 1>::end;
  static constexpr int end = begin + Width<L + 1>::padded;
};
template <> struct Bias<-1> {
  static constexpr int end = Place<MLP_LAYERS - 1>::weight_end;
};
template <int L> struct Activation {
  static constexpr int begin = Activation<L - 1>::end;
  static constexpr int end = begin + Width<L>::padded * kStride;
};
template <> struct Activation<-1> {
  static constexpr int end = Bias<MLP_LAYERS - 1>::end;
};
constexpr int kLogits = Activation<MLP_LAYERS - 1>::end;
constexpr int kSpare = kLogits + kSplits * kClassesPadded * kStride;
constexpr int kRows = kSpare + MLP_SPARE * kInputsPadded * kStride;

// Tile of an output [rows, n] such that every thread has one, as far as possible.
static __device__ constexpr int tile(int n, bool rows) {
  int tm = MLP_ROWS % 64 == 0 ? MLP_TM : 4;
  int tn = MLP_TN;
  while (n % tn != 0) tn /= 2;
  while (MLP_ROWS / tm * (n / tn) < MLP_THREADS && tm * tn > 4) {
    if (tm == 8) tm = 4;
    else tn /= 2;
  }
  return rows ? tm : tn;
}

// Thread t's tile of a grid of G row groups by C column groups: a warp has MLP_WARP_ROWS row groups,
// as far as they divide.
template <int G, int C> static __device__ __forceinline__ int2 place(int t) {
  constexpr int R = MLP_WARP_ROWS;
  if constexpr (G % R == 0 && C % (32 / R) == 0) {
    const int lane = t % 32, warp = t / 32;
    return make_int2(warp % (G / R) * R + lane % R, warp / (G / R) * (32 / R) + lane / R);
  } else {
    return make_int2(t % G, t / G);
  }
}

template <int TM> struct Rows {
  // Rows of group g: 4 g and, for tiles of eight, 4 g + rows / 2.
  static __device__ __forceinline__ void load(float* v, const float* at, int g) {
#pragma unroll
    for (int h = 0; h < TM / 4; h++) {
      float4 q = *(const float4*)(at + h * (MLP_ROWS / 2) + 4 * g);
      v[4 * h] = q.x;
      v[4 * h + 1] = q.y;
      v[4 * h + 2] = q.z;
      v[4 * h + 3] = q.w;
    }
  }
  static __device__ __forceinline__ void store(const float* v, float* at, int g) {
#pragma unroll
    for (int h = 0; h < TM / 4; h++) {
      *(float4*)(at + h * (MLP_ROWS / 2) + 4 * g) =
          make_float4(v[4 * h], v[4 * h + 1], v[4 * h + 2], v[4 * h + 3]);
    }
  }
};

// acc[rows][columns] over k of [from, to): rows of a, TN columns of w from `column` on.
template <int TM, int TN>
static __device__ __forceinline__ void product(float (&acc)[TM][TN], const float* a, int g,
                                               const float* w, int stride, int from, int to) {
#pragma unroll
  for (int i = 0; i < TM; i++) {
#pragma unroll
    for (int j = 0; j < TN; j++) acc[i][j] = 0;
  }
#pragma unroll kUnroll
  for (int k = from; k < to; k++) {
    float x[TM], y[TN];
    Rows<TM>::load(x, a + k * kStride, g);
    if constexpr (TN % 4 == 0) {
#pragma unroll
      for (int j = 0; j < TN; j += 4) {
        float4 q = *(const float4*)(w + k * stride + j);
        y[j] = q.x;
        y[j + 1] = q.y;
        y[j + 2] = q.z;
        y[j + 3] = q.w;
      }
    } else {
#pragma unroll
      for (int j = 0; j < TN; j++) y[j] = w[k * stride + j];
    }
#pragma unroll
    for (int i = 0; i < TM; i++) {
#pragma unroll
      for (int j = 0; j < TN; j++) acc[i][j] = fmaf(x[i], y[j], acc[i][j]);
    }
  }
}

// Layer L with its ReLU.
template <int L> static __device__ __forceinline__ void hidden(float* s) {
  constexpr int N = Width<L + 1>::padded, K = Width<L>::padded, S = Width<L + 1>::stride;
  constexpr int TM = tile(N, true), TN = tile(N, false), G = MLP_ROWS / TM;
  for (int t = threadIdx.x; t < G * (N / TN); t += MLP_THREADS) {
    const int2 at = place<G, N / TN>(t);
    const int g = at.x, c = at.y * TN;
    float acc[TM][TN];
    product<TM, TN>(acc, s + Activation<L>::begin, g, s + Place<L>::weight + c, S, 0, K);
#pragma unroll
    for (int j = 0; j < TN; j++) {
      const float b = s[Bias<L>::begin + c + j];
      float v[TM];
#pragma unroll
      for (int i = 0; i < TM; i++) {
        const float z = acc[i][j] + b;
        v[i] = z < 0.0f ? 0.0f : z;
      }
      Rows<TM>::store(v, s + Activation<L + 1>::begin + (c + j) * kStride, g);
    }
  }
}

// The last layer without its bias, in four parts by quarters of k.
static __device__ __forceinline__ void logits(float* s) {
  constexpr int L = MLP_LAYERS - 1, N = kClassesPadded, K = Width<L>::padded;
  constexpr int S = Width<L + 1>::stride, G = MLP_ROWS / 4, Q = (K / 4 + kSplits - 1) / kSplits * 4;
  for (int t = threadIdx.x; t < G * (N / 4) * kSplits; t += MLP_THREADS) {
    const int g = t % G, c = t / G % (N / 4) * 4, part = t / G / (N / 4);
    const int from = part * Q, to = from + Q < K ? from + Q : K;
    float acc[4][4];
    product<4, 4>(acc, s + Activation<L>::begin, g, s + Place<L>::weight + c, S, from, to);
#pragma unroll
    for (int j = 0; j < 4; j++) {
      float v[4] = {acc[0][j], acc[1][j], acc[2][j], acc[3][j]};
      Rows<4>::store(v, s + kLogits + (part * N + c + j) * kStride, g);
    }
  }
}

// Gradient of layer L's input from that of its output at `from`, a tile at a time.
template <int L, class Use>
static __device__ __forceinline__ void backward(float* s, int from, Use use) {
  constexpr int K = Width<L>::padded, N = Width<L + 1>::padded, S = Width<L + 1>::stride;
  constexpr int TM = tile(K, true), TN = tile(K, false), G = MLP_ROWS / TM, C = K / TN;
  for (int t = threadIdx.x; t < G * C; t += MLP_THREADS) {
    const int2 at = place<G, C>(t);
    const int g = at.x, c = at.y;
    const float* w = s + Place<L>::weight + c * S;
    const float* ct = s + from;
    float acc[TM][TN];
#pragma unroll
    for (int i = 0; i < TM; i++) {
#pragma unroll
      for (int j = 0; j < TN; j++) acc[i][j] = 0;
    }
#pragma unroll (kUnroll / 4)
    for (int n = 0; n < N; n += 4) {
      float y[TN][4];
#pragma unroll
      for (int j = 0; j < TN; j++) {
        float4 q = *(const float4*)(w + j * C * S + n);
        y[j][0] = q.x;
        y[j][1] = q.y;
        y[j][2] = q.z;
        y[j][3] = q.w;
      }
#pragma unroll
      for (int h = 0; h < 4; h++) {
        float x[TM];
        Rows<TM>::load(x, ct + (n + h) * kStride, g);
#pragma unroll
        for (int i = 0; i < TM; i++) {
#pragma unroll
          for (int j = 0; j < TN; j++) acc[i][j] = fmaf(x[i], y[j][h], acc[i][j]);
        }
      }
    }
#pragma unroll
    for (int j = 0; j < TN; j++) {
      float v[TM];
#pragma unroll
      for (int i = 0; i < TM; i++) v[i] = acc[i][j];
      use.template operator()<TM>(v, c + j * C, g);
    }
  }
}

// Masks with the ReLU of the activation at the same place and replaces it.
template <int L> struct Masked {
  float* s;
  template <int TM> __device__ __forceinline__ void operator()(float* v, int k, int g) const {
    float* at = s + Activation<L>::begin + k * kStride;
    float h[TM];
    Rows<TM>::load(h, at, g);
#pragma unroll
    for (int i = 0; i < TM; i++) v[i] = h[i] > 0.0f ? v[i] : 0.0f;
    Rows<TM>::store(v, at, g);
  }
};

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

// e^v for v <= 0, as the engine's own tree (org.rigor.ir.fn.ExpTrees) does it.
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

template <int L> static __device__ __forceinline__ void forward_from(float* s) {
  if constexpr (L < MLP_LAYERS - 1) {
    hidden<L>(s);
    __syncthreads();
    forward_from<L + 1>(s);
  }
}

template <int L> static __device__ __forceinline__ void backward_from(float* s, int from) {
  if constexpr (L > 0) {
    backward<L>(s, from, Masked<L>{s});
    __syncthreads();
    backward_from<L - 1>(s, Activation<L>::begin);
  }
}

template <int L>
static __device__ __forceinline__ void load_layer(float* s, const float* w, const float* b) {
  constexpr int K = Width<L>::padded, N = Width<L + 1>::padded, S = Width<L + 1>::stride;
  constexpr int k = Width<L>::value, n = Width<L + 1>::value;
  float* to = s + Place<L>::weight;
  if (n % 4 == 0 && k % 4 == 0 && ((size_t)w & 15) == 0) {
#pragma unroll 4
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

// A tile of samples [B, d0] from sample `first` on, transposed; zeros behind the last one.
static __device__ __forceinline__ void load_rows(float* to, const float* x, int first, int batch) {
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

