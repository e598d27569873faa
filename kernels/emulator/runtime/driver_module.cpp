// SPDX-License-Identifier: Apache-2.0
// Driver API: modules, functions, launches and occupancy.
#include <algorithm>
#include <cstring>

#include "grid.h"
#include "memory.h"
#include "module.h"
#include "stream.h"

using namespace rigor;

namespace {

Registry<Module> modules;
// Handles of functions are Kernel pointers; modules keep them alive.
Registry<std::shared_ptr<Kernel>> functions;

std::shared_ptr<Kernel> findKernel(void* handle) {
  auto f = functions.find(handle);
  return f && !(*f)->unloaded ? *f : nullptr;
}

#define FIND_KERNEL(name, handle)                      \
  RIGOR_RETURN_IF_ERROR(requireContext());             \
  auto name = findKernel(handle);                      \
  if (!name) return fail(CUDA_ERROR_INVALID_HANDLE, "%s: the function is unknown or its module was unloaded", __func__)

struct LaunchOperation : Operation {
  std::shared_ptr<Kernel> kernel;
  dim3 grid, block;
  size_t dynamicShared;
  std::vector<char> storage;
  std::vector<void*> params;

  // Copies the values, as the driver does: the caller may reuse its memory at once.
  void copyParams(void** source) {
    const RigorKernelEntry& e = *kernel->entry;
    size_t bytes = 0;
    std::vector<size_t> offsets;
    for (unsigned i = 0; i < e.paramCount; i++) {
      size_t size = e.params[i] & 0xffff, alignment = e.params[i] >> 16 & 0xff;
      bytes = (bytes + alignment - 1) / alignment * alignment;
      offsets.push_back(bytes);
      bytes += size;
    }
    storage.resize(bytes);
    for (unsigned i = 0; i < e.paramCount; i++) {
      memcpy(storage.data() + offsets[i], source[i], e.params[i] & 0xffff);
      params.push_back(storage.data() + offsets[i]);
    }
  }

  // Pointers that no kernel may follow. In structs only what is surely a host address is refused.
  CUresult checkPointers() const {
    const RigorKernelEntry& e = *kernel->entry;
    for (unsigned i = 0; i < e.paramCount; i++) {
      unsigned kind = e.params[i] >> 24;
      size_t words = kind == RIGOR_POINTER ? 1 : kind == RIGOR_STRUCT ? (e.params[i] & 0xffff) / 8 : 0;
      for (size_t w = 0; w < words; w++) {
        uint64_t value;
        memcpy(&value, static_cast<char*>(params[i]) + 8 * w, 8);
        bool bad = kind == RIGOR_POINTER ? !memory::kernelMayUse(value) : memory::isHostMemory(value);
        if (bad)
          return fail(CUDA_ERROR_ILLEGAL_ADDRESS, "kernel %s: parameter %u holds %#zx, %s", kernel->code.name.c_str(),
                      i, (size_t)value, memory::describe(value).c_str());
      }
    }
    return CUDA_SUCCESS;
  }

  CUresult run() override {
    if (kernel->unloaded)
      return fail(CUDA_ERROR_INVALID_HANDLE, "the module of kernel %s was unloaded", kernel->code.name.c_str());
    RIGOR_RETURN_IF_ERROR(checkPointers());
    return runGrid({&kernel->code, params.data(), grid, block, dynamicShared});
  }
};

CUresult checkShape(const Kernel& k, dim3 grid, dim3 block, size_t shared) {
  const char* name = k.code.name.c_str();
  if (!grid.x || !grid.y || !grid.z || !block.x || !block.y || !block.z)
    return fail(CUDA_ERROR_INVALID_VALUE, "kernel %s: an extent of the grid or block is 0", name);
  if (grid.x > 2147483647u || grid.y > 65535 || grid.z > 65535)
    return fail(CUDA_ERROR_INVALID_VALUE, "kernel %s: grid (%u,%u,%u); at most (2147483647,65535,65535)", name, grid.x,
                grid.y, grid.z);
  uint64_t threads = (uint64_t)block.x * block.y * block.z;
  if (block.x > 1024 || block.y > 1024 || block.z > 64 || threads > 1024)
    return fail(CUDA_ERROR_INVALID_VALUE, "kernel %s: block (%u,%u,%u) has %llu threads; at most 1024", name, block.x,
                block.y, block.z, (unsigned long long)threads);
  if (threads > k.entry->maxThreads)
    return fail(CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES, "kernel %s: %llu threads; __launch_bounds__ says %u", name,
                (unsigned long long)threads, k.entry->maxThreads);
  if (shared > k.dynamicLimit())
    return fail(CUDA_ERROR_INVALID_VALUE,
                "kernel %s: %zu bytes of dynamic shared memory; at most %zu beside %zu static ones (more, up to %zu, "
                "after cuFuncSetAttribute)",
                name, shared, k.dynamicLimit(), k.staticShared, kSharedOptIn - k.staticShared);
  return CUDA_SUCCESS;
}

int blocksPerMultiprocessor(const Kernel& k, int threads, size_t dynamicShared) {
  if (threads <= 0 || (unsigned)threads > k.entry->maxThreads) return 0;
  size_t shared = k.staticShared + dynamicShared + 1024;
  return (int)std::min<size_t>({32, 2048u / (unsigned)((threads + 31) / 32 * 32), 233472 / shared});
}

}  // namespace

API CUresult cuModuleLoadData(void** out, const void* image) {
  RIGOR_RETURN_IF_ERROR(requireContext());
  if (!out || !image) return fail(CUDA_ERROR_INVALID_VALUE, "cuModuleLoadData: null argument");
  void* handle = modules.make();
  CUresult result = modules.find(handle)->load(image);
  if (result != CUDA_SUCCESS) modules.remove(handle);
  *out = result == CUDA_SUCCESS ? handle : nullptr;
  return result;
}

