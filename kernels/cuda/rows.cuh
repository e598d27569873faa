// SPDX-License-Identifier: Apache-2.0
//
// Steps over the same rows of a few values (at most 16), such as a softmax with its loss and its
// gradient: one thread per row keeps values passed between steps in registers. Floor: such tensors
// are small, so launches and the chain of operations bind, not memory; separate steps would take a
// launch each. The kernels are generated; their reductions are those of reduce_short, with the same
// bits.
#pragma once
#include "reduce.cuh"

template <int OPERANDS, int LOOPS, int PARAMS>
struct RowsArguments {
  void* at[OPERANDS];                 // inputs, then outputs
  long long stride[OPERANDS][LOOPS];  // in elements, from row to row
  long long across[OPERANDS];         // from one value of a row to the next
  long long param[PARAMS + 1];        // bits of constants; the last is unused
  long long extent[LOOPS];            // below 2^31
  long long rows;
};

// Folds VALUES lanes of one value each; empty lanes would not change any bit.
template <class Fold, int VALUES>
static __device__ __forceinline__ typename Fold::Result join_values(Fold (&lane)[VALUES]) {
#pragma unroll
  for (int half = 8; half > 0; half /= 2) {
#pragma unroll
    for (int l = 0; l < half; l++) {
      if (l + half < VALUES) lane[l].join(lane[l + half]);
    }
  }
  return lane[0].result();
}
