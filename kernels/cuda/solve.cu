// SPDX-License-Identifier: Apache-2.0
//
// Factorisations of many small matrices. Arguments: input pointers, output pointer, one model
// stride for each (in elements, 0 = shared), models, items per model (= matrices per model, except
// for triangular_solve), parameters. Matrices are row-major and follow each other.
//
// cholesky          [n, n] -> L [n, n]; one block per matrix, right-looking.
// qr                [m, n] -> [m + n, n]: Q, then R; one block per matrix, Householder, one warp
//                   per column.
// symmetric_eigen   [n, n] -> [1 + n (+ n), n]: values, vectors as columns (then work space); one
//                   block per matrix, two-sided Jacobi: n / 2 rotations of disjoint pairs at a
//                   time, chosen round-robin, n - 1 per sweep; one thread per 2 x 2 block of two
//                   pairs.
// triangular_solve  T [n, n], B [n, k] -> X [n, k]; items = matrices * k, one thread per column.
//
// Floor: n^3 / 3, 2 m n^2, some 60 n^3 and n^2 k operations. If `cached`, a matrix lies in shared
// memory and is read and written once; else it is updated in the output, through L1 and L2. Barrier
// latency limits small matrices, so blocks are small and many.
//
// One thread computes each element, in an order independent of the number of threads; sums of qr
// use 32 lanes joined by halves. The bits are those of the plain Java twins in Factorisation and
// Jacobi.

static __device__ __forceinline__ TOUT not_a_number() { return (TOUT)__int_as_float(0x7fffffff); }

static __device__ __forceinline__ TOUT mean(T0 a, T0 b) { return (TOUT)((a + b) * (TOUT)0.5); }

extern "C" __global__ void cholesky(const T0* a, TOUT* out, long long a_stride,
                                    long long out_stride, int models, int items, int n,
                                    int cached) {
  extern __shared__ double pool[];
  const int first = threadIdx.x, step = blockDim.x;
  for (int m = blockIdx.y; m < models; m += gridDim.y) {
    for (int item = blockIdx.x; item < items; item += gridDim.x) {
      const T0* x = a + m * a_stride + (long long)item * n * n;
      TOUT* l = out + m * out_stride + (long long)item * n * n;
      TOUT* w = cached ? (TOUT*)pool : l;
      for (int e = first; e < n * n; e += step) {
        const int i = e / n, j = e - i * n;
        w[e] = j <= i ? mean(x[i * n + j], x[j * n + i]) : (TOUT)0;
      }
      __syncthreads();
      bool definite = true;
      for (int k = 0; k < n && definite; k++) {
        const TOUT pivot = w[k * n + k];
        definite = pivot > 0 && isfinite(pivot);
        const TOUT root = sqrt(pivot);
        __syncthreads();  // all threads have read the pivot
        for (int i = k + first; i < n; i += step) w[i * n + k] = i == k ? root : w[i * n + k] / root;
        __syncthreads();
        const int rest = n - k - 1;
        for (int e = first; e < rest * rest; e += step) {
          const int i = k + 1 + e / rest, j = k + 1 + e % rest;
          if (j <= i) w[i * n + j] -= w[i * n + k] * w[j * n + k];
        }
        __syncthreads();
      }
      for (int e = first; e < n * n; e += step) l[e] = definite ? w[e] : not_a_number();
      __syncthreads();
    }
  }
}

// Sum of the products of two columns of q over rows from .. m - 1; the same in every lane.
static __device__ __forceinline__ TOUT column_product(const TOUT* q, int n, int from, int m, int j,
                                                      int k) {
  TOUT sum = 0;
  for (int i = from + (threadIdx.x & 31); i < m; i += 32) sum += q[i * n + j] * q[i * n + k];
  for (int h = 16; h > 0; h /= 2) sum += __shfl_down_sync(0xffffffffu, sum, h);
  return __shfl_sync(0xffffffffu, sum, 0);
}

// Applies I - tau v v' to columns k + 1 .. n - 1, one warp each; v is 1 in row k, then column k.
static __device__ __forceinline__ void reflect(TOUT* q, int n, int m, int k, TOUT tau) {
  const int lane = threadIdx.x & 31;
  for (int j = k + 1 + threadIdx.x / 32; j < n; j += blockDim.x / 32) {
    const TOUT head = q[k * n + j];
    const TOUT s = (head + column_product(q, n, k + 1, m, k, j)) * tau;
    for (int i = k + lane; i < m; i += 32) {
      q[i * n + j] = i == k ? head - s : q[i * n + j] - s * q[i * n + k];
    }
  }
}

