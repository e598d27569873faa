// SPDX-License-Identifier: Apache-2.0
// What a compiled kernel module and the runtime (libcuda.so.1) agree on. Included by both, so it
// uses no standard header: NVRTC has none, and compile time counts.
#pragma once

struct uint3 {
  unsigned x, y, z;
};

struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
};

// The CUDA thread that runs now on this OS thread, and the block it belongs to.
struct RigorThread {
  uint3 threadIndex;
  uint3 blockIndex;
  dim3 blockSize;
  dim3 gridSize;
  unsigned linear;            // index of the thread in its block
  unsigned cursor, limit;     // threads order[cursor, limit) have not started yet
  const unsigned* order;      // the schedule: a permutation within each warp
  const uint3* coordinates;   // threadIndex by linear index
  unsigned char* status;      // RigorStatus by linear index
  unsigned long long* lanes;  // values at the last warp operation, by linear index
  unsigned barrierVotes;      // threads whose predicate held at the last block barrier
  char* dynamicShared;
};

enum RigorStatus : unsigned char { RIGOR_FRESH, RIGOR_READY, RIGOR_AT_BARRIER, RIGOR_AT_WARP, RIGOR_DONE };

// One a kernel; the section "rigor_kernels" of a module holds pointers to them.
struct RigorKernelEntry {
  const char* name;            // null: the symbol of `function`
  const void* function;
  void (*run)(void** params);  // runs threads until none is fresh
  const unsigned* params;      // RIGOR_PARAM(size, alignment, kind)
  unsigned paramCount;
  unsigned maxThreads;         // __launch_bounds__, or 1024
};

enum RigorParamKind { RIGOR_SCALAR, RIGOR_POINTER, RIGOR_STRUCT };
#define RIGOR_PARAM(size, alignment, kind) ((size) | (alignment) << 16 | (kind) << 24)

extern "C" {
// Initial-exec: one load from the thread pointer, no call. Fibers never move between OS threads.
extern __thread RigorThread* rigorThread __attribute__((tls_model("initial-exec")));
void rigorBlockBarrier(unsigned site, int predicate);
void rigorWarpBarrier(unsigned site, unsigned mask, unsigned long long value);
void rigorTrap(int error) __attribute__((noreturn));
}

// Known to be aligned, so that -fsanitize=alignment has nothing to check.
static inline __attribute__((always_inline)) RigorThread* rigorSelf() {
  return (RigorThread*)__builtin_assume_aligned(rigorThread, alignof(RigorThread));
}

// Bits that are NaN as float and as double and far out of range as an index: what memory holds
// before anything was written to it.
#define RIGOR_POISON 0x7fffa5a5u
