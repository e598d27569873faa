// SPDX-License-Identifier: Apache-2.0
//
// Order and prefixes along an axis. Arguments: input pointers, output pointer, one model stride
// for each (in elements, 0 = shared), models, items per model, parameters.
//
// arg_sort       keys [rows, n] -> I32 positions [rows, n]; items = rows, one block per row. A
//                bitonic network over positions in a total order (key, then position), so the
//                result is that of any stable sort. Positions lie in shared memory if `cached`,
//                else in the output. Floor: log2(n)^2 / 2 passes over the row; keys come through
//                L1.
// take_along     table [rows, k], index [rows, j] -> [rows, j]; items = rows * j. Each output is
//                written once, coalesced; a row's reads stay within the row.
// scatter_along  values [rows, j], index [rows, j] -> [rows, k]; items = rows * k. One thread per
//                target adds the values that point at it in ascending order, so that the bits are
//                fixed; j reads each.
// cum_sum        [outer, n, inner] -> same; items = outer * inner, one thread per line, summed in
//                order. Coalesced if inner is large; lacks parallelism if lines are few.

static __device__ __forceinline__ bool precedes(T0 x, T0 y, int i, int j, int descending) {
  const bool nx = x != x, ny = y != y;
  if (nx || ny) return nx == ny ? i < j : descending ? nx : ny;
  return x == y ? i < j : descending ? y < x : x < y;
}

extern "C" __global__ void arg_sort(const T0* keys, TOUT* out, long long keys_stride,
                                    long long out_stride, int models, int items, int n,
                                    int descending, int cached) {
  extern __shared__ int picked[];
  int top = 1;
  while (top < n) top *= 2;
  for (int m = blockIdx.y; m < models; m += gridDim.y) {
    for (int row = blockIdx.x; row < items; row += gridDim.x) {
      const T0* x = keys + m * keys_stride + (long long)row * n;
      int* result = (int*)(out + m * out_stride + (long long)row * n);
      int* order = cached ? picked : result;
      for (int i = threadIdx.x; i < n; i += blockDim.x) order[i] = i;
      __syncthreads();
      // Each merge first compares mirror images, then always puts the smaller first: positions
      // from n on would be the largest and never move, so they are not stored.
      for (int size = 2; size <= top; size *= 2) {
        for (int step = size / 2; step > 0; step /= 2) {
          for (int e = threadIdx.x; e < top / 2; e += blockDim.x) {
            const int i = 2 * e - (e & (step - 1));
            const int j = step == size / 2 ? i ^ (size - 1) : i + step;
            if (j < n) {
              const int a = order[i], b = order[j];
              if (precedes(x[b], x[a], b, a, descending)) {
                order[i] = b;
                order[j] = a;
              }
            }
          }
          __syncthreads();
        }
      }
      for (int i = threadIdx.x; cached && i < n; i += blockDim.x) result[i] = order[i];
      __syncthreads();
    }
  }
}

static __device__ __forceinline__ int inside(int i, int n) {
  return i < 0 ? 0 : i >= n ? n - 1 : i;
}

extern "C" __global__ void take_along(const T0* table, const T1* index, TOUT* out,
                                      long long table_stride, long long index_stride,
                                      long long out_stride, int models, int items, int k, int j) {
  for (int m = blockIdx.y; m < models; m += gridDim.y) {
    for (int e = blockIdx.x * blockDim.x + threadIdx.x; e < items; e += gridDim.x * blockDim.x) {
      const int at = inside((int)index[m * index_stride + e], k);
      out[m * out_stride + e] = table[m * table_stride + (long long)(e / j) * k + at];
    }
  }
}

extern "C" __global__ void scatter_along(const T0* values, const T1* index, TOUT* out,
                                         long long values_stride, long long index_stride,
                                         long long out_stride, int models, int items, int j,
                                         int k) {
  for (int m = blockIdx.y; m < models; m += gridDim.y) {
    for (int e = blockIdx.x * blockDim.x + threadIdx.x; e < items; e += gridDim.x * blockDim.x) {
      const int row = e / k, target = e - row * k;
      const T0* v = values + m * values_stride + (long long)row * j;
      const T1* ix = index + m * index_stride + (long long)row * j;
      TOUT sum = 0;
      for (int i = 0; i < j; i++) {
        if (inside((int)ix[i], k) == target) sum += v[i];
      }
      out[m * out_stride + e] = sum;
    }
  }
}

extern "C" __global__ void cum_sum(const T0* x, TOUT* out, long long x_stride,
                                   long long out_stride, int models, int items, int n, int inner,
                                   int reverse) {
  for (int m = blockIdx.y; m < models; m += gridDim.y) {
    for (int e = blockIdx.x * blockDim.x + threadIdx.x; e < items; e += gridDim.x * blockDim.x) {
      const long long first = (long long)(e / inner) * n * inner + e % inner;
      const T0* from = x + m * x_stride + first;
      TOUT* to = out + m * out_stride + first;
      TOUT sum = 0;
      for (int i = 0; i < n; i++) {
        const long long at = (long long)(reverse ? n - 1 - i : i) * inner;
        sum = i == 0 ? (TOUT)from[at] : plus(sum, (TOUT)from[at]);
        to[at] = sum;
      }
    }
  }
}
