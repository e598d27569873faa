// SPDX-License-Identifier: Apache-2.0
//
// Convolutions of many small models without storing windows, and their adjoint by the images.
// Arguments: input pointers, output pointer, one model stride for each (in elements, 0 = shared),
// models, items per model, parameters: images, rows, columns and channels of an image, rows and
// columns of windows, outputs, taps of a window along rows and columns, strides, dilations,
// padding above and to the left. A block holds one model's kernels in shared memory and processes
// an item: CONV_PASSES times the pixels it has room for; a thread owns a pixel and CONV_EACH
// channels.
//
// conv_direct   x [b, rows, columns, channels], w [kh, kw, channels, outputs]
//               -> y [b, orows, ocolumns, outputs].
//               Shared: w as [taps * channels][outputs, padded].
// conv_adjoint  y [b, orows, ocolumns, outputs], w -> x [b, rows, columns, channels].
//               Shared: w as [taps][outputs][channels, padded].
//
// Floor: 2 taps x channels x outputs operations per pixel; images read and written once, kernels
// once per block. Storing windows would write and read the images taps times more. Neighbouring
// threads own neighbouring pixels of the same channels, so kernels are broadcast and each number
// read is used CONV_EACH times from a register.
//
// Sums use the order of the product over windows on the CPU: an fma chain over ascending taps and
// channels in blocks of 256, added in order; a tap on padding is a link with 0. For each pixel the
// adjoint adds the taps of its windows in ascending order, each a chain over outputs.

#define CONV_EACH 8
#define CONV_PASSES 8
#define CONV_BLOCK 256

// Counts a link of the chain; closes the chain where a block of the sum ends.
static __device__ __forceinline__ void link(TOUT (&chain)[CONV_EACH], TOUT (&sum)[CONV_EACH],
                                            int links, int all) {
  if (links % CONV_BLOCK != 0 && links != all) return;
#pragma unroll
  for (int o = 0; o < CONV_EACH; o++) {
    sum[o] = links <= CONV_BLOCK ? chain[o] : sum[o] + chain[o];
    chain[o] = 0;
  }
}

extern "C" __global__ void conv_direct(const T0* x, const T1* w, TOUT* y, long long x_stride,
                                       long long w_stride, long long y_stride, int models,
                                       int items, int images, int rows, int columns, int channels,
                                       int orows, int ocolumns, int outputs, int kh, int kw, int sh,
                                       int sw, int dh, int dw, int top, int left) {
  extern __shared__ double pool[];
  TOUT* kernels = (TOUT*)pool;
  const int groups = (outputs + CONV_EACH - 1) / CONV_EACH;
  const int wide = groups * CONV_EACH;
  const int all = kh * kw * channels;
  const int together = blockDim.x / groups;
  const int group = threadIdx.x / together;
  const int pixels = images * orows * ocolumns;
  for (int m = blockIdx.y; m < models; m += gridDim.y) {
    __syncthreads();  // all threads are done with the last model's kernels
    for (int i = threadIdx.x; i < all * wide; i += blockDim.x) {
      const int o = i % wide;
      kernels[i] = o < outputs ? (TOUT)w[m * w_stride + i / wide * outputs + o] : (TOUT)0;
    }
    __syncthreads();
    if (group >= groups) continue;
    for (int item = blockIdx.x; item < items; item += gridDim.x) {
      for (int pass = 0; pass < CONV_PASSES; pass++) {
        const int p = (item * CONV_PASSES + pass) * together + threadIdx.x % together;
        if (p >= pixels) break;
        const int column = p % ocolumns * sw - left;
        const int row = p / ocolumns % orows * sh - top;
        const T0* image = x + m * x_stride + p / ocolumns / orows * (long long)(rows * columns) * channels;
        TOUT chain[CONV_EACH] = {0}, sum[CONV_EACH];
        int links = 0;
        for (int k = 0; k < kh; k++) {
          for (int j = 0; j < kw; j++) {
            const int r = row + k * dh, q = column + j * dw;
            const bool inside = r >= 0 && r < rows && q >= 0 && q < columns;
            const int at = inside ? (r * columns + q) * channels : 0;
            for (int c = 0; c < channels; c++) {
              const TOUT v = inside ? (TOUT)image[at + c] : (TOUT)0;
              const TOUT* row_of = kernels + links * wide + group * CONV_EACH;
#pragma unroll
              for (int o = 0; o < CONV_EACH; o++) chain[o] = fma(v, row_of[o], chain[o]);
              link(chain, sum, ++links, all);
            }
          }
        }
        TOUT* to = y + m * y_stride + (long long)p * outputs + group * CONV_EACH;
#pragma unroll
        for (int o = 0; o < CONV_EACH; o++) {
          if (group * CONV_EACH + o < outputs) to[o] = sum[o];
        }
      }
    }
  }
}

