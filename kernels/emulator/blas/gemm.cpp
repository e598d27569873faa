// SPDX-License-Identifier: Apache-2.0
#include "gemm.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

extern "C" void rigorEmulatorParallel(uint64_t count, void (*body)(void*, uint64_t), void* argument);

namespace rigor {
namespace {

constexpr int kColumns = 4;         // of the register tile
constexpr int kColumnsPerTask = 64;
template <class T> constexpr int kRows = 128 / sizeof(T);

inline float chain(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
inline double chain(double a, double b, double c) { return __builtin_fma(a, b, c); }

float round(float x, Rounded to) {
  uint32_t bits;
  memcpy(&bits, &x, 4);
  if ((bits & 0x7f800000u) == 0x7f800000u) return x;
  switch (to) {
    case Rounded::kNot: return x;
    case Rounded::kTf32: bits = (bits + 0x1000u) & ~0x1fffu; break;
    case Rounded::kBfloat16: bits = (bits + 0x7fffu + (bits >> 16 & 1u)) & ~0xffffu; break;
  }
  memcpy(&x, &bits, 4);
  return x;
}
double round(double x, Rounded) { return x; }

// tile[column][row] += a[k][row] b[k][column]
template <class T> void multiply(int k, const T* a, const T* b, T (&tile)[kColumns][kRows<T>]) {
  T sum[kColumns][kRows<T>] = {};
  for (int p = 0; p < k; p++, a += kRows<T>, b += kColumns)
    for (int j = 0; j < kColumns; j++)
      for (int i = 0; i < kRows<T>; i++) sum[j][i] = chain(a[i], b[j], sum[j][i]);
  memcpy(tile, sum, sizeof sum);
}

template <class T> struct Product {
  const GemmShape& s;
  T alpha, beta;
  const T *a, *b;
  T* c;
  Rounded rounded;

  int columnBlocks() const { return (s.n + kColumnsPerTask - 1) / kColumnsPerTask; }

  T load(const T* matrix, int64_t ld, bool transpose, int row, int column) const {
    T x = transpose ? matrix[column + row * ld] : matrix[row + column * ld];
    return round(x, rounded);
  }

  void task(uint64_t index) const {
    int64_t batch = (int64_t)(index / (uint64_t)columnBlocks());
    int first = (int)(index % (uint64_t)columnBlocks()) * kColumnsPerTask;
    int columns = std::min(kColumnsPerTask, s.n - first);
    const T* A = a + batch * s.strideA;
    const T* B = b + batch * s.strideB;
    T* C = c + batch * s.strideC;
    int tiles = (columns + kColumns - 1) / kColumns;
    std::vector<T> packedA((size_t)s.k * kRows<T>), packedB((size_t)s.k * kColumns * tiles, T(0));
    for (int j = 0; j < columns; j++)
      for (int p = 0; p < s.k; p++)
        packedB[((size_t)(j / kColumns) * s.k + p) * kColumns + j % kColumns] =
            load(B, s.ldb, s.transposeB, p, first + j);
    for (int row = 0; row < s.m; row += kRows<T>) {
      int rows = std::min(kRows<T>, s.m - row);
      for (int p = 0; p < s.k; p++)
        for (int i = 0; i < kRows<T>; i++)
          packedA[(size_t)p * kRows<T> + i] = i < rows ? load(A, s.lda, s.transposeA, row + i, p) : T(0);
      for (int t = 0; t < tiles; t++) {
        T tile[kColumns][kRows<T>];
        multiply<T>(s.k, packedA.data(), packedB.data() + (size_t)t * s.k * kColumns, tile);
        for (int j = 0; j < std::min(kColumns, columns - t * kColumns); j++)
          store(C + row + (first + t * kColumns + j) * s.ldc, tile[j], rows);
      }
    }
  }

  void store(T* out, const T* sum, int rows) const {
    for (int i = 0; i < rows; i++) out[i] = beta == T(0) ? alpha * sum[i] : chain(alpha, sum[i], beta * out[i]);
  }
};

}  // namespace

template <class T>
void gemm(const GemmShape& s, T alpha, const T* a, const T* b, T beta, T* c, Rounded rounded) {
  if (s.m == 0 || s.n == 0) return;
  Product<T> product{s, alpha, beta, a, b, c, rounded};
  uint64_t tasks = (uint64_t)product.columnBlocks() * (uint64_t)s.batches;
  if (2.0 * s.m * s.n * s.k * s.batches < 1e6) {
    for (uint64_t i = 0; i < tasks; i++) product.task(i);
    return;
  }
  rigorEmulatorParallel(tasks, [](void* p, uint64_t i) { static_cast<Product<T>*>(p)->task(i); }, &product);
}

template void gemm<float>(const GemmShape&, float, const float*, const float*, float, float*, Rounded);
template void gemm<double>(const GemmShape&, double, const double*, const double*, double, double*, Rounded);

}  // namespace rigor
