// SPDX-License-Identifier: Apache-2.0
// Error codes of the driver API that the emulator returns, and the sentence that goes with one.
#pragma once

enum CUresult {
  CUDA_SUCCESS = 0,
  CUDA_ERROR_INVALID_VALUE = 1,
  CUDA_ERROR_OUT_OF_MEMORY = 2,
  CUDA_ERROR_NOT_INITIALIZED = 3,
  CUDA_ERROR_NO_DEVICE = 100,
  CUDA_ERROR_INVALID_DEVICE = 101,
  CUDA_ERROR_INVALID_IMAGE = 200,
  CUDA_ERROR_INVALID_CONTEXT = 201,
  CUDA_ERROR_INVALID_HANDLE = 400,
  CUDA_ERROR_NOT_FOUND = 500,
  CUDA_ERROR_NOT_READY = 600,
  CUDA_ERROR_ILLEGAL_ADDRESS = 700,
  CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES = 701,
  CUDA_ERROR_ASSERT = 710,
  CUDA_ERROR_MISALIGNED_ADDRESS = 716,
  CUDA_ERROR_LAUNCH_FAILED = 719,
  CUDA_ERROR_NOT_SUPPORTED = 801,
  CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED = 900,
  CUDA_ERROR_STREAM_CAPTURE_INVALIDATED = 901,
  CUDA_ERROR_STREAM_CAPTURE_UNMATCHED = 903,
  CUDA_ERROR_STREAM_CAPTURE_UNJOINED = 904,
  CUDA_ERROR_STREAM_CAPTURE_IMPLICIT = 906,
};

#define API extern "C" __attribute__((visibility("default")))

namespace rigor {

// Remembers why, for cuGetErrorString on this thread (and stderr if RIGOR_EMULATOR_VERBOSE is set);
// returns `code`.
CUresult fail(CUresult code, const char* format, ...) __attribute__((format(printf, 2, 3)));

// CUDA_SUCCESS, or why the calling thread may not call the driver: no cuInit, no current context.
CUresult requireContext();

}  // namespace rigor

#define RIGOR_RETURN_IF_ERROR(expression)                        \
  do {                                                           \
    CUresult rigorResult = (expression);                         \
    if (rigorResult != CUDA_SUCCESS) return rigorResult;         \
  } while (0)
