// SPDX-License-Identifier: Apache-2.0
// Streams, capture and events. In the default mode an operation runs when it is submitted. In the
// deferred mode it waits until something synchronizes with its stream, the latest moment that a
// device may choose, which shows missing synchronization in host code.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "errors.h"

namespace rigor {

class Operation {
 public:
  virtual ~Operation() = default;
  virtual CUresult run() = 0;
};
using OperationPtr = std::shared_ptr<Operation>;

template <class F> OperationPtr operation(F body) {
  struct Body : Operation {
    explicit Body(F f) : f(std::move(f)) {}
    CUresult run() override { return f(); }
    F f;
  };
  return std::make_shared<Body>(std::move(body));
}

// Objects behind opaque handles: an unknown or destroyed handle is found out.
template <class T> class Registry {
 public:
  template <class... A> void* make(A&&... a) {
    auto object = std::make_shared<T>(std::forward<A>(a)...);
    std::lock_guard<std::mutex> lock(mutex_);
    objects_[object.get()] = object;
    return object.get();
  }
  std::shared_ptr<T> find(void* handle) {
    std::lock_guard<std::mutex> lock(mutex_);
    auto i = objects_.find(handle);
    return i == objects_.end() ? nullptr : i->second;
  }
  std::shared_ptr<T> remove(void* handle) {
    std::lock_guard<std::mutex> lock(mutex_);
    auto i = objects_.find(handle);
    if (i == objects_.end()) return nullptr;
    auto object = i->second;
    objects_.erase(i);
    return object;
  }
  std::vector<std::shared_ptr<T>> all() {
    std::lock_guard<std::mutex> lock(mutex_);
    std::vector<std::shared_ptr<T>> result;
    for (auto& [handle, object] : objects_) result.push_back(object);
    return result;
  }

 private:
  std::mutex mutex_;
  std::map<void*, std::shared_ptr<T>> objects_;
};

struct Graph {
  std::vector<OperationPtr> operations;
};

enum CaptureMode { CAPTURE_GLOBAL, CAPTURE_THREAD_LOCAL, CAPTURE_RELAXED };

struct Stream;
struct Capture {
  Graph graph;
  CaptureMode mode;
  std::thread::id thread;
  Stream* origin;
  bool invalid = false;
};

struct Stream {
  bool waitsForDefault = true;
  bool isDefault = false;
  std::recursive_mutex mutex;
  std::deque<OperationPtr> pending;
  std::shared_ptr<Capture> capture;
};

struct Event {
  double milliseconds = 0;
  uint64_t issued = 0, completed = 0;
  std::weak_ptr<Stream> stream;
  std::weak_ptr<Capture> capture;
};

extern Registry<Stream> streams;
extern Registry<Event> events;

// The stream of a handle; the default stream for null and the two special handles.
std::shared_ptr<Stream> findStream(void* handle);

CUresult submit(void* streamHandle, OperationPtr operation);
// Runs what is pending; the first error.
CUresult synchronize(Stream& stream);
CUresult synchronizeAll();
// For calls that touch the default stream without a stream argument (synchronous copies).
CUresult synchronizeDefault();

// An error if some capture forbids calls like `what` now; such a call also spoils the capture.
CUresult refuseDuringCapture(const char* what);

CUresult recordEvent(void* event, void* stream);
CUresult waitEvent(void* stream, void* event);
CUresult synchronizeEvent(Event& event, bool onlyOne);
CUresult beginCapture(void* stream, int mode);
CUresult endCapture(void* stream, std::unique_ptr<Graph>* graph);

}  // namespace rigor
