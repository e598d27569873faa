// SPDX-License-Identifier: Apache-2.0
//
// Random words and keyed permutations. Arguments: input pointers, output pointer, one model stride
// for each (in elements, 0 = shared), models, items per model, parameters. Thread (x, y) takes
// items x, x + grid, ... of models y, y + grid, .... Integers only, so the results are the same on
// every device.
//
// random_bits  key [2], ids [b], steps [counters] -> out [b, n]; items = b * ceil(n / 4).
//   Floor: 4 bytes written per element and 40 32 x 32-bit products per four elements; on current
//   devices the products bind. One thread makes all four words of a counter, so none is wasted.
// permutation  key [2], positions [b], epoch [1] -> out [b]; items = b.
//   Eight Philox rounds of ten per image, at most four images on average. b is a batch, so this is
//   never the bottleneck.

static __device__ __forceinline__ void philox(unsigned c0, unsigned c1, unsigned c2, unsigned c3,
                                              unsigned k0, unsigned k1, unsigned* out) {
  for (int round = 0; round < 10; round++) {
    unsigned h0 = __umulhi(0xD2511F53u, c0);
    unsigned l0 = 0xD2511F53u * c0;
    unsigned h1 = __umulhi(0xCD9E8D57u, c2);
    unsigned l1 = 0xCD9E8D57u * c2;
    c0 = h1 ^ c1 ^ k0;
    c2 = h0 ^ c3 ^ k1;
    c1 = l1;
    c3 = l0;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

extern "C" __global__ void random_bits(const T0* key, const T1* ids, const T2* steps, TOUT* out,
                                       long long key_stride, long long ids_stride,
                                       long long steps_stride, long long out_stride, int models,
                                       int items, int n, int counters, int high, int low) {
  const int blocks = (n + 3) / 4;
  for (int m = blockIdx.y; m < models; m += gridDim.y) {
    const T0* k = key + m * key_stride;
    const T2* s = steps + m * steps_stride;
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < items; i += gridDim.x * blockDim.x) {
      int sample = i / blocks;
      int block = i - sample * blocks;
      unsigned words[4];
      philox(block, ids[m * ids_stride + sample], s[0], counters > 1 ? s[1] : 0, k[0] ^ high,
             k[1] ^ low, words);
      TOUT* o = out + m * out_stride + (long long)sample * n;
      for (int w = 0; w < 4 && block * 4 + w < n; w++) {
        o[block * 4 + w] = (int)words[w];
      }
    }
  }
}

extern "C" __global__ void permutation(const T0* key, const T1* positions, const T2* epoch,
                                       TOUT* out, long long key_stride, long long position_stride,
                                       long long epoch_stride, long long out_stride, int models,
                                       int items, int n, int half_bits, int high, int low) {
  const unsigned mask = (1u << half_bits) - 1;
  for (int m = blockIdx.y; m < models; m += gridDim.y) {
    const unsigned k0 = key[m * key_stride] ^ high;
    const unsigned k1 = key[m * key_stride + 1] ^ low;
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < items; i += gridDim.x * blockDim.x) {
      int p = positions[m * position_stride + i];
      unsigned x = p < 0 ? 0 : p >= n ? n - 1 : p;
      do {
        unsigned left = x >> half_bits;
        unsigned right = x & mask;
        for (int round = 0; round < 8; round++) {
          unsigned words[4];
          philox(right, round, epoch[m * epoch_stride], 0, k0, k1, words);
          unsigned next = left ^ (words[0] & mask);
          left = right;
          right = next;
        }
        x = left << half_bits | right;
      } while (x >= (unsigned)n);
      out[m * out_stride + i] = (int)x;
    }
  }
}
