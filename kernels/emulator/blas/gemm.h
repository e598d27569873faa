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

// What A and B are rounded to first, to nearest: TF32 has 10 explicit mantissa bits, ties go away
// from zero; bfloat16 has 7, ties go to even.
enum class Rounded { kNot, kTf32, kBfloat16 };

// C = alpha op(A) op(B) + beta C. C is not read if beta is 0.
template <class T>
void gemm(const GemmShape& s, T alpha, const T* a, const T* b, T beta, T* c, Rounded rounded);

}  // namespace rigor
