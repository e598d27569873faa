// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda;

/** Kernels of EmulatorTest: some right, most wrong on purpose. */
final class EmulatorKernels {
  private EmulatorKernels() {}

  static final String SOURCE =
      """
      __constant__ float table[4];

      extern "C" __global__ void add(const float* a, const float* b, float* c, int n) {
        int i = blockIdx.x * blockDim.x + threadIdx.x;
        if (i < n) c[i] = a[i] + b[i];
      }
      extern "C" __global__ void blockSum(const float* x, float* out, int n) {
        __shared__ float s[256];
        float v = 0;
        for (int i = blockIdx.x * 256 + threadIdx.x; i < n; i += gridDim.x * 256) v += x[i];
        s[threadIdx.x] = v;
        __syncthreads();
        for (int d = 128; d > 0; d >>= 1) {
          if (threadIdx.x < d) s[threadIdx.x] += s[threadIdx.x + d];
          __syncthreads();
        }
        if (threadIdx.x == 0) atomicAdd(out, s[0]);
      }
      extern "C" __global__ void warpSum(const float* x, float* out, int n) {
        extern __shared__ float parts[];
        float v = 0;
        for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x)
          v += x[i];
        for (int d = 16; d > 0; d >>= 1) v += __shfl_down_sync(0xffffffffu, v, d);
        if ((threadIdx.x & 31) == 0) parts[threadIdx.x >> 5] = v;
        __syncthreads();
        if (threadIdx.x < 32) {
          v = threadIdx.x < blockDim.x / 32 ? parts[threadIdx.x] : 0.f;
          for (int d = 16; d > 0; d >>= 1) v += __shfl_xor_sync(0xffffffffu, v, d);
          if (threadIdx.x == 0) atomicAdd(out, v);
        }
      }
      namespace rigor {
      template <class T, int N> __device__ T blockReduce(T v) {
        __shared__ T s[N], total;
        s[threadIdx.x] = v;
        __syncthreads();
        if (threadIdx.x == 0) {
          total = 0;
          for (int i = 0; i < N; i++) total += s[i];
        }
        __syncthreads();
        return total;
      }
      template <class T, int N> __global__ void tileSum(const T* x, T* out, int n) {
        T v = 0;
        for (int i = blockIdx.x * N + threadIdx.x; i < n; i += gridDim.x * N) v += x[i];
        v = blockReduce<T, N>(v);
        if (threadIdx.x == 0) atomicAdd(out, v);
      }
      }  // namespace rigor
      extern "C" __global__ void lanes(int* out) {
        int t = threadIdx.x, *r = out + 6 * t;
        unsigned all = __activemask();
        r[0] = __shfl_up_sync(all, t, 3);
        r[1] = __shfl_xor_sync(all, t, 1);
        r[2] = __shfl_sync(all, t, 2, 4);
        r[3] = __ballot_sync(all, t & 1);
        r[4] = __any_sync(all, t & 1) && !__all_sync(all, t & 1);
        r[5] = __syncthreads_count(t & 1);
      }
      extern "C" __global__ void arithmetic(const float* x, float* out) {
        int n = gridDim.x * blockDim.x, i = blockIdx.x * blockDim.x + threadIdx.x;
        float a = x[i], b = x[(i + 1) % n];
        out[i] = a * b + fmaf(a, b, sqrtf(fabsf(a))) / b;
      }
      extern "C" __global__ void readTable(float* out) {
        out[threadIdx.x] = SCALE * table[threadIdx.x];
      }
      extern "C" __global__ void readSharedUnwritten(float* out) {
        __shared__ float s[64];
        extern __shared__ float d[];
        float v = s[threadIdx.x] + d[threadIdx.x];
        s[threadIdx.x] = d[threadIdx.x] = 1;
        out[blockIdx.x * 64 + threadIdx.x] = v;
      }
      extern "C" __global__ void fillShared(float* out, int bytes) {
        extern __shared__ char d[];
        for (int i = threadIdx.x; i < bytes; i += blockDim.x) d[i] = 1;
        out[threadIdx.x] = 1;
      }
      extern "C" __global__ void missingBarrier(float* out) {
        __shared__ float s[128];
        s[threadIdx.x] = threadIdx.x;
        out[threadIdx.x] = s[127 - threadIdx.x];
      }
      extern "C" __global__ void writeAt(float* x, int i) { x[i] = 1; }
      extern "C" __global__ void __launch_bounds__(64) bounded(float* x, int i) { x[i] = 1; }

      extern "C" __global__ void readPastEnd(float* x, int) { x[0] = x[threadIdx.x + 1]; }
      extern "C" __global__ void readFar(float* x, int) { x[0] = x[1 << 24]; }
      extern "C" __global__ void readNull(float* x, int zero) { x[0] = *(float*)(size_t)zero; }
      extern "C" __global__ void pastDynamicShared(float* x, int) {
        extern __shared__ float d[];
        x[0] = d[16 + threadIdx.x];
      }
      __device__ int deep(int n, int* x) {
        int local[64];
        for (int i = 0; i < 64; i++) local[i] = n + i;
        x[0] = local[n & 63];
        return n < 0 ? 0 : deep(n + 1, local) + local[n & 63];
      }
      extern "C" __global__ void recurse(int* x, int) { x[0] = deep(1, x); }
      extern "C" __global__ void misaligned(float* x, int) {
        float4 v = *(float4*)(x + 1);
        x[0] = v.x + v.w;
      }
      extern "C" __global__ void misalignedScalar(float* x, int zero) {
        x[0] = *(float*)((char*)x + 2 + zero);
      }
      extern "C" __global__ void divergentSites(float* x, int) {
        if (threadIdx.x < 32) __syncthreads();
        else __syncthreads();
        x[0] = 1;
      }
      extern "C" __global__ void divergentEnded(float* x, int) {
        if (threadIdx.x >= 40) return;
        __syncthreads();
        x[0] = 1;
      }
      extern "C" __global__ void divergentShuffle(float* x, int) {
        if (threadIdx.x % 32 < 16) x[0] = __shfl_sync(0xffffffffu, 1.f, 0);
        else __syncthreads();
      }
      extern "C" __global__ void wrongMask(float* x, int) { x[0] = __shfl_sync(1u, 1.f, 0); }
      extern "C" __global__ void divideByZero(int* x, int zero) { x[0] = 7 / zero; }
      extern "C" __global__ void callTrap(int* x, int zero) { if (threadIdx.x == 3) __trap(); }
      extern "C" __global__ void failAssertion(int* x, int zero) { assert(threadIdx.x < 20); }
      """;
}
