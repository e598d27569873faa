// SPDX-License-Identifier: Apache-2.0
//
// Rows of a table by index, and the transpose of it. Arguments: input pointers, output pointer, one
// model stride for each (in elements, 0 = shared), models, items a model, parameters. Thread
// (x, y) takes items x, x + grid, ... of models y, y + grid, ....
//
// gather       table [n, row], index [b] -> out [b, row]; items = b * row.
//   Floor: reads and writes b * row elements once. Neighbouring threads read neighbouring elements
//   of one table row, so both sides are coalesced where row is large.
// scatter_add  rows [b, row], index [b] -> out [extent, row]; items = extent * row.
//   One thread owns one output element and adds the rows that point at it in ascending order, so
//   that the sum has the same bits on every device; no atomics. It reads the index b times for each
//   output row (they stay in cache): right for the b <= 1000 rows of a batch.

static __device__ __forceinline__ int clamp_index(int i, int n) {
  return i < 0 ? 0 : i >= n ? n - 1 : i;
}

extern "C" __global__ void gather(const T0* table, const T1* index, TOUT* out,
                                  long long table_stride, long long index_stride,
                                  long long out_stride, int models, int items, int n, int row) {
  for (int m = blockIdx.y; m < models; m += gridDim.y) {
    const T0* t = table + m * table_stride;
    const T1* ix = index + m * index_stride;
    TOUT* o = out + m * out_stride;
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < items; i += gridDim.x * blockDim.x) {
      int r = i / row;
      o[i] = t[(long long)clamp_index(ix[r], n) * row + (i - r * row)];
    }
  }
}

extern "C" __global__ void scatter_add(const T0* rows, const T1* index, TOUT* out,
                                       long long rows_stride, long long index_stride,
                                       long long out_stride, int models, int items, int extent,
                                       int row, int b) {
  for (int m = blockIdx.y; m < models; m += gridDim.y) {
    const T0* r = rows + m * rows_stride;
    const T1* ix = index + m * index_stride;
    TOUT* o = out + m * out_stride;
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < items; i += gridDim.x * blockDim.x) {
      int target = i / row;
      int column = i - target * row;
      TOUT sum = 0;
      for (int k = 0; k < b; k++) {
        if (clamp_index(ix[k], extent) == target) {
          sum += r[(long long)k * row + column];
        }
      }
      o[i] = sum;
    }
  }
}
