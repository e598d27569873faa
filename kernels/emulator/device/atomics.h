// SPDX-License-Identifier: Apache-2.0
// Atomics: blocks run on several OS threads, so these are real ones. All return the old value.
#pragma once

// Replaces *p by EXPRESSION(old) with compare-and-exchange on the bits.
#define RIGOR_ATOMIC_LOOP(T, BITS, p, EXPRESSION)                                                \
  BITS seen = __atomic_load_n((BITS*)(p), __ATOMIC_RELAXED), wanted;                             \
  T old, next;                                                                                   \
  do {                                                                                           \
    __builtin_memcpy(&old, &seen, sizeof(T));                                                    \
    next = (EXPRESSION);                                                                         \
    __builtin_memcpy(&wanted, &next, sizeof(T));                                                 \
  } while (!__atomic_compare_exchange_n((BITS*)(p), &seen, wanted, false, __ATOMIC_RELAXED,      \
                                        __ATOMIC_RELAXED));                                      \
  return old;

#define RIGOR_ATOMIC_INTEGER(T)                                                                      \
  static inline T atomicAdd(T* p, T v) { return __atomic_fetch_add(p, v, __ATOMIC_RELAXED); }        \
  static inline T atomicExch(T* p, T v) { return __atomic_exchange_n(p, v, __ATOMIC_RELAXED); }      \
  static inline T atomicAnd(T* p, T v) { return __atomic_fetch_and(p, v, __ATOMIC_RELAXED); }        \
  static inline T atomicOr(T* p, T v) { return __atomic_fetch_or(p, v, __ATOMIC_RELAXED); }          \
  static inline T atomicXor(T* p, T v) { return __atomic_fetch_xor(p, v, __ATOMIC_RELAXED); }        \
  static inline T atomicMin(T* p, T v) { RIGOR_ATOMIC_LOOP(T, T, p, v < old ? v : old) }             \
  static inline T atomicMax(T* p, T v) { RIGOR_ATOMIC_LOOP(T, T, p, v > old ? v : old) }             \
  static inline T atomicCAS(T* p, T compare, T v) {                                                  \
    __atomic_compare_exchange_n(p, &compare, v, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);          \
    return compare;                                                                                  \
  }
RIGOR_ATOMIC_INTEGER(int)
RIGOR_ATOMIC_INTEGER(unsigned)
RIGOR_ATOMIC_INTEGER(unsigned long long)
static inline int atomicSub(int* p, int v) { return __atomic_fetch_sub(p, v, __ATOMIC_RELAXED); }
static inline unsigned atomicSub(unsigned* p, unsigned v) {
  return __atomic_fetch_sub(p, v, __ATOMIC_RELAXED);
}
static inline unsigned atomicInc(unsigned* p, unsigned v) {
  RIGOR_ATOMIC_LOOP(unsigned, unsigned, p, old >= v ? 0 : old + 1)
}
static inline float atomicAdd(float* p, float v) { RIGOR_ATOMIC_LOOP(float, unsigned, p, old + v) }
static inline double atomicAdd(double* p, double v) { RIGOR_ATOMIC_LOOP(double, RigorBits, p, old + v) }
static inline float atomicExch(float* p, float v) { RIGOR_ATOMIC_LOOP(float, unsigned, p, v) }