extern "C" __global__ void qr(const T0* a, TOUT* out, long long a_stride, long long out_stride,
                              int models, int items, int m, int n) {
  extern __shared__ double pool[];
  TOUT* tau = (TOUT*)pool;
  const int first = threadIdx.x, step = blockDim.x;
  for (int model = blockIdx.y; model < models; model += gridDim.y) {
    for (int item = blockIdx.x; item < items; item += gridDim.x) {
      const T0* x = a + model * a_stride + (long long)item * m * n;
      TOUT* q = out + model * out_stride + (long long)item * (m + n) * n;
      TOUT* r = q + m * n;
      for (int e = first; e < m * n; e += step) q[e] = x[e];
      __syncthreads();
      for (int k = 0; k < n; k++) {
        const TOUT head = q[k * n + k];
        const TOUT norm = sqrt(head * head + column_product(q, n, k + 1, m, k, k));
        const TOUT beta = norm == 0 ? (TOUT)0 : head >= 0 ? -norm : norm;
        const TOUT divisor = norm == 0 ? (TOUT)1 : head - beta;
        const TOUT t = norm == 0 ? (TOUT)0 : (beta - head) / beta;
        __syncthreads();  // all threads have read the column
        for (int i = k + 1 + first; i < m; i += step) q[i * n + k] /= divisor;
        if (first == 0) {
          tau[k] = t;
          q[k * n + k] = beta;
        }
        __syncthreads();
        reflect(q, n, m, k, t);
        __syncthreads();
      }
      for (int e = first; e < n * n; e += step) {
        const int i = e / n, j = e - i * n;
        r[e] = j < i ? (TOUT)0 : q[i * n + i] < 0 ? -q[e] : q[e];
      }
      __syncthreads();
      for (int e = first; e < n * n; e += step) {
        const int i = e / n, j = e - i * n;
        if (i < j) q[e] = 0;
      }
      __syncthreads();
      for (int k = n - 1; k >= 0; k--) {
        const TOUT t = tau[k];
        const TOUT sign = q[k * n + k] < 0 ? (TOUT)-1 : (TOUT)1;
        reflect(q, n, m, k, t);
        __syncthreads();
        for (int i = k + first; i < m; i += step) {
          q[i * n + k] = sign * (i == k ? 1 - t : -t * q[i * n + k]);
        }
        __syncthreads();
      }
    }
  }
}

// Finds a pair of a round, first < second; false if one of them is the bye of an odd n.
static __device__ __forceinline__ bool players(int n, int round, int pair, int* p, int* q) {
  const int last = n + (n & 1) - 1;
  const int a = pair == 0 ? last : (round + pair) % last;
  const int b = (round - pair + last) % last;
  *p = a < b ? a : b;
  *q = a < b ? b : a;
  return *q < n;
}

