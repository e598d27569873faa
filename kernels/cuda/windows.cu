// SPDX-License-Identifier: Apache-2.0
//
// Windows of images, and the transpose. Arguments: input pointers, output pointer, one model
// stride for each (in elements, 0 = shared), models, items per model (= output elements per
// model), parameters: rows, columns and channels of an image, rows and columns of windows, groups,
// taps of a window along rows and columns, strides, dilations, padding above and to the left.
// Thread (x, y) takes items x, x + grid, ... of models y, y + grid, ....
//
// unfold  images [b, rows, columns, channels] -> [b, orows, ocolumns, groups, kh, kw, channels /
//         groups]; a value, given as the two halves of a double, where a tap meets padding.
//   Floor: each output element is written once, each pixel read from memory once and from cache
//   for every further window. Neighbouring threads write neighbouring elements and read runs of
//   kw * channels (one group) or of channels / groups elements.
// fold    the transpose: a thread owns an element of an image and adds the taps that met it,
//         windows in ascending order from 0. Without atomics, the sum has the same bits on every
//         device.
//   Floor: each tap is read once, each image element written once. Neighbouring threads read
//   neighbouring channels.

extern "C" __global__ void unfold(const T0* x, TOUT* out, long long x_stride, long long out_stride,
                                  int models, int items, int rows, int columns, int channels,
                                  int orows, int ocolumns, int groups, int kh, int kw, int sh,
                                  int sw, int dh, int dw, int top, int left, int high, int low) {
  const TOUT value = (TOUT)__hiloint2double(high, low);
  const int each = channels / groups;
  for (int m = blockIdx.y; m < models; m += gridDim.y) {
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < items; i += gridDim.x * blockDim.x) {
      int rest = i / each;
      const int c = i - rest * each;
      const int j = rest % kw;
      rest /= kw;
      const int k = rest % kh;
      rest /= kh;
      const int g = rest % groups;
      rest /= groups;
      const int column = rest % ocolumns * sw - left + j * dw;
      rest /= ocolumns;
      const int row = rest % orows * sh - top + k * dh;
      const int image = rest / orows;
      const bool inside = row >= 0 && row < rows && column >= 0 && column < columns;
      const int from = ((image * rows + row) * columns + column) * channels + g * each + c;
      out[m * out_stride + i] = inside ? (TOUT)x[m * x_stride + from] : value;
    }
  }
}

// The first window that can reach a position: the least o >= 0 with o * stride + span >= at.
static __device__ __forceinline__ int first_window(int at, int span, int stride) {
  const int gap = at - span;
  return gap > 0 ? (gap + stride - 1) / stride : 0;
}

extern "C" __global__ void fold(const T0* x, TOUT* out, long long x_stride, long long out_stride,
                                int models, int items, int rows, int columns, int channels,
                                int orows, int ocolumns, int groups, int kh, int kw, int sh, int sw,
                                int dh, int dw, int top, int left) {
  const int each = channels / groups;
  for (int m = blockIdx.y; m < models; m += gridDim.y) {
    const T0* windows = x + m * x_stride;
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < items; i += gridDim.x * blockDim.x) {
      int rest = i / channels;
      const int c = i - rest * channels;
      const int column = rest % columns + left;
      rest /= columns;
      const int row = rest % rows + top;
      const int image = rest / rows;
      TOUT sum = 0;
      for (int r = first_window(row, (kh - 1) * dh, sh); r < orows && r * sh <= row; r++) {
        const int k = (row - r * sh) / dh;
        if (k * dh != row - r * sh) continue;
        for (int q = first_window(column, (kw - 1) * dw, sw); q < ocolumns && q * sw <= column;
             q++) {
          const int j = (column - q * sw) / dw;
          if (j * dw != column - q * sw) continue;
          const int window = (image * orows + r) * ocolumns + q;
          const int tap = ((window * groups + c / each) * kh + k) * kw + j;
          sum += windows[(long long)tap * each + c % each];
        }
      }
      out[m * out_stride + i] = sum;
    }
  }
}
