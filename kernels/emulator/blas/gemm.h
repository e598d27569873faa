// SPDX-License-Identifier: Apache-2.0
// Column-major matrix products, one fma chain over ascending k for each element.
#pragma once

#include <cstdint>

namespace rigor {

struct GemmShape {
  bool transposeA, transposeB;
  int m, n, k;
  int64_t lda, ldb, ldc;
  int64_t strideA, strideB, strideC;
  int batches;
};

// C = alpha op(A) op(B) + beta C. C is not read if beta is 0. `tf32` rounds A and B to 10 explicit
// mantissa bits first, to nearest, ties away from zero.
template <class T>
void gemm(const GemmShape& s, T alpha, const T* a, const T* b, T beta, T* c, bool tf32);

}  // namespace rigor
