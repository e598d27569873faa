// SPDX-License-Identifier: Apache-2.0
// The device's address space. Each allocation ends at a page that may not be touched, freed
// addresses stay unmapped, and a registry knows what is device memory and what is not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "errors.h"

namespace rigor::memory {

using Address = uint64_t;

CUresult allocate(Address* out, size_t bytes);
CUresult release(Address address);
CUresult allocateHost(void** out, size_t bytes);
CUresult releaseHost(void* host);
void info(size_t* free, size_t* total);
void setCapacity(size_t bytes);

// Finds the live allocation that holds `address`.
bool rangeOf(Address address, Address* base, size_t* bytes);

// Module variables are device memory too.
void addModuleVariable(Address address, size_t bytes);
void removeModuleVariable(Address address);

// Errors unless [address, address + bytes) lies in one live device allocation (or pinned memory).
CUresult checkDevice(Address address, size_t bytes, const char* what);
// Errors if the range touches the device's address space; `pinned` demands memory of allocateHost.
CUresult checkHost(const void* host, size_t bytes, bool pinned, const char* what);

bool isPinned(Address address);
// True for addresses that a kernel may be given: live device or pinned memory, null, or one past.
bool kernelMayUse(Address address);
// True if the address lies in no device allocation although the host could read it.
bool isHostMemory(Address address);
// "12 bytes past the end of the allocation of 4096 bytes at 0x...", for messages.
std::string describe(Address address);

}  // namespace rigor::memory
