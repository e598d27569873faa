// SPDX-License-Identifier: Apache-2.0
#include "stream.h"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>

namespace rigor {

Registry<Stream> streams;
Registry<Event> events;

namespace {

std::recursive_mutex deferredMutex;  // draining one stream may drain another
std::mutex capturesMutex;
std::vector<std::weak_ptr<Capture>> captures;

bool deferredByEnvironment() {
  const char* s = getenv("RIGOR_EMULATOR_STREAMS");
  return s && !strcmp(s, "deferred");
}
std::atomic<bool> deferred{deferredByEnvironment()};

double now() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::vector<std::shared_ptr<Capture>> activeCaptures() {
  std::lock_guard<std::mutex> lock(capturesMutex);
  std::vector<std::shared_ptr<Capture>> result;
  for (auto i = captures.begin(); i != captures.end();) {
    if (auto c = i->lock()) {
      result.push_back(c);
      ++i;
    } else {
      i = captures.erase(i);
    }
  }
  return result;
}

// The default stream waits for all blocking streams, which it cannot do while one captures.
CUresult refuseImplicit() {
  if (activeCaptures().empty()) return CUDA_SUCCESS;
  for (auto& s : streams.all()) {
    if (!s->capture || !s->waitsForDefault) continue;
    s->capture->invalid = true;
    return fail(CUDA_ERROR_STREAM_CAPTURE_IMPLICIT,
                "an operation on the default stream while a stream that waits for it is capturing");
  }
  return CUDA_SUCCESS;
}

}  // namespace

std::shared_ptr<Stream> findStream(void* handle) {
  static const std::shared_ptr<Stream> standard = [] {
    auto s = std::make_shared<Stream>();
    s->isDefault = true;
    return s;
  }();
  return (size_t)handle <= 2 ? standard : streams.find(handle);
}

CUresult synchronize(Stream& stream) {
  if (stream.capture) {
    stream.capture->invalid = true;
    return fail(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "synchronizing a stream that is capturing");
  }
  if (stream.pending.empty() && !deferred) {
    std::lock_guard<std::recursive_mutex> lock(stream.mutex);  // waits for the operation that runs
    return CUDA_SUCCESS;
  }
  std::lock_guard<std::recursive_mutex> lock(deferredMutex);
  while (!stream.pending.empty()) {
    OperationPtr next = std::move(stream.pending.front());
    stream.pending.pop_front();
    CUresult result = next->run();
    if (result == CUDA_SUCCESS) continue;
    stream.pending.clear();
    return result;
  }
  return CUDA_SUCCESS;
}

CUresult synchronizeDefault() {
  RIGOR_RETURN_IF_ERROR(refuseImplicit());
  for (auto& s : streams.all())
    if (s->waitsForDefault && !s->capture) RIGOR_RETURN_IF_ERROR(synchronize(*s));
  return CUDA_SUCCESS;
}

CUresult synchronizeAll() {
  RIGOR_RETURN_IF_ERROR(synchronizeDefault());
  for (auto& s : streams.all())
    if (!s->capture) RIGOR_RETURN_IF_ERROR(synchronize(*s));
  return CUDA_SUCCESS;
}

CUresult submit(void* handle, OperationPtr operation) {
  auto stream = findStream(handle);
  if (!stream) return fail(CUDA_ERROR_INVALID_HANDLE, "%p is no stream, or was destroyed", handle);
  if (stream->capture) {
    if (stream->capture->invalid)
      return fail(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, "the capture of this stream was invalidated before");
    stream->capture->graph.operations.push_back(std::move(operation));
    return CUDA_SUCCESS;
  }
  if (stream->isDefault) RIGOR_RETURN_IF_ERROR(synchronizeDefault());
  if (deferred && !stream->isDefault) {
    std::lock_guard<std::recursive_mutex> lock(deferredMutex);
    stream->pending.push_back(std::move(operation));
    return CUDA_SUCCESS;
  }
  if (!stream->pending.empty()) RIGOR_RETURN_IF_ERROR(synchronize(*stream));
  std::lock_guard<std::recursive_mutex> lock(stream->mutex);
  return operation->run();
}

CUresult refuseDuringCapture(const char* what) {
  for (auto& c : activeCaptures()) {
    if (c->mode == CAPTURE_RELAXED) continue;
    if (c->mode == CAPTURE_THREAD_LOCAL && c->thread != std::this_thread::get_id()) continue;
    c->invalid = true;
    return fail(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "%s while a stream is capturing", what);
  }
  return CUDA_SUCCESS;
}

CUresult recordEvent(void* eventHandle, void* streamHandle) {
  auto event = events.find(eventHandle);
  auto stream = findStream(streamHandle);
  if (!event || !stream) return fail(CUDA_ERROR_INVALID_HANDLE, "cuEventRecord: unknown event or stream");
  event->capture = stream->capture;
  uint64_t ticket = 0;
  if (!stream->capture) {
    ticket = ++event->issued;
    event->stream = stream;
  }
  return submit(streamHandle, operation([event, ticket] {
    event->milliseconds = now();
    if (ticket) event->completed = ticket;
    return CUDA_SUCCESS;
  }));
}

CUresult synchronizeEvent(Event& event, bool onlyOne) {
  auto stream = event.stream.lock();
  if (!stream || event.completed >= event.issued) return CUDA_SUCCESS;
  std::lock_guard<std::recursive_mutex> lock(deferredMutex);
  while (event.completed < event.issued && !stream->pending.empty()) {
    OperationPtr next = std::move(stream->pending.front());
    stream->pending.pop_front();
    RIGOR_RETURN_IF_ERROR(next->run());
    if (onlyOne) break;
  }
  return event.completed >= event.issued ? CUDA_SUCCESS : CUDA_ERROR_NOT_READY;
}

CUresult waitEvent(void* streamHandle, void* eventHandle) {
  auto event = events.find(eventHandle);
  auto stream = findStream(streamHandle);
  if (!event || !stream) return fail(CUDA_ERROR_INVALID_HANDLE, "cuStreamWaitEvent: unknown event or stream");
  if (auto capture = event->capture.lock()) {  // the stream joins the capture that recorded the event
    if (stream->capture && stream->capture != capture)
      return fail(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "waiting for an event of another capture");
    stream->capture = capture;
    return CUDA_SUCCESS;
  }
  return submit(streamHandle, operation([event] { return synchronizeEvent(*event, false); }));
}

CUresult beginCapture(void* handle, int mode) {
  auto stream = findStream(handle);
  if (!stream) return fail(CUDA_ERROR_INVALID_HANDLE, "cuStreamBeginCapture: unknown stream");
  if (stream->isDefault)
    return fail(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "the default stream cannot be captured");
  if (stream->capture) return fail(CUDA_ERROR_INVALID_VALUE, "the stream is capturing already");
  if (mode < 0 || mode > 2) return fail(CUDA_ERROR_INVALID_VALUE, "capture mode %d", mode);
  auto capture = std::make_shared<Capture>();
  capture->mode = (CaptureMode)mode;
  capture->thread = std::this_thread::get_id();
  capture->origin = stream.get();
  stream->capture = capture;
  std::lock_guard<std::mutex> lock(capturesMutex);
  captures.push_back(capture);
  return CUDA_SUCCESS;
}

CUresult endCapture(void* handle, std::unique_ptr<Graph>* graph) {
  auto stream = findStream(handle);
  if (!stream || !stream->capture) return fail(CUDA_ERROR_INVALID_VALUE, "the stream is not capturing");
  auto capture = stream->capture;
  if (capture->origin != stream.get())
    return fail(CUDA_ERROR_STREAM_CAPTURE_UNMATCHED, "another stream began this capture");
  if (capture->mode != CAPTURE_RELAXED && capture->thread != std::this_thread::get_id())
    return fail(CUDA_ERROR_INVALID_VALUE, "the capture was begun by another thread");
  for (auto& s : streams.all())
    if (s->capture == capture) s->capture = nullptr;
  if (capture->invalid)
    return fail(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, "a forbidden call invalidated the capture");
  *graph = std::make_unique<Graph>(std::move(capture->graph));
  return CUDA_SUCCESS;
}

}  // namespace rigor

// 1: operations wait until something synchronizes with their stream. 0: they run at once.
API CUresult rigorEmulatorSetDeferred(int on) {
  RIGOR_RETURN_IF_ERROR(rigor::synchronizeAll());
  rigor::deferred = on != 0;
  return CUDA_SUCCESS;
}

API CUresult rigorEmulatorSubmit(void* stream, CUresult (*run)(void*), void* argument, void (*release)(void*)) {
  std::shared_ptr<void> held(argument, release);
  return rigor::submit(stream, rigor::operation([=] { return run(held.get()); }));
}
