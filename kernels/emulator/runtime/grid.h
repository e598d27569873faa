// SPDX-License-Identifier: Apache-2.0
// Spreads the blocks of a launch over OS threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "block.h"

namespace rigor {

struct Grid {
  const KernelCode* kernel;
  void** params;
  dim3 grid, block;
  size_t dynamicShared;
};

// Runs all blocks; the first failure stops the launch and is returned.
CUresult runGrid(const Grid& grid);

// Calls body(i) for all i < count, on several OS threads if there are idle ones.
void parallelFor(uint64_t count, const std::function<void(uint64_t)>& body);

int workerCount();

}  // namespace rigor
