// SPDX-License-Identifier: Apache-2.0
#include "memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>

#include "../device/abi.h"

namespace rigor::memory {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kAlignment = 16;  // the widest vector load; more would hide overruns
constexpr size_t kRegion = size_t(1) << 38;

struct Block {
  size_t bytes;       // as asked for
  Address mapped;     // first mapped page
  size_t mappedBytes;
};

std::mutex mutex;
std::map<Address, Block> blocks;             // device allocations by address
std::map<Address, size_t> moduleVariables, pinned;
Address regionBegin, regionEnd, next;
size_t used;

size_t limit;  // 0: not set by a call

size_t capacity() {
  static const size_t standard = [] {
    const char* mib = getenv("RIGOR_EMULATOR_MEMORY_MIB");
    return (mib ? strtoull(mib, nullptr, 10) : 8192) << 20;
  }();
  return limit ? limit : standard;
}

bool inRegion(Address a) { return a >= regionBegin && a < regionEnd; }

bool reserveRegion() {
  if (regionBegin) return true;
  for (size_t bytes = kRegion; bytes >= (size_t(1) << 33); bytes /= 2) {
    void* p = mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) continue;
    regionBegin = next = (Address)p;
    regionEnd = regionBegin + bytes;
    return true;
  }
  return false;
}

// Addresses are given out upwards and come back only after the whole region has been walked, so a
// pointer that outlives its allocation faults.
Address reserve(size_t bytes) {
  if (next + bytes + kPage > regionEnd) next = regionBegin;
  Address candidate = next;
  for (auto& [address, block] : blocks) {
    Address end = block.mapped + block.mappedBytes + kPage;
    if (block.mapped < candidate + bytes + kPage && candidate < end) candidate = end;
  }
  if (candidate + bytes + kPage > regionEnd) return 0;
  next = candidate + bytes + kPage;
  return candidate;
}

void poison(Address begin, Address end) {
  for (Address a = begin; a < end; a += 4) *(uint32_t*)a = RIGOR_POISON;
}

bool poisoned(Address begin, Address end) {
  for (Address a = begin; a < end; a++)
    if (*(unsigned char*)a != (unsigned char)(RIGOR_POISON >> a % 4 * 8)) return false;
  return true;
}

template <class Map> typename Map::const_iterator holding(const Map& map, Address a) {
  auto i = map.upper_bound(a);
  return i == map.begin() ? map.end() : --i;
}

bool inside(const std::map<Address, size_t>& map, Address a, size_t bytes) {
  auto i = holding(map, a);
  return i != map.end() && a - i->first <= i->second && bytes <= i->second - (a - i->first);
}

bool insideBlock(Address a, size_t bytes) {
  auto i = holding(blocks, a);
  return i != blocks.end() && a - i->first <= i->second.bytes && bytes <= i->second.bytes - (a - i->first);
}

std::string describeLocked(Address a) {
  char text[200];
  auto i = holding(blocks, a);
  if (i != blocks.end() && a - i->first < i->second.bytes)
    snprintf(text, sizeof text, "at offset %zu of the %zu bytes allocated at %#zx", (size_t)(a - i->first),
             i->second.bytes, (size_t)i->first);
  else if (i != blocks.end() && a - i->first - i->second.bytes < (1 << 24))
    snprintf(text, sizeof text, "%zu bytes past the end of the %zu bytes allocated at %#zx",
             (size_t)(a - i->first - i->second.bytes), i->second.bytes, (size_t)i->first);
  else if (inRegion(a))
    snprintf(text, sizeof text, "device address that is not allocated (freed, or far out of range)");
  else
    snprintf(text, sizeof text, "not a device address");
  return text;
}

}  // namespace

CUresult allocate(Address* out, size_t bytes) {
  if (!out || bytes == 0) return fail(CUDA_ERROR_INVALID_VALUE, "allocation of 0 bytes");
  std::lock_guard<std::mutex> lock(mutex);
  if (!reserveRegion()) return fail(CUDA_ERROR_OUT_OF_MEMORY, "no address space for the device");
  if (bytes > capacity() - std::min(capacity(), used))
    return fail(CUDA_ERROR_OUT_OF_MEMORY, "asked for %zu bytes, %zu of %zu are in use", bytes, used, capacity());
  size_t mappedBytes = (bytes + kPage - 1) / kPage * kPage;
  Address mapped = reserve(mappedBytes);
  if (!mapped || mprotect((void*)mapped, mappedBytes, PROT_READ | PROT_WRITE))
    return fail(CUDA_ERROR_OUT_OF_MEMORY, "the host gives no %zu bytes", mappedBytes);
  Address address = mapped + mappedBytes - (bytes + kAlignment - 1) / kAlignment * kAlignment;
  poison(mapped, mapped + mappedBytes);
  blocks[address] = {bytes, mapped, mappedBytes};
  used += bytes;
  *out = address;
  return CUDA_SUCCESS;
}

