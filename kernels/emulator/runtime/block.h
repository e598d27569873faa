// SPDX-License-Identifier: Apache-2.0
// Runs the threads of one block on one OS thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "../device/abi.h"
#include "errors.h"
#include "fiber.h"

namespace rigor {

// The order in which threads, warps and blocks run. Any order is legal on a device.
struct Schedule {
  enum Kind { FORWARD, REVERSED, RANDOM } kind = FORWARD;
  unsigned seed = 0;
};
Schedule currentSchedule();

// Bytes of __shared__ variables of a module, in its thread-local segment.
struct SharedRange {
  size_t offset, bytes;
};

struct KernelCode {
  std::string name;
  void (*run)(void** params) = nullptr;
  size_t tlsModule = 0;
  std::vector<SharedRange> shared;
};

// What went wrong in a launch, and where.
struct Failure {
  CUresult code = CUDA_SUCCESS;
  std::string text;
};

class BlockRunner {
 public:
  BlockRunner();
  ~BlockRunner();
  // The runner of the calling OS thread.
  static BlockRunner& ofThisThread();

  void begin(const KernelCode& kernel, void** params, dim3 grid, dim3 block, size_t dynamicShared,
             const Schedule& schedule);
  // Returns false after a failure, which then describes it.
  bool runBlock(uint64_t index, Failure& failure);

  // Called on fibers.
  void waitAtBlock(unsigned site, int predicate);
  void waitAtWarp(unsigned site, unsigned mask, uint64_t value);
  [[noreturn]] void trap(int error);
  void fiberMain();

 private:
  struct Waiting {
    Fiber* fiber;
    unsigned site, mask;
    int predicate;
  };
  enum class Event { FINISHED, WAITING, TRAPPED };

  void prepareShape(dim3 block);
  void poisonShared();
  void orderThreads();
  bool advance(unsigned warp);
  bool startFresh(unsigned warp);
  void releaseWarpWaits(unsigned warp);
  bool releaseBlockBarrier();
  Event resume(Fiber* fiber);
  void park(RigorStatus status, unsigned site, unsigned mask, int predicate);
  bool runToBlockBarrier();
  void failHere(CUresult code, const std::string& text);
  void explainFault();
  std::string place() const;
  uint32_t random();

  RigorThread thread_{};
  FiberPool fibers_;
  FaultTarget fault_;
  Fiber* current_ = nullptr;
  Event event_ = Event::FINISHED;
  int trapCode_ = 0;

  const KernelCode* kernel_ = nullptr;
  void** params_ = nullptr;
  Schedule schedule_;
  uint64_t randomState_ = 0;
  unsigned threads_ = 0, warps_ = 0;
  bool waited_ = false;
  std::vector<uint3> coordinates_;
  std::vector<unsigned> order_, warpOrder_;
  std::vector<unsigned char> status_, fresh_;
  std::vector<Waiting> waiting_;
  std::vector<unsigned long long> values_, lanes_;
  char* dynamic_ = nullptr;  // ends at a page that may not be touched
  size_t dynamicCapacity_ = 0, dynamicBytes_ = 0;
  Failure failure_;
};

}  // namespace rigor
