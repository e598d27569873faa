// SPDX-License-Identifier: Apache-2.0
//
// Products that skip zeros. Arguments: input pointers, output pointer, one model stride for each
// (in elements, 0 = shared), models, items per model, parameters.
//
// skipping_product  A [rows, k], V [k, columns] -> [rows, columns]; items = rows, one block per
//                   row. The whole block reads the same element of A, so a zero costs one read and
//                   a uniform branch, and no row of V is fetched. Threads run over columns, so
//                   neighbours read neighbours. Floor: share * k * columns elements of V per row,
//                   from cache if rows share active units. Sums as on the CPU: a chain over
//                   ascending k in blocks of 256, blocks added in order.

extern "C" __global__ void skipping_product(const T0* a, const T1* v, TOUT* out, long long a_stride,
                                            long long v_stride, long long out_stride, int models,
                                            int items, int k, int columns) {
  for (int m = blockIdx.y; m < models; m += gridDim.y) {
    const T1* table = v + m * v_stride;
    for (int row = blockIdx.x; row < items; row += gridDim.x) {
      const T0* x = a + m * a_stride + (long long)row * k;
      TOUT* y = out + m * out_stride + (long long)row * columns;
      for (int c = threadIdx.x; c < columns; c += blockDim.x) {
        TOUT sum = 0;
        for (int start = 0; start < k; start += 256) {
          const int end = start + 256 < k ? start + 256 : k;
          TOUT chain = 0;
          for (int i = start; i < end; i++) {
            const T0 weight = x[i];
            if (weight != 0) chain = fma(weight, table[(long long)i * columns + c], chain);
          }
          sum = start == 0 ? chain : sum + chain;
        }
        y[c] = sum;
      }
    }
  }
}
