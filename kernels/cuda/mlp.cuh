// SPDX-License-Identifier: Apache-2.0
//
// Small multilayer perceptrons (dense layers with ReLU between them) on the chip: a block holds
// one model's weights and a tile of MLP_ROWS samples in shared memory. Included within a namespace
// of the including file, once for each set of these macros:
//   MLP_WIDTHS d0, d1, ..., classes; MLP_LAYERS dense layers, 1 to 4; MLP_ROWS samples per block, a
//   multiple of 8; MLP_THREADS threads per block; MLP_PAD floats between two rows of activations;
//   MLP_SPARE arrays shaped like the input.
//
//   Products use register tiles of at most 8 x 8, fed from shared memory, which gives each lane of
//   a warp one float per cycle: with four schedulers an 8 x 8 tile reads as long as it multiplies,
//   an 8 x 4 tile half as long again. To keep 256 threads busy with 64 samples, a pair of threads
//   shares a tile, each with half of the terms of its sums (measured on an H100 before: 33 TFLOP/s
//   with 8 x 4 and one thread per tile, 29 with 8 x 8 and half the threads). Samples are contiguous
//   in activations, [width][rows]: the eight row groups of a quarter-warp read and write 128
//   contiguous bytes. The forward pass reads four columns of a weight row, the backward pass four
//   consecutive columns of four rows at once, so neither needs a transposed copy. Row strides of
//   weights are odd multiples of 16 bytes. Widths are padded with zeros to multiples of 4. Sums of
//   32 or more terms are two fma chains over halves, the logits four over quarters, added as a
//   tree; shorter sums are one chain. No sum depends on the number of models, the tile or the
//   position in the batch.

