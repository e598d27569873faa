// SPDX-License-Identifier: Apache-2.0
//
// Points moved into a box and into the exact ball around a centre. Arguments: input pointers,
// output pointer, one model stride for each (in elements, 0 = shared), models, items per model,
// parameters: elements n of a point, then both sides of the box, each as the two halves of a
// double. Everything is F64.
//
// confine_linf, confine_l2, confine_l1, confine_l0  points [b, n], centres [b, n], radii [b] -> [b, n + 1], the moved point
//   and its distance, NaN for a radius that is not >= 0; items = b, one warp per point.
//   Floor: each pass over a point reads it and its centre, coalesced, from cache after the first.
//   The squares of a warp's elements are added one by one, in order, so the bits are the host's; a
//   point takes few passes, and thousands of warps run at a time.
//
// A thread reads only those elements of the output that it wrote.

static constexpr int WARP = 32;

// Java's Math.max: NaN if either is, +0 above -0.
static __device__ __forceinline__ double larger(double a, double b) {
  if (a != a) return a;
  if (a == 0 && b == 0) return __double_as_longlong(a) < 0 ? b : a;
  return a >= b ? a : b;
}

static __device__ __forceinline__ double smaller(double a, double b) { return -larger(-a, -b); }

static __device__ __forceinline__ double next_up(double x) {
  if (!(x < __longlong_as_double(0x7ff0000000000000ll))) return x;
  const long long bits = __double_as_longlong(x + 0.0);  // +0 for -0
  return __longlong_as_double(bits + (bits >= 0 ? 1 : -1));
}

static __device__ __forceinline__ double next_down(double x) { return -next_up(-x); }

// Whether |p - c| exceeds the radius, its rounding error included (TwoSum, Knuth).
static __device__ __forceinline__ bool exceeds(double p, double c, double radius) {
  const double d = p - c;
  const double back = d + c;
  const double error = (p - back) - (c - (back - d));
  return fabs(d) > radius || (fabs(d) == radius && (d > 0 ? error : -error) > 0);
}

// The largest of the warp's values, or NaN; known to all threads.
static __device__ __forceinline__ double largest(double mine, double* shared) {
  __syncthreads();
  shared[threadIdx.x] = mine;
  __syncthreads();
  double all = 0;
  for (int k = 0; k < WARP; k++) all = larger(all, shared[k]);
  return all;
}

// At least the Euclidean distance: each term meets at most n + 8 roundings.
static __device__ double length(const double* p, const double* c, int n, double* shared) {
  double mine = 0;
  for (int i = threadIdx.x; i < n; i += WARP) mine = larger(mine, fabs(p[i] - c[i]));
  const double top = largest(mine, shared);
  if (top == 0) return 0;
  double sum = 0;
  for (int first = 0; first < n; first += WARP) {
    const int i = first + threadIdx.x;
    __syncthreads();
    if (i < n) {
      const double d = (p[i] - c[i]) / top;
      shared[threadIdx.x] = d * d;
    }
    __syncthreads();
    const int count = n - first < WARP ? n - first : WARP;
    for (int k = 0; k < count; k++) sum += shared[k];
  }
  return top * sqrt(sum) * (1 + (n + 8) * 2.220446049250313e-16);
}

// At least the sum of changes: each term meets at most n + 8 roundings.
static __device__ double sum(const double* p, const double* c, int n, double* shared) {
  double all = 0;
  for (int first = 0; first < n; first += WARP) {
    const int i = first + threadIdx.x;
    __syncthreads();
    if (i < n) shared[threadIdx.x] = fabs(p[i] - c[i]);
    __syncthreads();
    const int count = n - first < WARP ? n - first : WARP;
    for (int k = 0; k < count; k++) all += shared[k];
  }
  return all * (1 + (n + 8) * 2.220446049250313e-16);
}

struct InCube {
  static __device__ double move(double* p, const double* c, int n, double radius, double* shared) {
    double mine = 0;
    for (int i = threadIdx.x; i < n; i += WARP) {
      double v = larger(c[i] - radius, smaller(c[i] + radius, p[i]));
      while (exceeds(v, c[i], radius)) v = v > c[i] ? next_down(v) : next_up(v);
      p[i] = v;
      mine = larger(mine, fabs(v - c[i]));
    }
    return largest(mine, shared);
  }
};

template <double (*Length)(const double*, const double*, int, double*)>
struct Shrunk {
  static __device__ double move(double* p, const double* c, int n, double radius, double* shared) {
    double far = Length(p, c, n, shared);
    for (double slack = 1; far > radius; slack -= 1e-15 * n) {
      const double shrink = slack * radius / far;
      for (int i = threadIdx.x; i < n; i += WARP) p[i] = c[i] + (p[i] - c[i]) * shrink;
      far = Length(p, c, n, shared);
    }
    return far;
  }
};

