// SPDX-License-Identifier: Apache-2.0
// Driver API: streams, events, capture and graphs.
#include "stream.h"

using namespace rigor;

namespace {

Registry<Graph> graphs, executables;

CUresult createStream(void** out, unsigned flags) {
  RIGOR_RETURN_IF_ERROR(requireContext());
  if (!out || flags > 1) return fail(CUDA_ERROR_INVALID_VALUE, "cuStreamCreate: flags %u", flags);
  *out = streams.make();
  streams.find(*out)->waitsForDefault = flags == 0;
  return CUDA_SUCCESS;
}

// Finds the stream of a call, or says what is wrong.
#define FIND_STREAM(name, handle)                                                              \
  RIGOR_RETURN_IF_ERROR(requireContext());                                                     \
  auto name = findStream(handle);                                                              \
  if (!name) return fail(CUDA_ERROR_INVALID_HANDLE, "%s: %p is no stream, or was destroyed", __func__, handle)

#define FIND(name, registry, handle)                                                           \
  RIGOR_RETURN_IF_ERROR(requireContext());                                                     \
  auto name = registry.find(handle);                                                           \
  if (!name) return fail(CUDA_ERROR_INVALID_HANDLE, "%s: %p is unknown or was destroyed", __func__, handle)

}  // namespace

API CUresult cuStreamCreate(void** out, unsigned flags) { return createStream(out, flags); }
API CUresult cuStreamCreateWithPriority(void** out, unsigned flags, int) { return createStream(out, flags); }

API CUresult cuStreamDestroy_v2(void* handle) {
  RIGOR_RETURN_IF_ERROR(requireContext());
  auto stream = streams.remove(handle);
  if (!stream) return fail(CUDA_ERROR_INVALID_HANDLE, "cuStreamDestroy: %p is no stream", handle);
  if (stream->capture) {
    stream->capture->invalid = true;
    return CUDA_SUCCESS;
  }
  return synchronize(*stream);
}

API CUresult cuStreamSynchronize(void* handle) {
  FIND_STREAM(stream, handle);
  if (stream->isDefault) return synchronizeDefault();
  return synchronize(*stream);
}

API CUresult cuStreamQuery(void* handle) { return cuStreamSynchronize(handle); }

API CUresult cuStreamGetFlags(void* handle, unsigned* flags) {
  FIND_STREAM(stream, handle);
  *flags = stream->waitsForDefault ? 0 : 1;
  return CUDA_SUCCESS;
}

API CUresult cuStreamGetPriority(void* handle, int* priority) {
  FIND_STREAM(stream, handle);
  *priority = 0;
  return CUDA_SUCCESS;
}

API CUresult cuStreamWaitEvent(void* stream, void* event, unsigned) {
  RIGOR_RETURN_IF_ERROR(requireContext());
  return waitEvent(stream, event);
}

API CUresult cuLaunchHostFunc(void* stream, void (*function)(void*), void* data) {
  RIGOR_RETURN_IF_ERROR(requireContext());
  return submit(stream, operation([=] {
    function(data);
    return CUDA_SUCCESS;
  }));
}

API CUresult cuEventCreate(void** out, unsigned) {
  RIGOR_RETURN_IF_ERROR(requireContext());
  if (!out) return fail(CUDA_ERROR_INVALID_VALUE, "cuEventCreate: no place for the event");
  *out = events.make();
  return CUDA_SUCCESS;
}

API CUresult cuEventDestroy_v2(void* event) {
  RIGOR_RETURN_IF_ERROR(requireContext());
  if (!events.remove(event)) return fail(CUDA_ERROR_INVALID_HANDLE, "cuEventDestroy: %p is no event", event);
  return CUDA_SUCCESS;
}

API CUresult cuEventRecord(void* event, void* stream) {
  RIGOR_RETURN_IF_ERROR(requireContext());
  return recordEvent(event, stream);
}
API CUresult cuEventRecordWithFlags(void* event, void* stream, unsigned) { return cuEventRecord(event, stream); }