CUresult release(Address address) {
  if (!address) return CUDA_SUCCESS;
  std::lock_guard<std::mutex> lock(mutex);
  auto i = blocks.find(address);
  if (i == blocks.end())
    return fail(CUDA_ERROR_INVALID_VALUE, "free of %#zx: %s", (size_t)address, describeLocked(address).c_str());
  Block b = i->second;
  bool intact = poisoned(b.mapped, address) && poisoned(address + b.bytes, b.mapped + b.mappedBytes);
  // Gives the pages back and leaves the addresses unusable.
  mmap((void*)b.mapped, b.mappedBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  blocks.erase(i);
  used -= b.bytes;
  if (!intact)
    return fail(CUDA_ERROR_ILLEGAL_ADDRESS, "a kernel wrote just outside the %zu bytes allocated at %#zx", b.bytes,
                (size_t)address);
  return CUDA_SUCCESS;
}

CUresult allocateHost(void** out, size_t bytes) {
  if (!out || bytes == 0) return fail(CUDA_ERROR_INVALID_VALUE, "host allocation of 0 bytes");
  void* p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) return fail(CUDA_ERROR_OUT_OF_MEMORY, "the host gives no %zu pinned bytes", bytes);
  std::lock_guard<std::mutex> lock(mutex);
  pinned[(Address)p] = bytes;
  *out = p;
  return CUDA_SUCCESS;
}

CUresult releaseHost(void* host) {
  std::lock_guard<std::mutex> lock(mutex);
  auto i = pinned.find((Address)host);
  if (i == pinned.end()) return fail(CUDA_ERROR_INVALID_VALUE, "%p is not pinned host memory", host);
  munmap(host, i->second);
  pinned.erase(i);
  return CUDA_SUCCESS;
}

void info(size_t* free, size_t* total) {
  std::lock_guard<std::mutex> lock(mutex);
  if (total) *total = capacity();
  if (free) *free = capacity() - std::min(capacity(), used);
}

void setCapacity(size_t bytes) {
  std::lock_guard<std::mutex> lock(mutex);
  limit = bytes;
}

bool rangeOf(Address address, Address* base, size_t* bytes) {
  std::lock_guard<std::mutex> lock(mutex);
  if (!insideBlock(address, 1)) return false;
  auto i = holding(blocks, address);
  if (base) *base = i->first;
  if (bytes) *bytes = i->second.bytes;
  return true;
}

void addModuleVariable(Address address, size_t bytes) {
  std::lock_guard<std::mutex> lock(mutex);
  moduleVariables[address] = bytes;
}

void removeModuleVariable(Address address) {
  std::lock_guard<std::mutex> lock(mutex);
  moduleVariables.erase(address);
}

CUresult checkDevice(Address address, size_t bytes, const char* what) {
  std::lock_guard<std::mutex> lock(mutex);
  if (insideBlock(address, bytes) || inside(moduleVariables, address, bytes) || inside(pinned, address, bytes))
    return CUDA_SUCCESS;
  return fail(CUDA_ERROR_INVALID_VALUE, "%s: %zu bytes at %#zx: %s", what, bytes, (size_t)address,
              describeLocked(address).c_str());
}

CUresult checkHost(const void* host, size_t bytes, bool mustBePinned, const char* what) {
  Address a = (Address)host;
  std::lock_guard<std::mutex> lock(mutex);
  if (!host || inRegion(a) || (bytes > 0 && inRegion(a + bytes - 1)))
    return fail(CUDA_ERROR_INVALID_VALUE, "%s: %p is no host address", what, host);
  if (mustBePinned && !inside(pinned, a, bytes))
    return fail(CUDA_ERROR_INVALID_VALUE,
                "%s: an asynchronous copy needs pinned host memory (cuMemAllocHost); a Java array may move "
                "before the copy happens",
                what);
  return CUDA_SUCCESS;
}

bool isPinned(Address address) {
  std::lock_guard<std::mutex> lock(mutex);
  return inside(pinned, address, 1);
}

bool kernelMayUse(Address address) {
  if (!address) return true;
  std::lock_guard<std::mutex> lock(mutex);
  return insideBlock(address, 0) || inside(moduleVariables, address, 0) || inside(pinned, address, 0);
}

bool isHostMemory(Address address) {
  unsigned char resident;
  return address >= (Address(1) << 32) && address < (Address(1) << 47) && !kernelMayUse(address) &&
         mincore((void*)(address / kPage * kPage), 1, &resident) == 0;
}

std::string describe(Address address) {
  std::lock_guard<std::mutex> lock(mutex);
  return describeLocked(address);
}

}  // namespace rigor::memory
