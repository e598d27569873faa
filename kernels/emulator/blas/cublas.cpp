// SPDX-License-Identifier: Apache-2.0
// libcublas.so.12: the matrix products that the engine calls, for float and double.
#include <cstdint>
#include <memory>

#include "../runtime/errors.h"
#include "gemm.h"

// Exported by the emulator's libcuda.so.1.
extern "C" CUresult rigorEmulatorSubmit(void* stream, CUresult (*run)(void*), void* argument, void (*release)(void*));
extern "C" CUresult rigorEmulatorCheckRange(uint64_t address, size_t bytes, const char* what);
extern "C" CUresult cuCtxGetDevice(int* device);

using rigor::GemmShape;
using rigor::Rounded;

namespace {

enum cublasStatus {
  CUBLAS_STATUS_SUCCESS = 0,
  CUBLAS_STATUS_NOT_INITIALIZED = 1,
  CUBLAS_STATUS_INVALID_VALUE = 7,
  CUBLAS_STATUS_EXECUTION_FAILED = 13,
  CUBLAS_STATUS_NOT_SUPPORTED = 15,
};

constexpr int kFloat = 0, kDouble = 1;  // CUDA_R_32F, CUDA_R_64F
constexpr int kTf32Math = 3;            // CUBLAS_TF32_TENSOR_OP_MATH
enum Compute {
  COMPUTE_32F = 68,
  COMPUTE_32F_PEDANTIC = 69,
  COMPUTE_64F = 70,
  COMPUTE_64F_PEDANTIC = 71,
  COMPUTE_FAST_16BF = 75,
  COMPUTE_FAST_TF32 = 77,
};


struct Handle {
  void* stream = nullptr;
  bool deviceScalars = false;
  int mathMode = 0;