API CUresult cuEventSynchronize(void* handle) {
  FIND(event, events, handle);
  if (event->capture.lock())
    return fail(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "synchronizing an event that a capture recorded");
  return synchronizeEvent(*event, false);
}

API CUresult cuEventQuery(void* handle) {
  FIND(event, events, handle);
  return synchronizeEvent(*event, true);
}

API CUresult cuEventElapsedTime(float* milliseconds, void* beginHandle, void* endHandle) {
  FIND(begin, events, beginHandle);
  FIND(end, events, endHandle);
  if (begin->milliseconds == 0 || end->milliseconds == 0)
    return fail(CUDA_ERROR_INVALID_HANDLE, "cuEventElapsedTime: an event was never recorded");
  if (begin->completed < begin->issued || end->completed < end->issued)
    return fail(CUDA_ERROR_NOT_READY, "cuEventElapsedTime: an event is not complete");
  *milliseconds = (float)(end->milliseconds - begin->milliseconds);
  return CUDA_SUCCESS;
}

API CUresult cuStreamBeginCapture_v2(void* stream, int mode) {
  RIGOR_RETURN_IF_ERROR(requireContext());
  return beginCapture(stream, mode);
}

API CUresult cuStreamEndCapture(void* stream, void** out) {
  RIGOR_RETURN_IF_ERROR(requireContext());
  std::unique_ptr<Graph> graph;
  *out = nullptr;
  RIGOR_RETURN_IF_ERROR(endCapture(stream, &graph));
  *out = graphs.make(std::move(*graph));
  return CUDA_SUCCESS;
}

API CUresult cuStreamIsCapturing(void* handle, int* status) {
  FIND_STREAM(stream, handle);
  *status = !stream->capture ? 0 : stream->capture->invalid ? 2 : 1;
  return CUDA_SUCCESS;
}

API CUresult cuThreadExchangeStreamCaptureMode(int*) {
  return fail(CUDA_ERROR_NOT_SUPPORTED, "cuThreadExchangeStreamCaptureMode");
}

API CUresult cuGraphInstantiateWithFlags(void** out, void* handle, unsigned long long) {
  FIND(graph, graphs, handle);
  *out = executables.make(*graph);
  return CUDA_SUCCESS;
}

API CUresult cuGraphGetNodes(void* handle, void** nodes, size_t* count) {
  FIND(graph, graphs, handle);
  size_t n = graph->operations.size();
  if (nodes)
    for (size_t i = 0; i < *count; i++) nodes[i] = i < n ? graph->operations[i].get() : nullptr;
  *count = nodes ? (n < *count ? n : *count) : n;
  return CUDA_SUCCESS;
}

API CUresult cuGraphUpload(void* handle, void* streamHandle) {
  FIND(executable, executables, handle);
  FIND_STREAM(stream, streamHandle);
  return CUDA_SUCCESS;
}

API CUresult cuGraphLaunch(void* handle, void* stream) {
  FIND(executable, executables, handle);
  return submit(stream, operation([executable] {
    for (auto& o : executable->operations) RIGOR_RETURN_IF_ERROR(o->run());
    return CUDA_SUCCESS;
  }));
}

API CUresult cuGraphDestroy(void* handle) {
  RIGOR_RETURN_IF_ERROR(requireContext());
  if (!graphs.remove(handle)) return fail(CUDA_ERROR_INVALID_HANDLE, "cuGraphDestroy: %p is no graph", handle);
  return CUDA_SUCCESS;
}

API CUresult cuGraphExecDestroy(void* handle) {
  RIGOR_RETURN_IF_ERROR(requireContext());
  if (!executables.remove(handle))
    return fail(CUDA_ERROR_INVALID_HANDLE, "cuGraphExecDestroy: %p is no executable graph", handle);
  return CUDA_SUCCESS;
}
