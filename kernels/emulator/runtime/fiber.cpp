// SPDX-License-Identifier: Apache-2.0
#include "fiber.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>

#ifndef __x86_64__
#error "the emulator's context switch is written for x86-64"
#endif

asm(R"(
.text
.globl rigorSwitch
.hidden rigorSwitch
.type rigorSwitch,@function
rigorSwitch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp,(%rdi)
  movq %rsi,%rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size rigorSwitch,.-rigorSwitch
)");

namespace rigor {

thread_local FaultTarget* faultTarget __attribute__((tls_model("initial-exec"))) = nullptr;

namespace {

constexpr size_t kStack = 256 << 10;
constexpr size_t kGuard = 4096;
constexpr size_t kSignalStack = 64 << 10;
constexpr int kSignals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};

struct sigaction previous[NSIG];

void passOn(int signal, siginfo_t* info, void* context) {
  const struct sigaction& old = previous[signal];
  if (old.sa_flags & SA_SIGINFO) {
    old.sa_sigaction(signal, info, context);
  } else if (old.sa_handler == SIG_IGN) {
    return;
  } else if (old.sa_handler == SIG_DFL) {
    sigaction(signal, &old, nullptr);  // the instruction runs again and ends the process
  } else {
    old.sa_handler(signal);
  }
}

void onFault(int signal, siginfo_t* info, void* context) {
  FaultTarget* target = faultTarget;
  if (!target || !target->active) {
    passOn(signal, info, context);
    return;
  }
  target->active = false;
  target->signal = signal;
  target->address = info->si_addr;
  // Returning from the handler lands in rigorSwitch, as if the kernel had called it.
  greg_t* registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  registers[REG_RSP] = (greg_t)(target->scratch + sizeof target->scratch - 64);
  registers[REG_RDI] = (greg_t)&target->discarded;
  registers[REG_RSI] = (greg_t)target->schedulerSp;
  registers[REG_RIP] = (greg_t)&rigorSwitch;
  registers[REG_EFL] &= ~greg_t(0x400);  // direction flag
}

}  // namespace

void installFaultHandlers() {
  static std::once_flag once;
  std::call_once(once, [] {
    for (int signal : kSignals) {
      sigaction(signal, nullptr, &previous[signal]);
      struct sigaction ours = previous[signal];
      ours.sa_flags |= SA_SIGINFO | SA_ONSTACK;
      ours.sa_sigaction = onFault;
      sigaction(signal, &ours, nullptr);
    }
  });
}

FiberPool::~FiberPool() {
  for (Fiber* f : all_) {
    munmap(f->stack - kGuard, kStack + kGuard);
    delete f;
  }
}

void FiberPool::rewind(Fiber* fiber) {
  uint64_t* s = reinterpret_cast<uint64_t*>(fiber->stack + kStack);
  *--s = 0;  // keeps the stack aligned at entry as after a call
  *--s = reinterpret_cast<uint64_t>(entry_);
  for (int i = 0; i < 6; i++) *--s = 0;
  fiber->sp = s;
}

Fiber* FiberPool::take() {
  if (!idle_.empty()) {
    Fiber* f = idle_.back();
    idle_.pop_back();
    return f;
  }
  char* base = static_cast<char*>(mmap(nullptr, kStack + kGuard, PROT_READ | PROT_WRITE,
                                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0));
  if (base == MAP_FAILED) throw std::bad_alloc();
  mprotect(base, kGuard, PROT_NONE);
  Fiber* f = new Fiber;
  f->stack = base + kGuard;
  rewind(f);
  all_.push_back(f);
  return f;
}

void FiberPool::reset() {
  idle_ = all_;
  for (Fiber* f : all_) rewind(f);
}

SignalStack::SignalStack() {
  thread_local std::unique_ptr<char[]> memory(new char[kSignalStack]);
  stack_t ours{};
  ours.ss_sp = memory.get();
  ours.ss_size = kSignalStack;
  stack_t* old = new stack_t{};
  sigaltstack(&ours, old);
  previous_ = old;
}

SignalStack::~SignalStack() {
  stack_t* old = static_cast<stack_t*>(previous_);
  if (old->ss_flags & SS_DISABLE || old->ss_sp) sigaltstack(old, nullptr);
  delete old;
}

}  // namespace rigor
