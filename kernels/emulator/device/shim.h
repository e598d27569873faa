// SPDX-License-Identifier: Apache-2.0
// The CUDA C++ device dialect for g++, included before every kernel source. Like NVRTC it brings
// no standard headers. __global__, __shared__ and __launch_bounds__ are not macros: the kernel
// compiler (nvrtc/rewrite.cpp) needs to see them after preprocessing.
#pragma once
#include "abi.h"

#define RIGOR_EMULATOR 1
#define __CUDACC__ 1
#define __CUDACC_RTC__ 1
#define __CUDACC_VER_MAJOR__ 12
#define __CUDACC_VER_MINOR__ 6

#define __device__
#define __host__
#define __constant__
#define __managed__
#define __grid_constant__
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __align__(n) __attribute__((aligned(n)))
#define __builtin_align__(n) __attribute__((aligned(n)))

typedef decltype(sizeof(0)) size_t;
typedef decltype((char*)0 - (char*)0) ptrdiff_t;
typedef unsigned long long RigorBits;

#define threadIdx (const_cast<const uint3&>(rigorSelf()->threadIndex))
#define blockIdx (const_cast<const uint3&>(rigorSelf()->blockIndex))
#define blockDim (const_cast<const dim3&>(rigorSelf()->blockSize))
#define gridDim (const_cast<const dim3&>(rigorSelf()->gridSize))
#define warpSize 32

// ---- Vector types: as aligned as on the device, and loads check it (-fsanitize=alignment).
#define RIGOR_VECTOR(T, NAME, A2, A4)                                                          \
  struct NAME##1 { T x; };                                                                     \
  struct __attribute__((aligned(A2))) NAME##2 { T x, y; };                                     \
  struct NAME##3 { T x, y, z; };                                                               \
  struct __attribute__((aligned(A4))) NAME##4 { T x, y, z, w; };                               \
  static inline NAME##2 make_##NAME##2(T x, T y) { return {x, y}; }                            \
  static inline NAME##3 make_##NAME##3(T x, T y, T z) { return {x, y, z}; }                    \
  static inline NAME##4 make_##NAME##4(T x, T y, T z, T w) { return {x, y, z, w}; }

struct uint1 { unsigned x; };
struct __attribute__((aligned(8))) uint2 { unsigned x, y; };
struct __attribute__((aligned(16))) uint4 { unsigned x, y, z, w; };
static inline uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
static inline uint3 make_uint3(unsigned x, unsigned y, unsigned z) { return {x, y, z}; }
static inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }
RIGOR_VECTOR(char, char, 2, 4)
RIGOR_VECTOR(unsigned char, uchar, 2, 4)
RIGOR_VECTOR(short, short, 4, 8)
RIGOR_VECTOR(unsigned short, ushort, 4, 8)
RIGOR_VECTOR(int, int, 8, 16)
RIGOR_VECTOR(float, float, 8, 16)
RIGOR_VECTOR(double, double, 16, 16)
RIGOR_VECTOR(long long, longlong, 16, 16)
RIGOR_VECTOR(unsigned long long, ulonglong, 16, 16)

// The address of a __shared__ variable, fixed for the block. Hidden from the optimizer, which would
// ask the thread-local storage again at each use.
template <class T> static inline __attribute__((always_inline)) T& rigorShared(T& variable) {
  T* p = &variable;
  asm("" : "+r"(p));
  return *(T*)__builtin_assume_aligned(p, alignof(T));
}
template <class T> static inline __attribute__((always_inline)) T* rigorDynamicShared() {
  return (T*)__builtin_assume_aligned(rigorSelf()->dynamicShared, 16);
}

// ---- Read-only and cached loads are loads.
template <class T> static inline T __ldg(const T* p) { return *p; }
template <class T> static inline T __ldcg(const T* p) { return *p; }
template <class T> static inline T __ldcs(const T* p) { return *p; }
template <class T> static inline void __stcs(T* p, T v) { *p = v; }
template <class T> static inline void __stcg(T* p, T v) { *p = v; }

extern "C" int printf(const char*, ...);
extern "C" void* memcpy(void*, const void*, size_t);
extern "C" void* memset(void*, int, size_t);

#define __trap() rigorTrap(719)
#define assert(condition) ((condition) ? (void)0 : rigorTrap(710))
#define __threadfence() __sync_synchronize()
#define __threadfence_block() __sync_synchronize()
#define __threadfence_system() __sync_synchronize()

#include "math.h"
#include "sync.h"
#include "atomics.h"
#include "entry.h"
