// SPDX-License-Identifier: Apache-2.0
// Driver API: memory, copies and fills. Synchronous copies are operations of the default stream.
#include <algorithm>
#include <cstring>

#include "memory.h"
#include "stream.h"

using namespace rigor;
using memory::Address;

namespace {

CUresult enterUnsafe(const char* what) {
  RIGOR_RETURN_IF_ERROR(requireContext());
  return refuseDuringCapture(what);
}

CUresult copy(void* to, const void* from, size_t bytes) {
  memmove(to, from, bytes);
  return CUDA_SUCCESS;
}

// Addresses are checked when the copy runs too: a captured one may outlive its memory.
OperationPtr toDevice(Address to, const void* from, size_t bytes) {
  return operation([=] {
    RIGOR_RETURN_IF_ERROR(memory::checkDevice(to, bytes, "copy to the device"));
    return copy((void*)to, from, bytes);
  });
}

OperationPtr toHost(void* to, Address from, size_t bytes) {
  return operation([=] {
    RIGOR_RETURN_IF_ERROR(memory::checkDevice(from, bytes, "copy to the host"));
    return copy(to, (const void*)from, bytes);
  });
}

OperationPtr onDevice(Address to, Address from, size_t bytes) {
  return operation([=] {
    RIGOR_RETURN_IF_ERROR(memory::checkDevice(to, bytes, "copy on the device, target"));
    RIGOR_RETURN_IF_ERROR(memory::checkDevice(from, bytes, "copy on the device, source"));
    return copy((void*)to, (const void*)from, bytes);
  });
}

template <class T> OperationPtr set(Address to, T value, size_t count) {
  return operation([=] {
    RIGOR_RETURN_IF_ERROR(memory::checkDevice(to, count * sizeof(T), "memset"));
    if (to % sizeof(T)) return fail(CUDA_ERROR_INVALID_VALUE, "memset: address %#zx is not aligned", (size_t)to);
    std::fill_n((T*)to, count, value);
    return CUDA_SUCCESS;
  });
}

CUresult runSynchronously(const char* what, OperationPtr operation) {
  RIGOR_RETURN_IF_ERROR(enterUnsafe(what));
  return submit(nullptr, std::move(operation));
}

CUresult runOn(void* stream, OperationPtr operation) {
  RIGOR_RETURN_IF_ERROR(requireContext());
  return submit(stream, std::move(operation));
}

}  // namespace

API CUresult cuMemAlloc_v2(Address* out, size_t bytes) {
  RIGOR_RETURN_IF_ERROR(enterUnsafe("cuMemAlloc"));
  return memory::allocate(out, bytes);
}

API CUresult cuMemFree_v2(Address address) {
  RIGOR_RETURN_IF_ERROR(enterUnsafe("cuMemFree"));
  RIGOR_RETURN_IF_ERROR(synchronizeAll());
  return memory::release(address);
}

API CUresult cuMemGetInfo_v2(size_t* free, size_t* total) {
  RIGOR_RETURN_IF_ERROR(requireContext());
  memory::info(free, total);
  return CUDA_SUCCESS;
}

API CUresult cuMemGetAddressRange_v2(Address* base, size_t* bytes, Address address) {
  RIGOR_RETURN_IF_ERROR(requireContext());
  if (memory::rangeOf(address, base, bytes)) return CUDA_SUCCESS;
  return fail(CUDA_ERROR_NOT_FOUND, "%#zx: %s", (size_t)address, memory::describe(address).c_str());
}

API CUresult cuMemAllocHost_v2(void** out, size_t bytes) {
  RIGOR_RETURN_IF_ERROR(enterUnsafe("cuMemAllocHost"));
  return memory::allocateHost(out, bytes);
}
API CUresult cuMemHostAlloc(void** out, size_t bytes, unsigned) { return cuMemAllocHost_v2(out, bytes); }