  // What operands of a product of floats are rounded to.
  Rounded rounded(int compute) const {
    if (compute == COMPUTE_FAST_16BF) return Rounded::kBfloat16;
    bool tf32 = compute == COMPUTE_FAST_TF32 || (compute == COMPUTE_32F && mathMode == kTf32Math);
    return tf32 ? Rounded::kTf32 : Rounded::kNot;
  }
};

template <class T> struct Call {
  GemmShape shape;
  bool deviceScalars;
  Rounded rounded;
  T alpha, beta;
  const T *alphaAt, *betaAt, *a, *b;
  T* c;

  static CUresult check(const void* matrix, int64_t rows, int64_t columns, int64_t ld, int64_t stride, int batches,
                        const char* what) {
    if (!rows || !columns) return CUDA_SUCCESS;
    int64_t elements = (columns - 1) * ld + rows + (batches - 1) * stride;
    return rigorEmulatorCheckRange((uint64_t)matrix, (size_t)elements * sizeof(T), what);
  }

  CUresult checkRanges() const {
    const GemmShape& s = shape;
    if (deviceScalars) {
      RIGOR_RETURN_IF_ERROR(rigorEmulatorCheckRange((uint64_t)alphaAt, sizeof(T), "alpha of a matrix product"));
      RIGOR_RETURN_IF_ERROR(rigorEmulatorCheckRange((uint64_t)betaAt, sizeof(T), "beta of a matrix product"));
    }
    RIGOR_RETURN_IF_ERROR(check(a, s.transposeA ? s.k : s.m, s.transposeA ? s.m : s.k, s.lda, s.strideA, s.batches,
                                "A of a matrix product"));
    RIGOR_RETURN_IF_ERROR(check(b, s.transposeB ? s.n : s.k, s.transposeB ? s.k : s.n, s.ldb, s.strideB, s.batches,
                                "B of a matrix product"));
    return check(c, s.m, s.n, s.ldc, s.strideC, s.batches, "C of a matrix product");
  }

  CUresult run() const {
    if (!shape.m || !shape.n || !shape.batches) return CUDA_SUCCESS;
    RIGOR_RETURN_IF_ERROR(checkRanges());
    rigor::gemm<T>(shape, deviceScalars ? *alphaAt : alpha, a, b, deviceScalars ? *betaAt : beta, c, rounded);
    return CUDA_SUCCESS;
  }
};

template <class T>
cublasStatus product(Handle* handle, int opA, int opB, int m, int n, int k, const T* alpha, const T* a, int lda,
                     int64_t strideA, const T* b, int ldb, int64_t strideB, const T* beta, T* c, int ldc,
                     int64_t strideC, int batches, Rounded rounded) {
  if (!handle) return CUBLAS_STATUS_NOT_INITIALIZED;
  bool ta = opA != 0, tb = opB != 0;
  auto tooSmall = [](int ld, int rows) { return ld < (rows > 1 ? rows : 1); };
  if (m < 0 || n < 0 || k < 0 || batches < 0 || opA < 0 || opA > 2 || opB < 0 || opB > 2 || !alpha || !beta ||
      tooSmall(lda, ta ? k : m) || tooSmall(ldb, tb ? n : k) || tooSmall(ldc, m))
    return CUBLAS_STATUS_INVALID_VALUE;
  bool device = handle->deviceScalars;
  auto* call = new Call<T>{{ta, tb, m, n, k, lda, ldb, ldc, strideA, strideB, strideC, batches},
                           device, rounded, device ? T(0) : *alpha, device ? T(0) : *beta, alpha, beta, a, b, c};
  CUresult result = rigorEmulatorSubmit(
      handle->stream, [](void* p) { return static_cast<Call<T>*>(p)->run(); }, call,
      [](void* p) { delete static_cast<Call<T>*>(p); });
  return result == CUDA_SUCCESS ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_EXECUTION_FAILED;
}

cublasStatus productEx(Handle* h, int opA, int opB, int m, int n, int k, const void* alpha, const void* a, int typeA,
                       int lda, int64_t strideA, const void* b, int typeB, int ldb, int64_t strideB, const void* beta,
                       void* c, int typeC, int ldc, int64_t strideC, int batches, int compute) {
  if (!h) return CUBLAS_STATUS_NOT_INITIALIZED;
  bool sameType = typeA == typeB && typeB == typeC;
  bool single = compute == COMPUTE_32F || compute == COMPUTE_32F_PEDANTIC ||
                compute == COMPUTE_FAST_TF32 || compute == COMPUTE_FAST_16BF;
  bool twice = compute == COMPUTE_64F || compute == COMPUTE_64F_PEDANTIC;
  if (sameType && typeA == kFloat && single)
    return product(h, opA, opB, m, n, k, static_cast<const float*>(alpha), static_cast<const float*>(a), lda, strideA,
                   static_cast<const float*>(b), ldb, strideB, static_cast<const float*>(beta),
                   static_cast<float*>(c), ldc, strideC, batches, h->rounded(compute));
  if (sameType && typeA == kDouble && twice)
    return product(h, opA, opB, m, n, k, static_cast<const double*>(alpha), static_cast<const double*>(a), lda,
                   strideA, static_cast<const double*>(b), ldb, strideB, static_cast<const double*>(beta),
                   static_cast<double*>(c), ldc, strideC, batches, Rounded::kNot);
  return CUBLAS_STATUS_NOT_SUPPORTED;
}

}  // namespace