API CUresult cuModuleLoadDataEx(void** out, const void* image, unsigned, int*, void**) {
  return cuModuleLoadData(out, image);
}
API CUresult cuModuleLoadFatBinary(void** out, const void* image) { return cuModuleLoadData(out, image); }

API CUresult cuModuleUnload(void* module) {
  RIGOR_RETURN_IF_ERROR(requireContext());
  RIGOR_RETURN_IF_ERROR(synchronizeAll());
  if (!modules.remove(module)) return fail(CUDA_ERROR_INVALID_HANDLE, "cuModuleUnload: %p is no module", module);
  return CUDA_SUCCESS;
}

API CUresult cuModuleGetFunction(void** out, void* moduleHandle, const char* name) {
  RIGOR_RETURN_IF_ERROR(requireContext());
  auto module = modules.find(moduleHandle);
  if (!module) return fail(CUDA_ERROR_INVALID_HANDLE, "cuModuleGetFunction: %p is no module", moduleHandle);
  auto kernel = module->kernel(name);
  if (!kernel)
    return fail(CUDA_ERROR_NOT_FOUND, "the module has no kernel %s (without extern \"C\" use its lowered name)", name);
  *out = functions.make(kernel);
  return CUDA_SUCCESS;
}

API CUresult cuModuleGetGlobal_v2(uint64_t* address, size_t* bytes, void* moduleHandle, const char* name) {
  RIGOR_RETURN_IF_ERROR(requireContext());
  auto module = modules.find(moduleHandle);
  if (!module) return fail(CUDA_ERROR_INVALID_HANDLE, "cuModuleGetGlobal: %p is no module", moduleHandle);
  return module->variable(name, address, bytes);
}

API CUresult cuFuncSetAttribute(void* function, int attribute, int value) {
  FIND_KERNEL(kernel, function);
  if (attribute == 9) return CUDA_SUCCESS;  // preferred carve-out: a hint
  if (attribute != 8) return fail(CUDA_ERROR_INVALID_VALUE, "cuFuncSetAttribute: attribute %d is read-only", attribute);
  if (value < 0 || (size_t)value + kernel->staticShared > kSharedOptIn)
    return fail(CUDA_ERROR_INVALID_VALUE, "kernel %s: %d bytes of dynamic shared memory asked for; at most %zu",
                kernel->code.name.c_str(), value, kSharedOptIn - kernel->staticShared);
  kernel->maxDynamicShared = (size_t)value;
  return CUDA_SUCCESS;
}

API CUresult cuFuncGetAttribute(int* value, int attribute, void* function) {
  FIND_KERNEL(kernel, function);
  switch (attribute) {
    case 0: *value = (int)kernel->entry->maxThreads; break;
    case 1: *value = (int)kernel->staticShared; break;
    case 4: *value = 32; break;              // registers: unknown, and of no effect
    case 5: case 6: *value = 90; break;
    case 8: *value = (int)kernel->dynamicLimit(); break;
    default: *value = 0;
  }
  return CUDA_SUCCESS;
}

API CUresult cuFuncSetCacheConfig(void* function, int) {
  FIND_KERNEL(kernel, function);
  return CUDA_SUCCESS;
}

API CUresult cuLaunchKernel(void* function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by,
                            unsigned bz, unsigned shared, void* stream, void** params, void** extra) {
  FIND_KERNEL(kernel, function);
  dim3 grid(gx, gy, gz), block(bx, by, bz);
  RIGOR_RETURN_IF_ERROR(checkShape(*kernel, grid, block, shared));
  if (extra || (!params && kernel->entry->paramCount))
    return fail(CUDA_ERROR_INVALID_VALUE, "kernel %s: parameters must come as kernelParams", kernel->code.name.c_str());
  auto launch = std::make_shared<LaunchOperation>();
  launch->kernel = kernel;
  launch->grid = grid;
  launch->block = block;
  launch->dynamicShared = shared;
  launch->copyParams(params);
  return submit(stream, launch);
}

API CUresult cuLaunchCooperativeKernel(void*, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
                                       void*, void**) {
  return fail(CUDA_ERROR_NOT_SUPPORTED, "the emulator runs blocks one after another: no cooperative launches");
}

API CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, void* function, int threads, size_t shared) {
  FIND_KERNEL(kernel, function);
  *blocks = blocksPerMultiprocessor(*kernel, threads, shared);
  return CUDA_SUCCESS;
}

API CUresult cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* blocks, void* function, int threads,
                                                                  size_t shared, unsigned) {
  return cuOccupancyMaxActiveBlocksPerMultiprocessor(blocks, function, threads, shared);
}

API CUresult cuOccupancyAvailableDynamicSMemPerBlock(size_t* bytes, void* function, int blocks, int) {
  FIND_KERNEL(kernel, function);
  if (blocks <= 0) return fail(CUDA_ERROR_INVALID_VALUE, "occupancy of %d blocks", blocks);
  size_t each = 233472u / (unsigned)blocks, taken = kernel->staticShared + 1024;
  *bytes = each > taken ? std::min(each - taken, kSharedOptIn - kernel->staticShared) : 0;
  return CUDA_SUCCESS;
}

API CUresult cuOccupancyMaxPotentialBlockSize(int* minGrid, int* block, void* function, size_t (*sharedFor)(int),
                                              size_t shared, int limit) {
  FIND_KERNEL(kernel, function);
  int threads = (int)kernel->entry->maxThreads;
  if (limit > 0) threads = std::min(threads, limit);
  *block = threads;
  *minGrid = 4 * blocksPerMultiprocessor(*kernel, threads, sharedFor ? sharedFor(threads) : shared);
  return CUDA_SUCCESS;
}
