// SPDX-License-Identifier: Apache-2.0
//
// Rows of a table by index, the transpose, and their replacement. Arguments: input pointers, output pointer, one
// model stride for each (in elements, 0 = shared), models, items per model, parameters. Thread (x,
// y) takes items x, x + grid, ... of models y, y + grid, ....
//
// gather       table [n, row], index [b] -> out [b, row]; items = b * row.
//   Floor: reads and writes b * row elements once. Neighbouring threads read neighbouring elements
//   of one table row, so both sides are coalesced if row is large; if rows are aligned, a thread
//   moves 16 bytes.
// scatter_add  rows [b, row], index [b] -> out [extent, row]; items = extent * row.
//   A block owns a row of the output. It scans the index, one thread per entry, and adds the rows
//   that point at it in ascending order, one thread per column. Without atomics, the sum has the
//   same bits on every device. The index is read extent times, from cache.
// put          base [n, row], rows [b, row], index [b] -> out [n, row], which is base itself;
//   items = b * row.
//   Floor: reads and writes b * row elements once; rows of base that stay are not touched. Threads
//   move elements as in gather. Indices inside [0, n) differ, so no two threads write one element.

static __device__ __forceinline__ int clamp_index(int i, int n) {
  return i < 0 ? 0 : i >= n ? n - 1 : i;
}

struct alignas(16) Four {
  T0 v[16 / sizeof(T0)];
};

extern "C" __global__ void gather(const T0* table, const T1* index, TOUT* out,
                                  long long table_stride, long long index_stride,
                                  long long out_stride, int models, int items, int n, int row) {
  const int group = 16 / sizeof(T0);
  const bool aligned = row % group == 0 && table_stride % group == 0 && out_stride % group == 0 &&
                       (size_t)table % 16 == 0 && (size_t)out % 16 == 0;
  for (int m = blockIdx.y; m < models; m += gridDim.y) {
    const T0* t = table + m * table_stride;
    const T1* ix = index + m * index_stride;
    TOUT* o = out + m * out_stride;
    if (aligned) {
      const int groups = row / group;
      for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < items / group;
           i += gridDim.x * blockDim.x) {
        const int r = i / groups;
        ((Four*)o)[i] =
            ((const Four*)t)[(long long)clamp_index(ix[r], n) * groups + (i - r * groups)];
      }
      continue;
    }
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
  __shared__ int hit[1024];
  for (int m = blockIdx.y; m < models; m += gridDim.y) {
    const T0* r = rows + m * rows_stride;
    const T1* ix = index + m * index_stride;
    TOUT* o = out + m * out_stride;
    for (int target = blockIdx.x; target < extent; target += gridDim.x) {
      TOUT* sum = o + (long long)target * row;
      for (int c = threadIdx.x; c < row; c += blockDim.x) sum[c] = 0;
      for (int first = 0; first < b; first += blockDim.x) {
        const int k = first + threadIdx.x;
        const bool mine = k < b && clamp_index(ix[k], extent) == target;
        hit[threadIdx.x] = mine;
        if (!__syncthreads_or(mine)) continue;
        const int count = b - first < (int)blockDim.x ? b - first : (int)blockDim.x;
        for (int j = 0; j < count; j++) {
          if (!hit[j]) continue;
          const T0* from = r + (long long)(first + j) * row;
          for (int c = threadIdx.x; c < row; c += blockDim.x) sum[c] += from[c];
        }
        __syncthreads();
      }
    }
  }
}

extern "C" __global__ void put(const T0*, const T1* rows, const T2* index, TOUT* out, long long,
                               long long rows_stride, long long index_stride, long long out_stride,
                               int models, int items, int n, int row) {
  const int group = 16 / sizeof(T0);
  const bool aligned = row % group == 0 && rows_stride % group == 0 && out_stride % group == 0 &&
                       (size_t)rows % 16 == 0 && (size_t)out % 16 == 0;
  for (int m = blockIdx.y; m < models; m += gridDim.y) {
    const T1* r = rows + m * rows_stride;
    const T2* ix = index + m * index_stride;
    TOUT* o = out + m * out_stride;
    const int width = aligned ? row / group : row;
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < (aligned ? items / group : items);
         i += gridDim.x * blockDim.x) {
      const int b = i / width;
      const long long target = (long long)ix[b];
      if (target < 0 || target >= n) continue;
      const long long to = target * width + (i - b * width);
      if (aligned) {
        ((Four*)o)[to] = ((const Four*)r)[i];
      } else {
        o[to] = r[i];
      }
    }
  }
}
