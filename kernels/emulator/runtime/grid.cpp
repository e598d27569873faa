// SPDX-License-Identifier: Apache-2.0
#include "grid.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <numeric>
#include <thread>

namespace rigor {
namespace {

std::atomic<int> scheduleKind{-1};
std::atomic<unsigned> scheduleSeed{0};

void setSchedule(int kind, unsigned seed) {
  scheduleSeed = seed;
  scheduleKind = kind;
}

// RIGOR_EMULATOR_SCHEDULE is forward, reversed, random or random:SEED.
void readSchedule() {
  const char* s = getenv("RIGOR_EMULATOR_SCHEDULE");
  if (!s || !*s || !strcmp(s, "forward")) {
    setSchedule(Schedule::FORWARD, 0);
  } else if (!strcmp(s, "reversed")) {
    setSchedule(Schedule::REVERSED, 0);
  } else if (!strncmp(s, "random", 6) && (s[6] == 0 || s[6] == ':')) {
    setSchedule(Schedule::RANDOM, s[6] ? (unsigned)strtoul(s + 7, nullptr, 10) : 1);
  } else {
    fprintf(stderr, "rigor emulator: RIGOR_EMULATOR_SCHEDULE is '%s'; required: forward, reversed, random or random:SEED\n", s);
    abort();
  }
}

struct Job {
  uint64_t count;
  const std::function<void(uint64_t)>* body;
  std::atomic<uint64_t> next{0};
  void work() {
    for (uint64_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < count;) (*body)(i);
  }
};

// Threads that block until there is work. One job at a time; a second caller works alone.
class Pool {
 public:
  Pool() {
    for (int i = 1; i < workerCount(); i++) std::thread([this] { serve(); }).detach();
  }
  bool run(Job& job) {
    std::unique_lock<std::mutex> only(busy_, std::try_to_lock);
    if (!only) return false;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      job_ = &job;
      generation_++;
    }
    wake_.notify_all();
    job.work();
    std::unique_lock<std::mutex> lock(mutex_);
    job_ = nullptr;
    idle_.wait(lock, [this] { return active_ == 0; });
    return true;
  }

 private:
  void serve() {
    uint64_t seen = 0;
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      wake_.wait(lock, [&] { return generation_ != seen; });
      seen = generation_;
      Job* job = job_;
      if (!job) continue;
      active_++;
      lock.unlock();
      job->work();
      lock.lock();
      if (--active_ == 0) idle_.notify_all();
    }
  }
  std::mutex busy_, mutex_;
  std::condition_variable wake_, idle_;
  Job* job_ = nullptr;
  uint64_t generation_ = 0;
  int active_ = 0;
};

Pool& pool() {
  static Pool* p = new Pool;  // never destroyed: its threads outlive main
  return *p;
}

// Below this many threads, waking another OS thread costs more than it brings.
constexpr uint64_t kParallelThreads = 8192;

struct Launch {
  const Grid& g;
  Schedule schedule;
  uint64_t count, stride, offset;
  std::atomic<bool> stop{false};
  std::mutex mutex;
  Failure first;

  Launch(const Grid& grid) : g(grid), schedule(currentSchedule()) {
    count = (uint64_t)g.grid.x * g.grid.y * g.grid.z;
    stride = 1;
    offset = 0;
    if (schedule.kind != Schedule::RANDOM) return;
    offset = schedule.seed % count;
    stride = (schedule.seed * 2654435761u) % count | 1;
    while (std::gcd(stride, count) != 1) stride++;
  }
  uint64_t block(uint64_t i) const {
    if (schedule.kind == Schedule::REVERSED) return count - 1 - i;
    if (schedule.kind == Schedule::RANDOM) return (uint64_t)(((unsigned __int128)stride * i + offset) % count);
    return i;
  }
  void run(BlockRunner& runner, uint64_t begin, uint64_t end) {
    runner.begin(*g.kernel, g.params, g.grid, g.block, g.dynamicShared, schedule);
    Failure failure;
    for (uint64_t i = begin; i < end && !stop.load(std::memory_order_relaxed); i++) {
      if (runner.runBlock(block(i), failure)) continue;
      std::lock_guard<std::mutex> lock(mutex);
      if (!stop.exchange(true)) first = failure;
    }
  }
};

}  // namespace

Schedule currentSchedule() {
  static std::once_flag once;
  if (scheduleKind < 0) std::call_once(once, [] {
      if (scheduleKind < 0) readSchedule();
    });
  return {(Schedule::Kind)scheduleKind.load(), scheduleSeed.load()};
}

int workerCount() {
  static const int n = [] {
    const char* s = getenv("RIGOR_EMULATOR_THREADS");
    int asked = s ? atoi(s) : (int)std::thread::hardware_concurrency();
    return std::max(1, std::min(asked, 64));
  }();
  return n;
}

void parallelFor(uint64_t count, const std::function<void(uint64_t)>& body) {
  Job job{count, &body, {0}};
  if (count > 1 && workerCount() > 1 && pool().run(job)) return;
  job.work();
}

CUresult runGrid(const Grid& g) {
  Launch launch(g);
  uint64_t threads = launch.count * g.block.x * g.block.y * g.block.z;
  if (launch.count == 1 || threads < kParallelThreads) {
    SignalStack signals;
    launch.run(BlockRunner::ofThisThread(), 0, launch.count);
  } else {
    uint64_t chunks = std::min<uint64_t>(launch.count, (uint64_t)workerCount() * 16);
    parallelFor(chunks, [&](uint64_t c) {
      SignalStack signals;
      launch.run(BlockRunner::ofThisThread(), launch.count * c / chunks, launch.count * (c + 1) / chunks);
    });
  }
  if (launch.first.code == CUDA_SUCCESS) return CUDA_SUCCESS;
  return fail(launch.first.code, "%s", launch.first.text.c_str());
}

}  // namespace rigor

// Chooses the order of threads, warps and blocks for later launches of this process.
API CUresult rigorEmulatorSetSchedule(int kind, unsigned seed) {
  if (kind < 0 || kind > 2)
    return rigor::fail(CUDA_ERROR_INVALID_VALUE, "schedule %d; required: 0 forward, 1 reversed, 2 random", kind);
  rigor::setSchedule(kind, seed);
  return CUDA_SUCCESS;
}

API void rigorEmulatorParallel(uint64_t count, void (*body)(void*, uint64_t), void* argument) {
  rigor::parallelFor(count, [=](uint64_t i) { body(argument, i); });
}
