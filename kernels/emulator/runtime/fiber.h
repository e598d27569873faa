// SPDX-License-Identifier: Apache-2.0
// Stacks on which CUDA threads wait for one another, and faults turned into errors.
#pragma once

#include <cstddef>
#include <vector>

namespace rigor {

struct Fiber {
  void* sp = nullptr;    // where it goes on
  char* stack = nullptr;
};

// Saves the callee-saved registers on the stack, the stack pointer in *save, and goes on at `to`.
extern "C" void rigorSwitch(void** save, void* to) __attribute__((visibility("hidden")));

// The fibers of one OS thread. Stacks have a page below them that may not be touched.
class FiberPool {
 public:
  explicit FiberPool(void (*entry)()) : entry_(entry) {}
  ~FiberPool();
  FiberPool(const FiberPool&) = delete;
  FiberPool& operator=(const FiberPool&) = delete;
  Fiber* take();
  void give(Fiber* fiber) { idle_.push_back(fiber); }
  // Forgets what all fibers were doing: after a fault nobody resumes them.
  void reset();

 private:
  void rewind(Fiber* fiber);
  void (*entry_)();
  std::vector<Fiber*> all_, idle_;
};

// What a fault on a fiber needs: the scheduler to return to. Null outside kernels.
struct FaultTarget {
  void* schedulerSp = nullptr;
  void* discarded = nullptr;  // receives the stack pointer of the faulting fiber
  bool active = false;        // a kernel runs on this OS thread right now
  int signal = 0;
  void* address = nullptr;
  // Where rigorSwitch may push registers when the fiber's own stack cannot be trusted.
  alignas(16) char scratch[512];
};
extern thread_local FaultTarget* faultTarget __attribute__((tls_model("initial-exec")));

// Takes over SIGSEGV, SIGBUS, SIGFPE and SIGILL, once; what does not come from a kernel goes on to
// the handlers that were there before (the JVM's).
void installFaultHandlers();

// While it lives, signals of this OS thread are handled on a stack of their own, so that a kernel
// may overflow its stack.
class SignalStack {
 public:
  SignalStack();
  ~SignalStack();

 private:
  void* previous_;
};

}  // namespace rigor
