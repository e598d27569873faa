// SPDX-License-Identifier: Apache-2.0
// Modules: shared objects that the fake NVRTC compiled, and the kernels in them.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "block.h"
#include "elf.h"
#include "errors.h"

namespace rigor {

constexpr size_t kSharedDefault = 49152;
constexpr size_t kSharedOptIn = 232448;

struct Kernel {
  KernelCode code;
  const RigorKernelEntry* entry;
  size_t staticShared = 0;
  size_t maxDynamicShared = 0;  // cuFuncSetAttribute; 0: what the default leaves
  bool unloaded = false;

  size_t dynamicLimit() const {
    size_t rest = kSharedDefault - std::min(kSharedDefault, staticShared);
    return std::max(rest, maxDynamicShared);
  }
};

class Module {
 public:
  ~Module();
  CUresult load(const void* image);
  std::shared_ptr<Kernel> kernel(const std::string& name) const;
  // A __device__ or __constant__ variable.
  CUresult variable(const std::string& name, uint64_t* address, size_t* bytes);

 private:
  CUresult readKernels();
  void* handle_ = nullptr;
  int file_ = -1;  // open while loaded: the dynamic linker knows the module by the number in its path
  Symbols symbols_;
  std::map<std::string, std::shared_ptr<Kernel>> kernels_;
  std::vector<uint64_t> variables_;
};

}  // namespace rigor
