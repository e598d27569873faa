// SPDX-License-Identifier: Apache-2.0
//
// Data movement that no view can express. Arguments: input pointers, output pointer, one model
// stride for each (in elements, 0 = shared), models, items per model (= output elements per
// model), parameters. Thread (x, y) takes items x, x + grid, ... of models y, y + grid, .... Floor
// of each: every output element is written once, every operand element read once. One thread per
// output element coalesces the writes, and also the reads as long as the inner axis stays whole.

// The operand at positions start + i * step of five axes (outermost first), the value elsewhere.
// The value comes as the two halves of a double, exact for every element type.
extern "C" __global__ void pad(const T0* x, TOUT* out, long long x_stride, long long out_stride,
                               int models, int items, int n0, int n1, int n2, int n3, int n4,
                               int e0, int e1, int e2, int e3, int e4, int s0, int s1, int s2,
                               int s3, int s4, int d0, int d1, int d2, int d3, int d4, int high,
                               int low) {
  const int n[5] = {n0, n1, n2, n3, n4};
  const int e[5] = {e0, e1, e2, e3, e4};
  const int s[5] = {s0, s1, s2, s3, s4};
  const int d[5] = {d0, d1, d2, d3, d4};
  const TOUT value = (TOUT)__hiloint2double(high, low);
  for (int m = blockIdx.y; m < models; m += gridDim.y) {
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < items; i += gridDim.x * blockDim.x) {
      int rest = i;
      int from = 0;
      int scale = 1;
      bool inside = true;
      for (int k = 4; k >= 0; k--) {
        int p = rest % e[k] - s[k];
        rest /= e[k];
        int at = p / d[k];
        inside = inside && p >= 0 && at < n[k] && at * d[k] == p;
        from += at * scale;
        scale *= n[k];
      }
      out[m * out_stride + i] = inside ? (TOUT)x[m * x_stride + from] : value;
    }
  }
}

// Rows of `first` elements of a, each followed by `second` elements of b.
extern "C" __global__ void concat(const T0* a, const T1* b, TOUT* out, long long a_stride,
                                  long long b_stride, long long out_stride, int models, int items,
                                  int first, int second) {
  for (int m = blockIdx.y; m < models; m += gridDim.y) {
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < items; i += gridDim.x * blockDim.x) {
      int row = i / (first + second);
      int k = i - row * (first + second);
      out[m * out_stride + i] =
          k < first ? a[m * a_stride + (long long)row * first + k]
                    : b[m * b_stride + (long long)row * second + (k - first)];
    }
  }
}

// 0, 1, 2, ...
extern "C" __global__ void iota(TOUT* out, long long out_stride, int models, int items) {
  for (int m = blockIdx.y; m < models; m += gridDim.y) {
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < items; i += gridDim.x * blockDim.x) {
      out[m * out_stride + i] = i;
    }
  }
}
