// SPDX-License-Identifier: Apache-2.0
// Arithmetic of the device. Everything that is correctly rounded there (+, -, x, /, sqrt, fma) is
// so here, with the same bits; exp, log and their kin are the host's and differ from the GPU's.
#pragma once

#define RIGOR_BITCAST(NAME, FROM, TO)                                     \
  static inline TO NAME(FROM from) {                                      \
    static_assert(sizeof(FROM) == sizeof(TO), "");                        \
    TO to;                                                                \
    __builtin_memcpy(&to, &from, sizeof to);                              \
    return to;                                                            \
  }
RIGOR_BITCAST(__float_as_int, float, int)
RIGOR_BITCAST(__int_as_float, int, float)
RIGOR_BITCAST(__float_as_uint, float, unsigned)
RIGOR_BITCAST(__uint_as_float, unsigned, float)
RIGOR_BITCAST(__double_as_longlong, double, long long)
RIGOR_BITCAST(__longlong_as_double, long long, double)
static inline int __double2hiint(double d) { return (int)(__double_as_longlong(d) >> 32); }
static inline int __double2loint(double d) { return (int)__double_as_longlong(d); }
static inline double __hiloint2double(int hi, int lo) {
  return __longlong_as_double((long long)((RigorBits)(unsigned)hi << 32 | (unsigned)lo));
}

// Rounded operations that no contraction may fuse; the whole module is compiled without any.
#define RIGOR_ROUNDED(PREFIX, T, FMA, SQRT)                               \
  static inline T PREFIX##add_rn(T a, T b) { return a + b; }              \
  static inline T PREFIX##sub_rn(T a, T b) { return a - b; }              \
  static inline T PREFIX##mul_rn(T a, T b) { return a * b; }              \
  static inline T PREFIX##div_rn(T a, T b) { return a / b; }              \
  static inline T PREFIX##sqrt_rn(T a) { return SQRT(a); }                \
  static inline T PREFIX##rcp_rn(T a) { return T(1) / a; }