extern "C" __global__ void symmetric_eigen(const T0* a, TOUT* out, long long a_stride,
                                           long long out_stride, int models, int items, int n,
                                           int cached, int sweeps) {
  extern __shared__ double pool[];
  const int first = threadIdx.x, step = blockDim.x;
  const int pairs = (n + 1) / 2, rounds = n + (n & 1) - 1;
  const TOUT unit = sizeof(TOUT) == 8 ? (TOUT)1.1102230246251565e-16 : (TOUT)5.960464477539063e-8;
  TOUT* shared = (TOUT*)pool + (cached ? 2 * n * n : 0);
  TOUT* cosine = shared;
  TOUT* sine = cosine + pairs;
  TOUT* low = sine + pairs;
  TOUT* high = low + pairs;
  TOUT* value = high + pairs;
  TOUT* sign = value + n;
  int* place = (int*)(sign + n);
  const int rows = cached ? n + 1 : 2 * n + 1;
  for (int m = blockIdx.y; m < models; m += gridDim.y) {
    for (int item = blockIdx.x; item < items; item += gridDim.x) {
      const T0* x = a + m * a_stride + (long long)item * n * n;
      TOUT* values = out + m * out_stride + (long long)item * rows * n;
      TOUT* vectors = values + n;
      TOUT* w = cached ? (TOUT*)pool : vectors + n * n;
      TOUT* v = cached ? w + n * n : vectors;
      bool bad = false;
      for (int e = first; e < n * n; e += step) {
        const int i = e / n, j = e - i * n;
        w[e] = mean(x[i * n + j], x[j * n + i]);
        v[e] = i == j;
        bad = bad || !isfinite(w[e]);
      }
      bad = __syncthreads_or(bad);
      for (int sweep = 0, moved = 1; sweep < sweeps && moved && !bad; sweep++) {
        moved = 0;
        for (int round = 0; round < rounds; round++) {
          for (int k = first; k < pairs; k += step) {
            int p, q;
            TOUT c = 1, s = 0, t = 0, pq = 0, pp = 0, qq = 0;
            if (players(n, round, k, &p, &q)) {
              pp = w[p * n + p];
              qq = w[q * n + q];
              pq = w[p * n + q];
              if (fabs(pq) > unit * (fabs(pp) + fabs(qq))) {
                const TOUT theta = (qq - pp) / (2 * pq);
                t = 1 / (fabs(theta) + sqrt(theta * theta + 1));
                t = theta < 0 ? -t : t;
                c = 1 / sqrt(t * t + 1);
                s = t * c;
                moved = 1;
              }
            }
            cosine[k] = c;
            sine[k] = s;
            low[k] = pp - t * pq;
            high[k] = qq + t * pq;
          }
          __syncthreads();
          for (int e = first; e < pairs * pairs; e += step) {
            const int k = e / pairs, l = e - k * pairs;
            int p, q, i, j;
            const bool whole = players(n, round, k, &p, &q);
            const TOUT c = cosine[k], s = sine[k];
            if (k == l && s != 0) {
              w[p * n + p] = low[k];
              w[q * n + q] = high[k];
              w[p * n + q] = w[q * n + p] = 0;
            }
            if (k >= l) continue;
            const bool full = players(n, round, l, &i, &j);
            const TOUT c1 = cosine[l], s1 = sine[l];
            if (s == 0 && s1 == 0) continue;
            const TOUT pi = w[p * n + i], pj = full ? w[p * n + j] : (TOUT)0;
            const TOUT qi = whole ? w[q * n + i] : (TOUT)0;
            const TOUT qj = whole && full ? w[q * n + j] : (TOUT)0;
            const TOUT upi = c * pi - s * qi, upj = c * pj - s * qj;
            const TOUT uqi = s * pi + c * qi, uqj = s * pj + c * qj;
            w[p * n + i] = w[i * n + p] = c1 * upi - s1 * upj;
            if (full) w[p * n + j] = w[j * n + p] = s1 * upi + c1 * upj;
            if (whole) w[q * n + i] = w[i * n + q] = c1 * uqi - s1 * uqj;
            if (whole && full) w[q * n + j] = w[j * n + q] = s1 * uqi + c1 * uqj;
          }
          for (int e = first; e < n * pairs; e += step) {
            const int i = e / pairs, k = e - i * pairs;
            int p, q;
            const TOUT s = sine[k], c = cosine[k];
            if (s == 0 || !players(n, round, k, &p, &q)) continue;
            const TOUT ip = v[i * n + p], iq = v[i * n + q];
            v[i * n + p] = c * ip - s * iq;
            v[i * n + q] = s * ip + c * iq;
          }
          __syncthreads();
        }
        moved = __syncthreads_or(moved);
      }
      // Ascending, ties in original order. The largest entry of each vector is positive.
      for (int i = first; i < n; i += step) {
        value[i] = w[i * n + i];
        bad = bad || !isfinite(value[i]);
        TOUT largest = 0;
        for (int r = 0; r < n; r++) {
          const TOUT entry = v[r * n + i];
          if (fabs(entry) > fabs(largest)) largest = entry;
        }
        sign[i] = largest < 0 ? (TOUT)-1 : (TOUT)1;
      }
      bad = __syncthreads_or(bad);
      for (int i = first; i < n; i += step) {
        int before = 0;
        for (int j = 0; j < n; j++) {
          before += value[j] < value[i] || (value[j] == value[i] && j < i);
        }
        place[i] = before;
        if (!bad) values[before] = value[i];
      }
      for (int e = first; !cached && e < n * n; e += step) w[e] = v[e];
      __syncthreads();
      const TOUT* from = cached ? v : w;
      for (int e = first; !bad && e < n * n; e += step) {
        const int i = e / n, j = e - i * n;
        vectors[i * n + place[j]] = sign[j] * from[e];
      }
      __syncthreads();
      for (int e = first; !cached && e < n * n; e += step) w[e] = 0;
      for (int e = first; bad && e < n * n + n; e += step) values[e] = not_a_number();
      __syncthreads();
    }
  }
}

extern "C" __global__ void triangular_solve(const T0* t, const T1* b, TOUT* out,
                                            long long t_stride, long long b_stride,
                                            long long out_stride, int models, int items, int n,
                                            int k, int upper, int transposed) {
  const bool down = upper == transposed;  // from the first row to the last
  for (int m = blockIdx.y; m < models; m += gridDim.y) {
    for (int e = blockIdx.x * blockDim.x + threadIdx.x; e < items; e += gridDim.x * blockDim.x) {
      const int item = e / k;
      const long long column = (long long)item * n * k + (e - item * k);
      const T0* a = t + m * t_stride + (long long)item * n * n;
      const T1* right = b + m * b_stride + column;
      TOUT* x = out + m * out_stride + column;
      for (int i0 = 0; i0 < n; i0++) {
        const int i = down ? i0 : n - 1 - i0;
        TOUT sum = right[(long long)i * k];
        for (int j0 = 0; j0 < i0; j0++) {
          const int j = down ? j0 : n - 1 - j0;
          sum -= a[transposed ? j * n + i : i * n + j] * x[(long long)j * k];
        }
        x[(long long)i * k] = sum / a[i * n + i];
      }
    }
  }
}