API CUresult cuMemFreeHost(void* host) {
  RIGOR_RETURN_IF_ERROR(enterUnsafe("cuMemFreeHost"));
  RIGOR_RETURN_IF_ERROR(synchronizeAll());
  return memory::releaseHost(host);
}

API CUresult cuMemHostGetDevicePointer_v2(Address* out, void* host, unsigned) {
  RIGOR_RETURN_IF_ERROR(requireContext());
  if (!memory::isPinned((Address)host)) return fail(CUDA_ERROR_INVALID_VALUE, "%p is not pinned", host);
  *out = (Address)host;
  return CUDA_SUCCESS;
}

API CUresult cuMemcpyHtoD_v2(Address to, const void* from, size_t bytes) {
  RIGOR_RETURN_IF_ERROR(memory::checkHost(from, bytes, false, "cuMemcpyHtoD"));
  return runSynchronously("cuMemcpyHtoD", toDevice(to, from, bytes));
}

API CUresult cuMemcpyDtoH_v2(void* to, Address from, size_t bytes) {
  RIGOR_RETURN_IF_ERROR(memory::checkHost(to, bytes, false, "cuMemcpyDtoH"));
  return runSynchronously("cuMemcpyDtoH", toHost(to, from, bytes));
}

API CUresult cuMemcpyDtoD_v2(Address to, Address from, size_t bytes) {
  return runSynchronously("cuMemcpyDtoD", onDevice(to, from, bytes));
}

API CUresult cuMemcpyHtoDAsync_v2(Address to, const void* from, size_t bytes, void* stream) {
  RIGOR_RETURN_IF_ERROR(memory::checkHost(from, bytes, true, "cuMemcpyHtoDAsync"));
  RIGOR_RETURN_IF_ERROR(memory::checkDevice(to, bytes, "cuMemcpyHtoDAsync"));
  return runOn(stream, toDevice(to, from, bytes));
}

API CUresult cuMemcpyDtoHAsync_v2(void* to, Address from, size_t bytes, void* stream) {
  RIGOR_RETURN_IF_ERROR(memory::checkHost(to, bytes, true, "cuMemcpyDtoHAsync"));
  RIGOR_RETURN_IF_ERROR(memory::checkDevice(from, bytes, "cuMemcpyDtoHAsync"));
  return runOn(stream, toHost(to, from, bytes));
}

API CUresult cuMemcpyDtoDAsync_v2(Address to, Address from, size_t bytes, void* stream) {
  RIGOR_RETURN_IF_ERROR(memory::checkDevice(to, bytes, "cuMemcpyDtoDAsync, target"));
  RIGOR_RETURN_IF_ERROR(memory::checkDevice(from, bytes, "cuMemcpyDtoDAsync, source"));
  return runOn(stream, onDevice(to, from, bytes));
}

API CUresult cuMemsetD8_v2(Address to, unsigned char value, size_t count) {
  return runSynchronously("cuMemsetD8", set(to, value, count));
}
API CUresult cuMemsetD16_v2(Address to, unsigned short value, size_t count) {
  return runSynchronously("cuMemsetD16", set(to, value, count));
}
API CUresult cuMemsetD32_v2(Address to, unsigned value, size_t count) {
  return runSynchronously("cuMemsetD32", set(to, value, count));
}
API CUresult cuMemsetD8Async(Address to, unsigned char value, size_t count, void* stream) {
  return runOn(stream, set(to, value, count));
}
API CUresult cuMemsetD16Async(Address to, unsigned short value, size_t count, void* stream) {
  return runOn(stream, set(to, value, count));
}
API CUresult cuMemsetD32Async(Address to, unsigned value, size_t count, void* stream) {
  return runOn(stream, set(to, value, count));
}

// For the emulator's other libraries.
API CUresult rigorEmulatorCheckRange(uint64_t address, size_t bytes, const char* what) {
  return memory::checkDevice(address, bytes, what);
}