API cublasStatus cublasCreate_v2(Handle** out) {
  int device;
  if (cuCtxGetDevice(&device) != CUDA_SUCCESS) return CUBLAS_STATUS_NOT_INITIALIZED;
  *out = new Handle;
  return CUBLAS_STATUS_SUCCESS;
}
API cublasStatus cublasDestroy_v2(Handle* h) {
  if (!h) return CUBLAS_STATUS_NOT_INITIALIZED;
  delete h;
  return CUBLAS_STATUS_SUCCESS;
}
API cublasStatus cublasGetVersion_v2(Handle*, int* version) {
  *version = 120601;
  return CUBLAS_STATUS_SUCCESS;
}
API cublasStatus cublasSetStream_v2(Handle* h, void* stream) {
  if (!h) return CUBLAS_STATUS_NOT_INITIALIZED;
  h->stream = stream;
  return CUBLAS_STATUS_SUCCESS;
}
API cublasStatus cublasGetStream_v2(Handle* h, void** stream) {
  if (!h) return CUBLAS_STATUS_NOT_INITIALIZED;
  *stream = h->stream;
  return CUBLAS_STATUS_SUCCESS;
}
API cublasStatus cublasSetPointerMode_v2(Handle* h, int mode) {
  if (!h) return CUBLAS_STATUS_NOT_INITIALIZED;
  if (mode != 0 && mode != 1) return CUBLAS_STATUS_INVALID_VALUE;
  h->deviceScalars = mode == 1;
  return CUBLAS_STATUS_SUCCESS;
}
API cublasStatus cublasGetPointerMode_v2(Handle* h, int* mode) {
  if (!h) return CUBLAS_STATUS_NOT_INITIALIZED;
  *mode = h->deviceScalars;
  return CUBLAS_STATUS_SUCCESS;
}
API cublasStatus cublasSetMathMode(Handle* h, int mode) {
  if (!h) return CUBLAS_STATUS_NOT_INITIALIZED;
  h->mathMode = mode & 0xf;
  return CUBLAS_STATUS_SUCCESS;
}
API cublasStatus cublasGetMathMode(Handle* h, int* mode) {
  if (!h) return CUBLAS_STATUS_NOT_INITIALIZED;
  *mode = h->mathMode;
  return CUBLAS_STATUS_SUCCESS;
}
API cublasStatus cublasSetAtomicsMode(Handle* h, int) { return h ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_NOT_INITIALIZED; }
API cublasStatus cublasSetWorkspace_v2(Handle* h, void* workspace, size_t bytes) {
  if (!h) return CUBLAS_STATUS_NOT_INITIALIZED;
  if (bytes && rigorEmulatorCheckRange((uint64_t)workspace, bytes, "workspace of cuBLAS")) return CUBLAS_STATUS_INVALID_VALUE;
  return CUBLAS_STATUS_SUCCESS;
}

#define RIGOR_GEMM(X, T, ROUNDED)                                                                                   \
  API cublasStatus cublas##X##gemm_v2(Handle* h, int opA, int opB, int m, int n, int k, const T* alpha, const T* a,  \
                                      int lda, const T* b, int ldb, const T* beta, T* c, int ldc) {                  \
    return product(h, opA, opB, m, n, k, alpha, a, lda, 0, b, ldb, 0, beta, c, ldc, 0, 1, ROUNDED);                 \
  }                                                                                                                 \
  API cublasStatus cublas##X##gemmStridedBatched(Handle* h, int opA, int opB, int m, int n, int k, const T* alpha,   \
                                                 const T* a, int lda, long long strideA, const T* b, int ldb,        \
                                                 long long strideB, const T* beta, T* c, int ldc, long long strideC, \
                                                 int batches) {                                                     \
    return product(h, opA, opB, m, n, k, alpha, a, lda, strideA, b, ldb, strideB, beta, c, ldc, strideC, batches,    \
                   ROUNDED);                                                                                        \
  }
RIGOR_GEMM(S, float, h ? h->rounded(COMPUTE_32F) : Rounded::kNot)
RIGOR_GEMM(D, double, Rounded::kNot)

API cublasStatus cublasGemmEx(Handle* h, int opA, int opB, int m, int n, int k, const void* alpha, const void* a,
                              int typeA, int lda, const void* b, int typeB, int ldb, const void* beta, void* c,
                              int typeC, int ldc, int compute, int) {
  return productEx(h, opA, opB, m, n, k, alpha, a, typeA, lda, 0, b, typeB, ldb, 0, beta, c, typeC, ldc, 0, 1, compute);
}

API cublasStatus cublasGemmStridedBatchedEx(Handle* h, int opA, int opB, int m, int n, int k, const void* alpha,
                                            const void* a, int typeA, int lda, long long strideA, const void* b,
                                            int typeB, int ldb, long long strideB, const void* beta, void* c,
                                            int typeC, int ldc, long long strideC, int batches, int compute, int) {
  return productEx(h, opA, opB, m, n, k, alpha, a, typeA, lda, strideA, b, typeB, ldb, strideB, beta, c, typeC, ldc,
                   strideC, batches, compute);
}