RIGOR_ROUNDED(__f, float, __builtin_fmaf, __builtin_sqrtf)
RIGOR_ROUNDED(__d, double, __builtin_fma, __builtin_sqrt)
static inline float __fmaf_rn(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
static inline double __fma_rn(double a, double b, double c) { return __builtin_fma(a, b, c); }
static inline float fmaf(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
static inline float fma(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
static inline double fma(double a, double b, double c) { return __builtin_fma(a, b, c); }
static inline float sqrtf(float x) { return __builtin_sqrtf(x); }
static inline float sqrt(float x) { return __builtin_sqrtf(x); }
static inline double sqrt(double x) { return __builtin_sqrt(x); }
static inline float rsqrtf(float x) { return 1.0f / __builtin_sqrtf(x); }
static inline double rsqrt(double x) { return 1.0 / __builtin_sqrt(x); }
static inline float fabsf(float x) { return __builtin_fabsf(x); }
static inline float fabs(float x) { return __builtin_fabsf(x); }
static inline double fabs(double x) { return __builtin_fabs(x); }
static inline float copysignf(float x, float y) { return __builtin_copysignf(x, y); }
static inline double copysign(double x, double y) { return __builtin_copysign(x, y); }
static inline bool signbit(float x) { return __builtin_signbit(x); }
static inline bool signbit(double x) { return __builtin_signbit(x); }
static inline bool isnan(float x) { return x != x; }
static inline bool isnan(double x) { return x != x; }
static inline bool isinf(float x) { return __builtin_isinf(x); }
static inline bool isinf(double x) { return __builtin_isinf(x); }
static inline bool isfinite(float x) { return __builtin_isfinite(x); }
static inline bool isfinite(double x) { return __builtin_isfinite(x); }

// The device's minimum and maximum: a number beats a NaN, and -0 is below +0.
#define RIGOR_MINMAX(T, MIN, MAX)                                                                 \
  static inline T MIN(T a, T b) {                                                                 \
    return a < b ? a : b < a ? b : a == b ? (__builtin_signbit(a) ? a : b) : a != a ? b : a;      \
  }                                                                                               \
  static inline T MAX(T a, T b) {                                                                 \
    return a > b ? a : b > a ? b : a == b ? (__builtin_signbit(a) ? b : a) : a != a ? b : a;      \
  }
RIGOR_MINMAX(float, fminf, fmaxf)
RIGOR_MINMAX(double, fmin, fmax)
RIGOR_MINMAX(float, fmin, fmax)
RIGOR_MINMAX(float, min, max)
RIGOR_MINMAX(double, min, max)
#define RIGOR_INT_MINMAX(T)                                    \
  static inline T min(T a, T b) { return b < a ? b : a; }      \
  static inline T max(T a, T b) { return a < b ? b : a; }
RIGOR_INT_MINMAX(int)
RIGOR_INT_MINMAX(unsigned)
RIGOR_INT_MINMAX(long)
RIGOR_INT_MINMAX(unsigned long)
RIGOR_INT_MINMAX(long long)
RIGOR_INT_MINMAX(unsigned long long)
static inline int abs(int x) { return x < 0 ? -x : x; }
static inline long long llabs(long long x) { return x < 0 ? -x : x; }

// Functions of the host's math library, under the names that CUDA knows.
#define RIGOR_LIBM(NAME)                                                    \
  extern "C" double NAME(double);                                           \
  extern "C" float NAME##f(float);                                          \
  static inline float NAME(float x) { return NAME##f(x); }
#define RIGOR_LIBM2(NAME)                                                   \
  extern "C" double NAME(double, double);                                   \
  extern "C" float NAME##f(float, float);                                   \
  static inline float NAME(float x, float y) { return NAME##f(x, y); }
RIGOR_LIBM(exp) RIGOR_LIBM(exp2) RIGOR_LIBM(expm1) RIGOR_LIBM(log) RIGOR_LIBM(log2)
RIGOR_LIBM(log10) RIGOR_LIBM(log1p) RIGOR_LIBM(sin) RIGOR_LIBM(cos) RIGOR_LIBM(tan)
RIGOR_LIBM(tanh) RIGOR_LIBM(sinh) RIGOR_LIBM(cosh) RIGOR_LIBM(asin) RIGOR_LIBM(acos)
RIGOR_LIBM(atan) RIGOR_LIBM(erf) RIGOR_LIBM(erfc) RIGOR_LIBM(floor) RIGOR_LIBM(ceil)
RIGOR_LIBM(trunc) RIGOR_LIBM(rint) RIGOR_LIBM(round) RIGOR_LIBM(cbrt)
RIGOR_LIBM2(pow) RIGOR_LIBM2(fmod) RIGOR_LIBM2(atan2) RIGOR_LIBM2(hypot)
extern "C" double ldexp(double, int);
extern "C" float ldexpf(float, int);
#define __expf expf  // macros: glibc owns these names
#define __logf logf
#define __powf powf
#define __sinf sinf
#define __cosf cosf
static inline float __fdividef(float a, float b) { return a / b; }

// Conversions, rounding to nearest even or toward zero, saturating as on the device, NaN to 0.
template <class I, class F> static inline I rigorToInt(F x) {
  const I low = (I)(I(-1) < I(0) ? I(1) << (sizeof(I) * 8 - 1) : I(0));
  if (x != x) return 0;
  if (x <= F(low)) return low;
  return x >= F((I)~low) ? (I)~low : (I)x;
}
static inline int __float2int_rz(float x) { return rigorToInt<int>(x); }
static inline int __float2int_rn(float x) { return rigorToInt<int>(__builtin_rintf(x)); }
static inline int __float2int_rd(float x) { return rigorToInt<int>(__builtin_floorf(x)); }
static inline int __float2int_ru(float x) { return rigorToInt<int>(__builtin_ceilf(x)); }
static inline unsigned __float2uint_rz(float x) { return rigorToInt<unsigned>(x); }
static inline unsigned __float2uint_rn(float x) { return rigorToInt<unsigned>(__builtin_rintf(x)); }
static inline int __double2int_rz(double x) { return rigorToInt<int>(x); }
static inline int __double2int_rn(double x) { return rigorToInt<int>(__builtin_rint(x)); }
static inline long long __float2ll_rz(float x) { return rigorToInt<long long>(x); }
static inline long long __double2ll_rz(double x) { return rigorToInt<long long>(x); }
static inline long long __double2ll_rn(double x) { return rigorToInt<long long>(__builtin_rint(x)); }
static inline float __int2float_rn(int x) { return (float)x; }
static inline float __uint2float_rn(unsigned x) { return (float)x; }
static inline double __int2double_rn(int x) { return (double)x; }
static inline double __uint2double_rn(unsigned x) { return (double)x; }
static inline float __ll2float_rn(long long x) { return (float)x; }
static inline double __ll2double_rn(long long x) { return (double)x; }
static inline double __ull2double_rn(unsigned long long x) { return (double)x; }
static inline float __double2float_rn(double x) { return (float)x; }

// Integers.
static inline unsigned __umulhi(unsigned a, unsigned b) { return (unsigned)((RigorBits)a * b >> 32); }
static inline int __mulhi(int a, int b) { return (int)((long long)a * b >> 32); }
static inline RigorBits __umul64hi(RigorBits a, RigorBits b) {
  return (RigorBits)((unsigned __int128)a * b >> 64);
}
static inline int __popc(unsigned x) { return __builtin_popcount(x); }
static inline int __popcll(RigorBits x) { return __builtin_popcountll(x); }
static inline int __clz(int x) { return x ? __builtin_clz((unsigned)x) : 32; }
static inline int __clzll(long long x) { return x ? __builtin_clzll((RigorBits)x) : 64; }
static inline int __ffs(int x) { return __builtin_ffs(x); }
static inline int __ffsll(long long x) { return __builtin_ffsll(x); }
static inline unsigned __brev(unsigned x) {
  unsigned r = 0;
  for (int i = 0; i < 32; i++) r |= (x >> i & 1u) << (31 - i);
  return r;
}
static inline unsigned __funnelshift_l(unsigned lo, unsigned hi, unsigned s) {
  return (unsigned)(((RigorBits)hi << 32 | lo) << (s & 31) >> 32);
}
static inline unsigned __funnelshift_r(unsigned lo, unsigned hi, unsigned s) {
  return (unsigned)(((RigorBits)hi << 32 | lo) >> (s & 31));
}
