// SPDX-License-Identifier: Apache-2.0
#include "block.h"

#include <signal.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <numeric>

#include "memory.h"

__thread RigorThread* rigorThread __attribute__((tls_model("initial-exec"), visibility("default")));

namespace {
thread_local rigor::BlockRunner* runner __attribute__((tls_model("initial-exec"))) = nullptr;

struct TlsIndex {
  size_t module, offset;
};
}  // namespace

extern "C" void* __tls_get_addr(TlsIndex*);

API void rigorBlockBarrier(unsigned site, int predicate) { runner->waitAtBlock(site, predicate); }
API void rigorWarpBarrier(unsigned site, unsigned mask, unsigned long long value) {
  runner->waitAtWarp(site, mask, value);
}
API void rigorTrap(int error) { runner->trap(error); }

namespace rigor {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kMaxDynamicShared = 232448;

void enterFiber() {
  runner->fiberMain();
}

void poison(char* begin, size_t bytes) {
  uint32_t* words = reinterpret_cast<uint32_t*>(begin);
  std::fill(words, words + bytes / 4, RIGOR_POISON);
  for (size_t i = bytes / 4 * 4; i < bytes; i++) begin[i] = (char)0xa5;
}

std::string line(unsigned site) { return "line " + std::to_string(site & 0xfffff); }

}  // namespace