// The first window that can reach a position: the least o >= 0 with o * stride + span >= at.
static __device__ __forceinline__ int first_reach(int at, int span, int stride) {
  const int gap = at - span;
  return gap > 0 ? (gap + stride - 1) / stride : 0;
}

extern "C" __global__ void conv_adjoint(const T0* y, const T1* w, TOUT* x, long long y_stride,
                                        long long w_stride, long long x_stride, int models,
                                        int items, int images, int rows, int columns, int channels,
                                        int orows, int ocolumns, int outputs, int kh, int kw,
                                        int sh, int sw, int dh, int dw, int top, int left) {
  extern __shared__ double pool[];
  TOUT* kernels = (TOUT*)pool;
  const int groups = (channels + CONV_EACH - 1) / CONV_EACH;
  const int wide = groups * CONV_EACH;
  const int together = blockDim.x / groups;
  const int group = threadIdx.x / together;
  const int pixels = images * rows * columns;
  for (int m = blockIdx.y; m < models; m += gridDim.y) {
    __syncthreads();
    for (int i = threadIdx.x; i < kh * kw * outputs * wide; i += blockDim.x) {
      const int c = i % wide, o = i / wide % outputs, tap = i / wide / outputs;
      kernels[i] = c < channels
                       ? (TOUT)w[m * w_stride + (long long)(tap * channels + c) * outputs + o]
                       : (TOUT)0;
    }
    __syncthreads();
    if (group >= groups) continue;
    for (int item = blockIdx.x; item < items; item += gridDim.x) {
      for (int pass = 0; pass < CONV_PASSES; pass++) {
        const int p = (item * CONV_PASSES + pass) * together + threadIdx.x % together;
        if (p >= pixels) break;
        const int column = p % columns + left;
        const int row = p / columns % rows + top;
        const T0* windows =
            y + m * y_stride + p / columns / rows * (long long)(orows * ocolumns) * outputs;
        TOUT total[CONV_EACH] = {0};
        for (int r = first_reach(row, (kh - 1) * dh, sh); r < orows && r * sh <= row; r++) {
          const int k = (row - r * sh) / dh;
          if (k * dh != row - r * sh) continue;
          for (int q = first_reach(column, (kw - 1) * dw, sw); q < ocolumns && q * sw <= column;
               q++) {
            const int j = (column - q * sw) / dw;
            if (j * dw != column - q * sw) continue;
            const T0* from = windows + (r * ocolumns + q) * outputs;
            const TOUT* tap = kernels + (k * kw + j) * outputs * wide + group * CONV_EACH;
            TOUT chain[CONV_EACH] = {0}, sum[CONV_EACH];
            for (int o = 0; o < outputs; o++) {
              const TOUT v = (TOUT)from[o];
#pragma unroll
              for (int c = 0; c < CONV_EACH; c++) chain[c] = fma(v, tap[o * wide + c], chain[c]);
              link(chain, sum, o + 1, outputs);
            }
#pragma unroll
            for (int c = 0; c < CONV_EACH; c++) total[c] += sum[c];
          }
        }
        TOUT* to = x + m * x_stride + (long long)p * channels + group * CONV_EACH;
#pragma unroll
        for (int c = 0; c < CONV_EACH; c++) {
          if (group * CONV_EACH + c < channels) to[c] = total[c];
        }
      }
    }
  }
}
