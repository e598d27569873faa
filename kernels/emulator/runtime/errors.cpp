// SPDX-License-Identifier: Apache-2.0
#include "errors.h"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>

namespace {

thread_local char detail[640];
thread_local CUresult detailCode = CUDA_SUCCESS;

struct ErrorText {
  CUresult code;
  const char *name, *text;
};

#define ENTRY(name, text) {name, #name, text}
const ErrorText texts[] = {
    ENTRY(CUDA_SUCCESS, "no error"),
    ENTRY(CUDA_ERROR_INVALID_VALUE, "invalid argument"),
    ENTRY(CUDA_ERROR_OUT_OF_MEMORY, "out of memory"),
    ENTRY(CUDA_ERROR_NOT_INITIALIZED, "cuInit has not been called"),
    ENTRY(CUDA_ERROR_NO_DEVICE, "no device"),
    ENTRY(CUDA_ERROR_INVALID_DEVICE, "invalid device ordinal"),
    ENTRY(CUDA_ERROR_INVALID_IMAGE, "the image is not a module of this device"),
    ENTRY(CUDA_ERROR_INVALID_CONTEXT, "no context is current on the calling thread"),
    ENTRY(CUDA_ERROR_INVALID_HANDLE, "invalid resource handle"),
    ENTRY(CUDA_ERROR_NOT_FOUND, "named symbol not found"),
    ENTRY(CUDA_ERROR_NOT_READY, "device not ready"),
    ENTRY(CUDA_ERROR_ILLEGAL_ADDRESS, "an illegal memory access was encountered"),
    ENTRY(CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES, "too many resources requested for launch"),
    ENTRY(CUDA_ERROR_ASSERT, "device-side assert triggered"),
    ENTRY(CUDA_ERROR_MISALIGNED_ADDRESS, "misaligned address"),
    ENTRY(CUDA_ERROR_LAUNCH_FAILED, "unspecified launch failure"),
    ENTRY(CUDA_ERROR_NOT_SUPPORTED, "not supported by the emulator"),
    ENTRY(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "not permitted while a stream is capturing"),
    ENTRY(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, "the capture was invalidated by an earlier error"),
    ENTRY(CUDA_ERROR_STREAM_CAPTURE_UNMATCHED, "the stream did not begin this capture"),
    ENTRY(CUDA_ERROR_STREAM_CAPTURE_UNJOINED, "the capture was forked and not joined again"),
    ENTRY(CUDA_ERROR_STREAM_CAPTURE_IMPLICIT, "the default stream would wait for a capturing stream"),
};

const ErrorText* find(int code) {
  for (const ErrorText& t : texts)
    if (t.code == code) return &t;
  return nullptr;
}

}  // namespace

CUresult rigor::fail(CUresult code, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(detail, sizeof detail, format, arguments);
  va_end(arguments);
  detailCode = code;
  static const bool verbose = getenv("RIGOR_EMULATOR_VERBOSE") != nullptr;
  if (verbose) fprintf(stderr, "rigor emulator: error %d: %s\n", code, detail);
  return code;
}

API CUresult cuGetErrorName(int code, const char** name) {
  const ErrorText* t = find(code);
  *name = t ? t->name : nullptr;
  return t ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

// Gives the sentence about the last such error on this thread, if there was one.
API CUresult cuGetErrorString(int code, const char** text) {
  const ErrorText* t = find(code);
  *text = code == detailCode && code ? detail : t ? t->text : nullptr;
  return t ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}