namespace mlp {

constexpr int kWidths[] = {MLP_WIDTHS};
template <int L> struct Width {
  static constexpr int value = kWidths[L];
  static constexpr int padded = (value + 3) / 4 * 4;
  // Stride of a row of weights with these columns: an odd multiple of four.
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

// Number of chains of a sum over n terms: two, each over half of them, let a pair share a tile.
static __device__ constexpr int chains(int n) { return n >= 32 ? 2 : 1; }
static __device__ constexpr int half(int n) { return (n / 4 + 1) / 2 * 4; }

// Terms of a part of P: a constant where the halves are equal.
template <int N, int P> static __device__ __forceinline__ int terms(int part) {
  if constexpr (P == 1) return N;
  if constexpr (half(N) * 2 == N) return N / 2;
  return part == 0 ? half(N) : N - half(N);
}

// Tile of an output [rows, n] such that every thread has one, as far as possible.
static __device__ constexpr int tile(int n, int chains, bool rows) {
  int tm = MLP_ROWS % 64 == 0 ? 8 : 4;
  int tn = chains == 2 ? 8 : 4;
  while (n % tn != 0) tn /= 2;
  while (MLP_ROWS / tm * (n / tn) * chains < MLP_THREADS && tm * tn > 4) {
    if (tm == 8 && tn <= 4) tm = 4;
    else tn /= 2;
  }
  return rows ? tm : tn;
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

// acc[rows][columns] over `terms` rows of a and of w.
template <int TM, int TN>
static __device__ __forceinline__ void product(float (&acc)[TM][TN], const float* a, int g,
                                               const float* w, int stride, int terms) {
#pragma unroll
  for (int i = 0; i < TM; i++) {
#pragma unroll
    for (int j = 0; j < TN; j++) acc[i][j] = 0;
  }
#pragma unroll kUnroll
  for (int k = 0; k < terms; k++) {
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

// Sends the columns of a tile owned by the other thread of a pair to `at(j)`, then adds the columns
// received: thread 0 of a pair owns the first half of the columns.
template <int TM, int TN, class At, class Use>
static __device__ __forceinline__ void exchange(float (&acc)[TM][TN], int part, int g, bool active,
                                                At at, Use use) {
  constexpr int H = (TN + 1) / 2;
#pragma unroll
  for (int j = 0; j < TN; j++) {
    if (!active || (j < H) == (part == 0)) continue;
    float v[TM];
#pragma unroll
    for (int i = 0; i < TM; i++) v[i] = acc[i][j];
    Rows<TM>::store(v, at(j), g);
  }
  __syncthreads();
#pragma unroll
  for (int j = 0; j < TN; j++) {
    if (!active || (j < H) != (part == 0)) continue;
    float v[TM];
    Rows<TM>::load(v, at(j), g);
#pragma unroll
    for (int i = 0; i < TM; i++) v[i] += acc[i][j];
    use(v, j);
  }
}

// Layer L with its ReLU.
template <int L> static __device__ __forceinline__ void hidden(float* s) {
  constexpr int N = Width<L + 1>::padded, K = Width<L>::padded, S = Width<L + 1>::stride;
  constexpr int P = chains(K), TM = tile(N, P, true), TN = tile(N, P, false);
  constexpr int G = MLP_ROWS / TM, C = N / TN, T = MLP_THREADS / P;
  const int part = threadIdx.x / T;
  for (int first = 0; first < G * C; first += T) {
    const int t = first + threadIdx.x % T;
    const bool active = t < G * C;
    const int g = active ? t % G : 0, c = active ? t / G * TN : 0, from = part * half(K);
    float acc[TM][TN];
    product<TM, TN>(acc, s + Activation<L>::begin + from * kStride, g,
                    s + Place<L>::weight + from * S + c, S, terms<K, P>(part));
    auto column = [&](int j) { return s + Activation<L + 1>::begin + (c + j) * kStride; };
    auto finish = [&](float* v, int j) {
      const float b = s[Bias<L>::begin + c + j];
#pragma unroll
      for (int i = 0; i < TM; i++) {
        const float z = v[i] + b;
        v[i] = z < 0.0f ? 0.0f : z;
      }
      Rows<TM>::store(v, column(j), g);
    };
    if constexpr (P == 2) {
      exchange<TM, TN>(acc, part, g, active, column, finish);
    } else if (active) {
#pragma unroll
      for (int j = 0; j < TN; j++) {
        float v[TM];
#pragma unroll
        for (int i = 0; i < TM; i++) v[i] = acc[i][j];
        finish(v, j);
      }
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
    product<4, 4>(acc, s + Activation<L>::begin + from * kStride, g,
                  s + Place<L>::weight + from * S + c, S, to - from);
#pragma unroll
    for (int j = 0; j < 4; j++) {
      float v[4] = {acc[0][j], acc[1][j], acc[2][j], acc[3][j]};
      Rows<4>::store(v, s + kLogits + (part * N + c + j) * kStride, g);
    }
  }
}

// acc over `terms` rows of ct and columns of w: TN rows of w, `apart` from each other.
template <int TM, int TN>
static __device__ __forceinline__ void transposed(float (&acc)[TM][TN], const float* ct, int g,
                                                  const float* w, int apart, int terms) {
#pragma unroll
  for (int i = 0; i < TM; i++) {
#pragma unroll
    for (int j = 0; j < TN; j++) acc[i][j] = 0;
  }
#pragma unroll (kUnroll / 4)
  for (int n = 0; n < terms; n += 4) {
    float y[TN][4];
#pragma unroll
    for (int j = 0; j < TN; j++) {
      float4 q = *(const float4*)(w + j * apart + n);
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
}

// Room for exchanging the inputs' gradients: later activations and logits are no longer needed.
constexpr bool kRoom =
    MLP_LAYERS > 1 && kSpare - Activation<1>::end >= kInputsPadded * kStride;

// Gradient of layer L's input from that of its output at `from`, tile by tile: use.bits runs
// before anything is overwritten, use.finish takes the rows of a column.
template <int L, class Use>
static __device__ __forceinline__ void backward(float* s, int from, Use use) {
  constexpr int K = Width<L>::padded, N = Width<L + 1>::padded, S = Width<L + 1>::stride;
  constexpr int P = L > 0 || kRoom ? chains(N) : 1;
  constexpr int TM = tile(K, P, true), TN = tile(K, P, false);
  constexpr int G = MLP_ROWS / TM, C = K / TN, T = MLP_THREADS / P, H = (TN + 1) / 2;
  const int part = threadIdx.x / T;
  for (int first = 0; first < G * C; first += T) {
    const int t = first + threadIdx.x % T;
    const bool active = t < G * C;
    const int g = active ? t % G : 0, c = active ? t / G : 0, half_from = part * half(N);
    unsigned bits[2] = {0, 0};
#pragma unroll
    for (int j = 0; j < TN; j++) {
      if (P == 2 && (j < H) != (part == 0)) continue;
      const int q = j < H ? j : j - H;
      bits[P == 2 ? 0 : j / H] |= use.template bits<TM>(c + j * C, g) << (q * TM);
    }
    float acc[TM][TN];
    transposed<TM, TN>(acc, s + from + half_from * kStride, g,
                       s + Place<L>::weight + c * S + half_from, C * S, terms<N, P>(part));
    auto finish = [&](float* v, int j) {
      const int q = j < H ? j : j - H;
      use.template finish<TM>(v, c + j * C, g, bits[P == 2 ? 0 : j / H] >> (q * TM));
    };
    if constexpr (P == 2) {
      if (L > 0) __syncthreads();  // all threads have read their bits
      constexpr int to = L > 0 ? Activation<L>::begin : Activation<1>::end;
      auto column = [&](int j) { return s + to + (c + j * C) * kStride; };
      exchange<TM, TN>(acc, part, g, active, column, finish);
    } else if (active) {
#pragma unroll
      for (int j = 0; j < TN; j++) {
        float v[TM];
#pragma unroll
        for (int i = 0; i < TM; i++) v[i] = acc[i][j];
        finish(v, j);
      }
    }
  }
}

// Masks by the ReLU of the activation at the same place, then replaces that activation.
template <int L> struct Masked {
  float* s;
  template <int TM> __device__ __forceinline__ unsigned bits(int k, int g) const {
    float h[TM];
    Rows<TM>::load(h, s + Activation<L>::begin + k * kStride, g);
    unsigned b = 0;
#pragma unroll
    for (int i = 0; i < TM; i++) b |= h[i] > 0.0f ? 1u << i : 0u;
    return b;
  }
  template <int TM>
  __device__ __forceinline__ void finish(float* v, int k, int g, unsigned bits) const {
#pragma unroll
    for (int i = 0; i < TM; i++) v[i] = bits >> i & 1 ? v[i] : 0.0f;
    Rows<TM>::store(v, s + Activation<L>::begin + k * kStride, g);
  }
};

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

}  // namespace mlp
