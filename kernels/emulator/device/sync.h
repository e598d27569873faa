// SPDX-License-Identifier: Apache-2.0
// Barriers, shuffles and votes. Each textual place has a number, so that threads of a block that
// wait at different barriers are told apart from threads that wait together. The number carries
// the line for the message.
#pragma once

#define RIGOR_SITE ((unsigned)(__COUNTER__ % 4096) << 20 | (unsigned)(__LINE__ % 1048576))

#define __syncthreads() rigorBlockBarrier(RIGOR_SITE, 0)
#define __syncthreads_count(predicate) rigorBlockCount(RIGOR_SITE, predicate)
#define __syncthreads_or(predicate) (rigorBlockCount(RIGOR_SITE, predicate) != 0)
#define __syncthreads_and(predicate) (rigorBlockCount(RIGOR_SITE, !(predicate)) == 0)
static inline int rigorBlockCount(unsigned site, int predicate) {
  rigorBlockBarrier(site, predicate != 0);
  return (int)rigorSelf()->barrierVotes;
}

#define __syncwarp(...) rigorSyncWarp(RIGOR_SITE __VA_OPT__(, ) __VA_ARGS__)
static inline void rigorSyncWarp(unsigned site, unsigned mask = 0xffffffffu) {
  rigorWarpBarrier(site, mask, 0);
}

static inline int rigorLane() { return (int)(rigorSelf()->linear & 31u); }
static inline unsigned rigorWarpThreads() {
  const dim3& b = rigorSelf()->blockSize;
  unsigned left = b.x * b.y * b.z - (rigorSelf()->linear & ~31u);
  return left < 32 ? left : 32;
}
static inline unsigned __activemask() { return 0xffffffffu >> (32 - rigorWarpThreads()); }

// A lane that is not in the mask has no value to give: the result is undefined on the device and
// poison here.
template <class T> static inline T rigorShuffle(unsigned site, unsigned mask, T value, int source) {
  static_assert(sizeof(T) <= 8, "a shuffle moves at most 8 bytes");
  RigorBits bits = 0;
  __builtin_memcpy(&bits, &value, sizeof(T));
  rigorWarpBarrier(site, mask, bits);
  if (mask >> source & 1u && (unsigned)source < rigorWarpThreads())
    bits = rigorSelf()->lanes[(rigorSelf()->linear & ~31u) + (unsigned)source];
  else
    bits = (RigorBits)RIGOR_POISON << 32 | RIGOR_POISON;
  __builtin_memcpy(&value, &bits, sizeof(T));
  return value;
}
template <class T> static inline T rigorShflIdx(unsigned site, unsigned mask, T v, int lane, int width = 32) {
  return rigorShuffle(site, mask, v, (rigorLane() & ~(width - 1)) | (lane & (width - 1)));
}
template <class T> static inline T rigorShflUp(unsigned site, unsigned mask, T v, unsigned delta, int width = 32) {
  int lane = rigorLane(), source = lane - (int)delta;
  return rigorShuffle(site, mask, v, source >= (lane & ~(width - 1)) ? source : lane);
}
template <class T> static inline T rigorShflDown(unsigned site, unsigned mask, T v, unsigned delta, int width = 32) {
  int lane = rigorLane(), source = lane + (int)delta;
  return rigorShuffle(site, mask, v, source <= (lane | (width - 1)) ? source : lane);
}
template <class T> static inline T rigorShflXor(unsigned site, unsigned mask, T v, int bits, int width = 32) {
  int lane = rigorLane(), source = lane ^ bits;
  return rigorShuffle(site, mask, v, source <= (lane | (width - 1)) ? source : lane);
}
#define __shfl_sync(mask, ...) rigorShflIdx(RIGOR_SITE, mask, __VA_ARGS__)
#define __shfl_up_sync(mask, ...) rigorShflUp(RIGOR_SITE, mask, __VA_ARGS__)
#define __shfl_down_sync(mask, ...) rigorShflDown(RIGOR_SITE, mask, __VA_ARGS__)
#define __shfl_xor_sync(mask, ...) rigorShflXor(RIGOR_SITE, mask, __VA_ARGS__)

static inline unsigned rigorBallot(unsigned site, unsigned mask, int predicate) {
  rigorWarpBarrier(site, mask, predicate != 0);
  unsigned threads = rigorWarpThreads(), result = 0;
  for (unsigned i = 0; i < threads; i++)
    if (mask >> i & 1u) result |= (unsigned)rigorSelf()->lanes[(rigorSelf()->linear & ~31u) + i] << i;
  return result;
}
#define __ballot_sync(mask, predicate) rigorBallot(RIGOR_SITE, mask, predicate)
#define __any_sync(mask, predicate) (rigorBallot(RIGOR_SITE, mask, predicate) != 0)
#define __all_sync(mask, predicate) (rigorBallot(RIGOR_SITE, mask, !(predicate)) == 0)

#define RIGOR_WARP_REDUCE(NAME, T, COMBINE)                                                      \
  static inline T rigorReduce##NAME(unsigned site, unsigned mask, T value) {                     \
    rigorWarpBarrier(site, mask, (unsigned)value);                                               \
    unsigned threads = rigorWarpThreads(), first = rigorSelf()->linear & ~31u;                   \
    T r = value;                                                                                 \
    for (unsigned i = 0; i < threads; i++)                                                       \
      if (mask >> i & 1u && (int)i != rigorLane()) {                                             \
        T v = (T)rigorSelf()->lanes[first + i];                                                  \
        r = COMBINE;                                                                             \
      }                                                                                          \
    return r;                                                                                    \
  }
RIGOR_WARP_REDUCE(Add, unsigned, r + v)
RIGOR_WARP_REDUCE(Add, int, (int)((unsigned)r + (unsigned)v))
RIGOR_WARP_REDUCE(Min, unsigned, v < r ? v : r)
RIGOR_WARP_REDUCE(Min, int, v < r ? v : r)
RIGOR_WARP_REDUCE(Max, unsigned, v > r ? v : r)
RIGOR_WARP_REDUCE(Max, int, v > r ? v : r)
#define __reduce_add_sync(mask, value) rigorReduceAdd(RIGOR_SITE, mask, value)
#define __reduce_min_sync(mask, value) rigorReduceMin(RIGOR_SITE, mask, value)
#define __reduce_max_sync(mask, value) rigorReduceMax(RIGOR_SITE, mask, value)
