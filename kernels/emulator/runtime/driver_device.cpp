// SPDX-License-Identifier: Apache-2.0
// Driver API: initialization, the device and contexts.
#include <atomic>
#include <cstdio>
#include <vector>

#include "block.h"
#include "grid.h"
#include "memory.h"
#include "stream.h"

using namespace rigor;

namespace {

struct Context {};
Registry<Context> contexts;
std::atomic<bool> initialized{false};
std::atomic<void*> primary{nullptr};
thread_local std::vector<void*> stack;  // the last one is current

void* current() { return stack.empty() ? nullptr : stack.back(); }

CUresult requireDevice(int device) {
  if (!initialized) return fail(CUDA_ERROR_NOT_INITIALIZED, "cuInit has not been called");
  if (device != 0) return fail(CUDA_ERROR_INVALID_DEVICE, "device %d; required: 0", device);
  return CUDA_SUCCESS;
}

struct Attribute {
  int id, value;
};
constexpr Attribute attributes[] = {
    {1, 1024},        // threads per block
    {2, 1024},        // block x, y, z
    {3, 1024},        {4, 64},
    {5, 2147483647},  // grid x, y, z
    {6, 65535},       {7, 65535},
    {8, 49152},       // shared memory per block
    {9, 65536},       // constant memory
    {10, 32},         // warp size
    {12, 65536},      // registers per block
    {13, 1000000},    // clock, kHz
    {16, 4},          // multiprocessors
    {19, 1},          // can map host memory
    {31, 1},          // concurrent kernels
    {36, 1000000},    // memory clock, kHz
    {37, 512},        // memory bus width
    {38, 1 << 20},    // L2 bytes
    {39, 2048},       // threads per multiprocessor
    {41, 1},          // unified addressing
    {75, 9},          // compute capability
    {76, 0},
    {78, 1},          // stream priorities
    {81, 233472},     // shared memory per multiprocessor
    {82, 65536},      // registers per multiprocessor
    {97, 232448},     // shared memory per block, opt-in
    {106, 32},        // blocks per multiprocessor
    {111, 1024},      // reserved shared memory per block
};

}  // namespace

CUresult rigor::requireContext() {
  if (!initialized) return fail(CUDA_ERROR_NOT_INITIALIZED, "cuInit has not been called");
  if (!current()) return fail(CUDA_ERROR_INVALID_CONTEXT, "no context is current on the calling thread");
  return CUDA_SUCCESS;
}

API CUresult cuInit(unsigned flags) {
  if (flags) return fail(CUDA_ERROR_INVALID_VALUE, "cuInit: flags %u; required: 0", flags);
  installFaultHandlers();
  currentSchedule();
  initialized = true;
  return CUDA_SUCCESS;
}

API CUresult cuDriverGetVersion(int* version) {
  *version = 12060;
  return CUDA_SUCCESS;
}

API CUresult cuDeviceGetCount(int* count) {
  RIGOR_RETURN_IF_ERROR(requireDevice(0));
  *count = 1;
  return CUDA_SUCCESS;
}

API CUresult cuDeviceGet(int* device, int ordinal) {
  RIGOR_RETURN_IF_ERROR(requireDevice(ordinal));
  *device = 0;
  return CUDA_SUCCESS;
}

API CUresult cuDeviceGetName(char* name, int length, int device) {
  RIGOR_RETURN_IF_ERROR(requireDevice(device));
  snprintf(name, (size_t)length, "Rigor emulator (CPU)");
  return CUDA_SUCCESS;
}

API CUresult cuDeviceGetUuid(unsigned char* uuid, int device) {
  RIGOR_RETURN_IF_ERROR(requireDevice(device));
  for (int i = 0; i < 16; i++) uuid[i] = (unsigned char)"Rigor emulator.."[i];
  return CUDA_SUCCESS;
}

API CUresult cuDeviceTotalMem_v2(size_t* bytes, int device) {
  RIGOR_RETURN_IF_ERROR(requireDevice(device));
  memory::info(nullptr, bytes);
  return CUDA_SUCCESS;
}

API CUresult cuDeviceComputeCapability(int* major, int* minor, int device) {
  RIGOR_RETURN_IF_ERROR(requireDevice(device));
  *major = 9;
  *minor = 0;
  return CUDA_SUCCESS;
}