BlockRunner::BlockRunner() : fibers_(enterFiber) {
  dynamicCapacity_ = (kMaxDynamicShared + kPage - 1) / kPage * kPage;
  dynamic_ = static_cast<char*>(mmap(nullptr, dynamicCapacity_ + kPage, PROT_READ | PROT_WRITE,
                                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  mprotect(dynamic_ + dynamicCapacity_, kPage, PROT_NONE);
  runner = this;
  rigorThread = &thread_;
  faultTarget = &fault_;
}

BlockRunner::~BlockRunner() {
  munmap(dynamic_, dynamicCapacity_ + kPage);
  runner = nullptr;
  rigorThread = nullptr;
  faultTarget = nullptr;
}

BlockRunner& BlockRunner::ofThisThread() {
  thread_local std::unique_ptr<BlockRunner> mine(new BlockRunner);
  return *mine;
}

uint32_t BlockRunner::random() {  // splitmix64
  uint64_t z = randomState_ += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return (uint32_t)((z ^ z >> 31) >> 32);
}

void BlockRunner::prepareShape(dim3 block) {
  const dim3& old = thread_.blockSize;
  unsigned n = block.x * block.y * block.z;
  if (threads_ == n && old.x == block.x && old.y == block.y) return;
  threads_ = n;
  warps_ = (n + 31) / 32;
  thread_.blockSize = block;
  coordinates_.resize(n);
  for (unsigned i = 0; i < n; i++)
    coordinates_[i] = {i % block.x, i / block.x % block.y, i / (block.x * block.y)};
  order_.resize(n);
  warpOrder_.resize(warps_);
  status_.resize(n);
  fresh_.resize(warps_);
  waiting_.resize(n);
  values_.resize(n);
  lanes_.resize(warps_ * 32);
}

void BlockRunner::orderThreads() {
  std::iota(order_.begin(), order_.end(), 0u);
  std::iota(warpOrder_.begin(), warpOrder_.end(), 0u);
  if (schedule_.kind == Schedule::FORWARD) return;
  for (unsigned w = 0; w < warps_; w++) {
    auto begin = order_.begin() + w * 32, end = order_.begin() + std::min(w * 32 + 32, threads_);
    if (schedule_.kind == Schedule::REVERSED) std::reverse(begin, end);
    else
      for (auto i = end; i - begin > 1; --i) std::iter_swap(i - 1, begin + random() % (i - begin));
  }
  if (schedule_.kind == Schedule::REVERSED) std::reverse(warpOrder_.begin(), warpOrder_.end());
}

void BlockRunner::begin(const KernelCode& kernel, void** params, dim3 grid, dim3 block, size_t dynamicShared,
                        const Schedule& schedule) {
  kernel_ = &kernel;
  params_ = params;
  schedule_ = schedule;
  prepareShape(block);
  dynamicBytes_ = (dynamicShared + 15) / 16 * 16;
  thread_.gridSize = grid;
  thread_.order = order_.data();
  thread_.coordinates = coordinates_.data();
  thread_.status = status_.data();
  thread_.lanes = lanes_.data();
  thread_.dynamicShared = dynamic_ + dynamicCapacity_ - dynamicBytes_;
  orderThreads();
}

void BlockRunner::poisonShared() {
  for (const SharedRange& r : kernel_->shared) {
    TlsIndex index{kernel_->tlsModule, 0};
    poison(static_cast<char*>(__tls_get_addr(&index)) + r.offset, r.bytes);
  }
  poison(thread_.dynamicShared, dynamicBytes_);
}

bool BlockRunner::runBlock(uint64_t index, Failure& failure) {
  const dim3& grid = thread_.gridSize;
  thread_.blockIndex = {(unsigned)(index % grid.x), (unsigned)(index / grid.x % grid.y),
                      (unsigned)(index / grid.x / grid.y)};
  std::fill(status_.begin(), status_.end(), RIGOR_FRESH);
  std::fill(fresh_.begin(), fresh_.end(), 1);
  waited_ = false;
  failure_ = {};
  if (schedule_.kind == Schedule::RANDOM) {
    randomState_ = (uint64_t)schedule_.seed << 32 ^ index * 0x9e3779b97f4a7c15u;
    orderThreads();
  }
  poisonShared();
  while (runToBlockBarrier() && waited_ && releaseBlockBarrier()) {
  }
  if (failure_.code == CUDA_SUCCESS) return true;
  fibers_.reset();
  failure = failure_;
  return false;
}

// Runs all warps as far as they go without a block barrier. A warp may run far ahead of the others.
bool BlockRunner::runToBlockBarrier() {
  if (schedule_.kind != Schedule::RANDOM) {
    for (unsigned w : warpOrder_)
      while (advance(w)) {
      }
    return failure_.code == CUDA_SUCCESS;
  }
  std::vector<unsigned> moving = warpOrder_;
  while (!moving.empty() && failure_.code == CUDA_SUCCESS) {
    size_t pick = random() % moving.size();
    if (advance(moving[pick])) continue;
    moving[pick] = moving.back();
    moving.pop_back();
  }
  return failure_.code == CUDA_SUCCESS;
}

// Lets each thread of the warp that can run do so once; false if there was none, or on failure.
bool BlockRunner::advance(unsigned warp) {
  if (failure_.code != CUDA_SUCCESS) return false;
  bool moved = false;
  if (fresh_[warp]) {
    fresh_[warp] = 0;
    moved = true;
    if (!startFresh(warp)) return false;
  } else {
    unsigned end = std::min(warp * 32 + 32, threads_);
    thread_.cursor = thread_.limit = end;
    for (unsigned p = warp * 32; p < end; p++) {
      unsigned i = order_[p];
      if (status_[i] != RIGOR_READY) continue;
      moved = true;
      thread_.linear = i;
      thread_.threadIndex = coordinates_[i];
      Fiber* fiber = waiting_[i].fiber;
      Event event = resume(fiber);
      if (event == Event::TRAPPED) return false;
      if (event == Event::FINISHED) fibers_.give(fiber);
    }
  }
  if (moved && waited_) releaseWarpWaits(warp);
  return moved;
}

bool BlockRunner::startFresh(unsigned warp) {
  thread_.cursor = warp * 32;
  thread_.limit = std::min(warp * 32 + 32, threads_);
  while (thread_.cursor != thread_.limit) {
    Fiber* fiber = fibers_.take();
    Event event = resume(fiber);
    if (event == Event::TRAPPED) return false;
    if (event == Event::FINISHED) fibers_.give(fiber);
  }
  return true;
}

// Lanes go on together when all that their mask names wait there with them.
void BlockRunner::releaseWarpWaits(unsigned warp) {
  unsigned first = warp * 32, count = std::min(32u, threads_ - first);
  unsigned existing = 0xffffffffu >> (32 - count);
  for (unsigned lane = 0; lane < count; lane++) {
    unsigned i = first + lane;
    if (status_[i] != RIGOR_AT_WARP) continue;
    const Waiting& mine = waiting_[i];
    unsigned mask = mine.mask & existing;
    bool complete = true;
    for (unsigned k = 0; k < count && complete; k++) {
      if (!(mask >> k & 1u)) continue;
      unsigned j = first + k;
      if (status_[j] == RIGOR_DONE) {
        thread_.linear = i;
        failHere(CUDA_ERROR_LAUNCH_FAILED, "lane " + std::to_string(k) + " is in the mask of the warp operation at " +
                                               line(mine.site) + " but has ended");
        return;
      }
      complete = status_[j] == RIGOR_AT_WARP && waiting_[j].mask == mine.mask;
      if (complete && waiting_[j].site != mine.site) {
        thread_.linear = i;
        failHere(CUDA_ERROR_LAUNCH_FAILED, "lanes of one mask wait at different warp operations, " +
                                               line(mine.site) + " and " + line(waiting_[j].site));
        return;
      }
    }
    if (!complete) continue;
    for (unsigned k = 0; k < count; k++) {
      if (!(mask >> k & 1u)) continue;
      lanes_[first + k] = values_[first + k];
      status_[first + k] = RIGOR_READY;
    }
  }
}

// Called when no warp can move. Returns true if all threads waited at one barrier and go on.
bool BlockRunner::releaseBlockBarrier() {
  unsigned done = 0, atBarrier = 0, votes = 0, one = threads_;
  for (unsigned i = 0; i < threads_; i++) {
    done += status_[i] == RIGOR_DONE;
    if (status_[i] == RIGOR_AT_BARRIER) {
      atBarrier++;
      votes += waiting_[i].predicate != 0;
    }
    if (status_[i] != RIGOR_DONE && one == threads_) one = i;
  }
  if (done == threads_) return false;
  thread_.linear = one;
  unsigned site = waiting_[one].site;
  for (unsigned i = 0; i < threads_ && atBarrier == threads_; i++) {
    if (waiting_[i].site == site) continue;
    failHere(CUDA_ERROR_LAUNCH_FAILED, "threads of one block wait at different barriers, " + line(site) + " and " +
                                           line(waiting_[i].site));
    return false;
  }
  if (atBarrier < threads_) {
    failHere(CUDA_ERROR_LAUNCH_FAILED,
             "divergent barrier: " + std::to_string(atBarrier) + " threads wait at __syncthreads, " +
                 std::to_string(threads_ - atBarrier - done) + " at a warp operation, " + std::to_string(done) +
                 " have ended (" + line(site) + ")");
    return false;
  }
  std::fill(status_.begin(), status_.end(), RIGOR_READY);
  thread_.barrierVotes = votes;
  return true;
}

BlockRunner::Event BlockRunner::resume(Fiber* fiber) {
  current_ = fiber;
  fault_.active = true;
  event_ = Event::TRAPPED;  // what a fault leaves behind
  trapCode_ = 0;
  rigorSwitch(&fault_.schedulerSp, fiber->sp);
  fault_.active = false;
  if (event_ == Event::TRAPPED) explainFault();
  return event_;
}

void BlockRunner::fiberMain() {
  for (;;) {
    kernel_->run(params_);
    event_ = Event::FINISHED;
    rigorSwitch(&current_->sp, fault_.schedulerSp);
  }
}

void BlockRunner::park(RigorStatus status, unsigned site, unsigned mask, int predicate) {
  unsigned i = thread_.linear;
  status_[i] = status;
  waiting_[i] = {current_, site, mask, predicate};
  waited_ = true;
  event_ = Event::WAITING;
  rigorSwitch(&current_->sp, fault_.schedulerSp);
}

void BlockRunner::waitAtBlock(unsigned site, int predicate) { park(RIGOR_AT_BARRIER, site, 0, predicate); }

void BlockRunner::waitAtWarp(unsigned site, unsigned mask, uint64_t value) {
  if (!(mask >> (thread_.linear & 31) & 1u)) {
    failHere(CUDA_ERROR_LAUNCH_FAILED, "a lane calls the warp operation at " + line(site) +
                                           " with a mask that does not name it");
    trap(CUDA_ERROR_LAUNCH_FAILED);
  }
  values_[thread_.linear] = value;
  park(RIGOR_AT_WARP, site, mask, 0);
}

void BlockRunner::trap(int error) {
  trapCode_ = error;
  fault_.active = false;
  event_ = Event::TRAPPED;
  rigorSwitch(&fault_.discarded, fault_.schedulerSp);
  __builtin_unreachable();
}

void BlockRunner::explainFault() {
  if (failure_.code != CUDA_SUCCESS) return;
  char text[160];
  auto address = (uint64_t)fault_.address;
  if (trapCode_ == CUDA_ERROR_ASSERT) failHere(CUDA_ERROR_ASSERT, "an assertion failed");
  else if (trapCode_) failHere(CUDA_ERROR_LAUNCH_FAILED, "the kernel called __trap");
  else if (fault_.signal == SIGFPE) failHere(CUDA_ERROR_LAUNCH_FAILED, "integer division by zero or overflow");
  else if (fault_.signal == SIGILL)
    failHere(CUDA_ERROR_MISALIGNED_ADDRESS, "a load or store at an address that is no multiple of its size");
  else if (address >= (uint64_t)current_->stack - kPage && address < (uint64_t)current_->stack)
    failHere(CUDA_ERROR_ILLEGAL_ADDRESS, "stack overflow: local arrays or recursion");
  else if (address >= (uint64_t)(dynamic_ + dynamicCapacity_) && address < (uint64_t)(dynamic_ + dynamicCapacity_) + kPage)
    failHere(CUDA_ERROR_ILLEGAL_ADDRESS, "access past the end of dynamic shared memory");
  else {
    snprintf(text, sizeof text, "access at %#zx, ", (size_t)address);
    failHere(CUDA_ERROR_ILLEGAL_ADDRESS, text + memory::describe(address));
  }
}

std::string BlockRunner::place() const {
  char text[120];
  const uint3& b = thread_.blockIndex;
  const uint3& t = coordinates_[std::min(thread_.linear, threads_ - 1)];
  snprintf(text, sizeof text, " in block (%u,%u,%u), thread (%u,%u,%u)", b.x, b.y, b.z, t.x, t.y, t.z);
  return text;
}

void BlockRunner::failHere(CUresult code, const std::string& text) {
  failure_ = {code, "kernel " + kernel_->name + place() + ": " + text};
}

}  // namespace rigor