// Undoes the smallest changes, the first of equal ones first, until at most radius are left.
struct FewLargest {
  static __device__ double move(double* p, const double* c, int n, double radius, double* shared) {
    double mine = 0;
    for (int i = threadIdx.x; i < n; i += WARP) mine += p[i] != p[i] ? p[i] : p[i] == c[i] ? 0 : 1;
    __syncthreads();
    shared[threadIdx.x] = mine;
    __syncthreads();
    double changes = 0;
    for (int k = 0; k < WARP; k++) changes += shared[k];
    for (; changes > radius; changes--) {
      int least = -1;
      double size = 0;
      for (int i = threadIdx.x; i < n; i += WARP) {
        const double d = fabs(p[i] - c[i]);
        if (p[i] != c[i] && (least < 0 || d < size)) {
          least = i;
          size = d;
        }
      }
      const double none = __longlong_as_double(0x7ff8000000000000ll);  // NaN: no change of mine
      __syncthreads();
      shared[threadIdx.x] = least < 0 ? none : size;
      __syncthreads();
      double top = none;
      for (int k = 0; k < WARP; k++) {
        if (shared[k] == shared[k] && !(shared[k] >= top)) top = shared[k];
      }
      const bool one = least >= 0 && size == top;
      __syncthreads();
      shared[threadIdx.x] = one ? least : n;
      __syncthreads();
      double first = n;
      for (int k = 0; k < WARP; k++) first = shared[k] < first ? shared[k] : first;
      if (least == (int)first) p[least] = c[least];
    }
    return changes;
  }
};

template <class Ball>
static __device__ __forceinline__ void confine(const double* points, const double* centres,
                                               const double* radii, double* out, int items, int n,
                                               double lower, double upper) {
  __shared__ double shared[WARP];
  for (int b = blockIdx.x; b < items; b += gridDim.x) {
    const double* from = points + (long long)b * n;
    double* p = out + (long long)b * (n + 1);
    const double radius = radii[b];
    const bool valid = radius >= 0;
    const double nowhere = __longlong_as_double(0x7ff8000000000000ll);  // NaN
    for (int i = threadIdx.x; i < n; i += WARP) {
      p[i] = valid ? larger(lower, smaller(upper, from[i])) : nowhere;
    }
    const double* c = centres + (long long)b * n;
    const double far = valid ? Ball::move(p, c, n, radius, shared) : nowhere;
    if (threadIdx.x == 0) p[n] = far;
  }
}

extern "C" __global__ void confine_linf(const T0* points, const T1* centres, const T2* radii,
                                        TOUT* out, long long points_stride, long long centres_stride,
                                        long long radii_stride, long long out_stride, int models,
                                        int items, int n, int lower_high, int lower_low,
                                        int upper_high, int upper_low) {
  const double lower = __hiloint2double(lower_high, lower_low);
  const double upper = __hiloint2double(upper_high, upper_low);
  for (int m = blockIdx.y; m < models; m += gridDim.y) {
    confine<InCube>(points + m * points_stride, centres + m * centres_stride,
                    radii + m * radii_stride, out + m * out_stride, items, n, lower, upper);
  }
}

extern "C" __global__ void confine_l2(const T0* points, const T1* centres, const T2* radii,
                                      TOUT* out, long long points_stride, long long centres_stride,
                                      long long radii_stride, long long out_stride, int models,
                                      int items, int n, int lower_high, int lower_low,
                                      int upper_high, int upper_low) {
  const double lower = __hiloint2double(lower_high, lower_low);
  const double upper = __hiloint2double(upper_high, upper_low);
  for (int m = blockIdx.y; m < models; m += gridDim.y) {
    confine<Shrunk<length>>(points + m * points_stride, centres + m * centres_stride,
                      radii + m * radii_stride, out + m * out_stride, items, n, lower, upper);
  }
}

extern "C" __global__ void confine_l1(const T0* points, const T1* centres, const T2* radii,
                                      TOUT* out, long long points_stride, long long centres_stride,
                                      long long radii_stride, long long out_stride, int models,
                                      int items, int n, int lower_high, int lower_low,
                                      int upper_high, int upper_low) {
  const double lower = __hiloint2double(lower_high, lower_low);
  const double upper = __hiloint2double(upper_high, upper_low);
  for (int m = blockIdx.y; m < models; m += gridDim.y) {
    confine<Shrunk<sum>>(points + m * points_stride, centres + m * centres_stride,
                      radii + m * radii_stride, out + m * out_stride, items, n, lower, upper);
  }
}

extern "C" __global__ void confine_l0(const T0* points, const T1* centres, const T2* radii,
                                      TOUT* out, long long points_stride, long long centres_stride,
                                      long long radii_stride, long long out_stride, int models,
                                      int items, int n, int lower_high, int lower_low,
                                      int upper_high, int upper_low) {
  const double lower = __hiloint2double(lower_high, lower_low);
  const double upper = __hiloint2double(upper_high, upper_low);
  for (int m = blockIdx.y; m < models; m += gridDim.y) {
    confine<FewLargest>(points + m * points_stride, centres + m * centres_stride,
                      radii + m * radii_stride, out + m * out_stride, items, n, lower, upper);
  }
}