API CUresult cuDeviceGetAttribute(int* value, int attribute, int device) {
  RIGOR_RETURN_IF_ERROR(requireDevice(device));
  *value = 0;
  for (const Attribute& a : attributes)
    if (a.id == attribute) *value = a.value;
  return CUDA_SUCCESS;
}

API CUresult cuCtxCreate_v2(void** out, unsigned, int device) {
  RIGOR_RETURN_IF_ERROR(requireDevice(device));
  *out = contexts.make();
  stack.push_back(*out);
  return CUDA_SUCCESS;
}

API CUresult cuCtxDestroy_v2(void* context) {
  RIGOR_RETURN_IF_ERROR(requireDevice(0));
  if (!contexts.remove(context)) return fail(CUDA_ERROR_INVALID_CONTEXT, "%p is no context", context);
  if (current() == context) stack.pop_back();
  return CUDA_SUCCESS;
}

API CUresult cuDevicePrimaryCtxRetain(void** out, int device) {
  RIGOR_RETURN_IF_ERROR(requireDevice(device));
  static const bool made = (primary = contexts.make(), true);
  (void)made;
  *out = primary;
  return CUDA_SUCCESS;
}

API CUresult cuDevicePrimaryCtxRelease_v2(int device) { return requireDevice(device); }

API CUresult cuCtxSetCurrent(void* context) {
  RIGOR_RETURN_IF_ERROR(requireDevice(0));
  if (context && !contexts.find(context)) return fail(CUDA_ERROR_INVALID_CONTEXT, "%p is no context", context);
  if (!stack.empty()) stack.pop_back();
  if (context) stack.push_back(context);
  return CUDA_SUCCESS;
}

API CUresult cuCtxPushCurrent_v2(void* context) {
  RIGOR_RETURN_IF_ERROR(requireDevice(0));
  if (!contexts.find(context)) return fail(CUDA_ERROR_INVALID_CONTEXT, "%p is no context", context);
  stack.push_back(context);
  return CUDA_SUCCESS;
}

API CUresult cuCtxPopCurrent_v2(void** out) {
  RIGOR_RETURN_IF_ERROR(requireContext());
  if (out) *out = current();
  stack.pop_back();
  return CUDA_SUCCESS;
}

API CUresult cuCtxGetCurrent(void** out) {
  RIGOR_RETURN_IF_ERROR(requireDevice(0));
  *out = current();
  return CUDA_SUCCESS;
}

API CUresult cuCtxGetDevice(int* device) {
  RIGOR_RETURN_IF_ERROR(requireContext());
  *device = 0;
  return CUDA_SUCCESS;
}

API CUresult cuCtxGetApiVersion(void*, unsigned* version) {
  *version = 12060;
  return CUDA_SUCCESS;
}

API CUresult cuCtxGetStreamPriorityRange(int* least, int* greatest) {
  RIGOR_RETURN_IF_ERROR(requireContext());
  *least = *greatest = 0;
  return CUDA_SUCCESS;
}

API CUresult rigorEmulatorSetSchedule(int kind, unsigned seed);
API CUresult rigorEmulatorSetDeferred(int on);
API CUresult rigorEmulatorSetMemory(size_t mib) {
  memory::setCapacity(mib << 20);
  return CUDA_SUCCESS;
}

// Java 17 calls no C function without JNI: settings come as limits that no device knows.
API CUresult cuCtxSetLimit(unsigned which, size_t value) {
  RIGOR_RETURN_IF_ERROR(requireContext());
  switch (which) {
    case 0x52490001: return rigorEmulatorSetSchedule((int)(value & 255), (unsigned)(value >> 8));
    case 0x52490002: return rigorEmulatorSetDeferred((int)value);
    case 0x52490003: return rigorEmulatorSetMemory(value);
    case 0: case 1: case 2: return CUDA_SUCCESS;  // stack, printf buffer, heap
    default: return fail(CUDA_ERROR_INVALID_VALUE, "cuCtxSetLimit: limit %u", which);
  }
}

API CUresult cuCtxSynchronize() {
  RIGOR_RETURN_IF_ERROR(requireContext());
  RIGOR_RETURN_IF_ERROR(refuseDuringCapture("cuCtxSynchronize"));
  return synchronizeAll();
}
