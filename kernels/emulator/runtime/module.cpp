// SPDX-License-Identifier: Apache-2.0
#include "module.h"

#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "memory.h"

namespace rigor {

namespace {

// Loads from memory: each load is a module of its own, with its own variables, as on a device.
void* openImage(const void* image, size_t length, int* kept) {
  int file = memfd_create("rigor-kernels", MFD_CLOEXEC);
  if (file < 0) return nullptr;
  *kept = file;
  const char* bytes = static_cast<const char*>(image);
  for (size_t done = 0; done < length;) {
    ssize_t n = write(file, bytes + done, length - done);
    if (n <= 0) break;
    done += (size_t)n;
  }
  return dlopen(("/proc/self/fd/" + std::to_string(file)).c_str(), RTLD_NOW | RTLD_LOCAL);
}

std::string symbolAt(const void* function) {
  Dl_info info;
  return dladdr(function, &info) && info.dli_sname ? info.dli_sname : "";
}

// PTX text is the image in hexadecimal behind one line (see nvrtc.cpp).
std::string fromText(const char* text) {
  static const char kFirst[] = "// rigor emulator\n";
  if (std::string(text, strnlen(text, sizeof kFirst - 1)) != kFirst) return {};
  std::string image;
  auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  for (const char* p = text + sizeof kFirst - 1; p[0] && p[1]; p += 2)
    image.push_back((char)(digit(p[0]) << 4 | digit(p[1])));
  return image;
}

}  // namespace

Module::~Module() {
  for (auto& [name, kernel] : kernels_) kernel->unloaded = true;
  for (uint64_t v : variables_) memory::removeModuleVariable(v);
  if (handle_) dlclose(handle_);
  if (file_ >= 0) close(file_);
}

CUresult Module::load(const void* image) {
  std::string decoded;
  size_t length = imageLength(image);
  if (!length) {
    decoded = fromText(static_cast<const char*>(image));
    length = imageLength(decoded.data(), decoded.size());
    image = decoded.data();
  }
  if (!length)
    return fail(CUDA_ERROR_INVALID_IMAGE, "the image was not compiled for the emulator, or is torn");
  symbols_ = symbolsOf(image);
  handle_ = openImage(image, length, &file_);
  if (!handle_) return fail(CUDA_ERROR_INVALID_IMAGE, "%s", dlerror());
  return readKernels();
}

CUresult Module::readKernels() {
  auto begin = static_cast<RigorKernelEntry***>(dlsym(handle_, "rigor_kernels_begin"));
  auto end = static_cast<RigorKernelEntry***>(dlsym(handle_, "rigor_kernels_end"));
  if (!begin || !end) return fail(CUDA_ERROR_INVALID_IMAGE, "the module has no kernel table");
  std::vector<const RigorKernelEntry*> entries(*begin, *end);
  size_t tls = 0;
  dlinfo(handle_, RTLD_DI_TLS_MODID, &tls);
  std::vector<std::string> names;
  for (auto* e : entries) names.push_back(symbolAt(e->function));
  for (size_t i = 0; i < entries.size(); i++) {
    const RigorKernelEntry* e = entries[i];
    auto kernel = std::make_shared<Kernel>();
    kernel->entry = e;
    kernel->code.name = names[i];
    kernel->code.run = e->run;
    kernel->code.tlsModule = tls;
    for (const Symbol& s : sharedVariables(symbols_, names[i])) {
      kernel->code.shared.push_back({s.value, s.size});
      kernel->staticShared += s.size;
    }
    if (kernel->staticShared > kSharedDefault)
      return fail(CUDA_ERROR_INVALID_IMAGE, "kernel %s has %zu bytes of static shared memory; at most %zu",
                  kernel->code.name.c_str(), kernel->staticShared, kSharedDefault);
    kernels_[names[i]] = kernel;
    if (e->name) kernels_[e->name] = kernel;
  }
  return CUDA_SUCCESS;
}

std::shared_ptr<Kernel> Module::kernel(const std::string& name) const {
  auto i = kernels_.find(name);
  return i == kernels_.end() ? nullptr : i->second;
}

CUresult Module::variable(const std::string& name, uint64_t* address, size_t* bytes) {
  for (const Symbol& s : symbols_.variables) {
    if (s.name != name) continue;
    void* p = dlsym(handle_, name.c_str());
    if (!p) break;
    memory::addModuleVariable((uint64_t)p, s.size);
    variables_.push_back((uint64_t)p);
    if (address) *address = (uint64_t)p;
    if (bytes) *bytes = s.size;
    return CUDA_SUCCESS;
  }
  return fail(CUDA_ERROR_NOT_FOUND, "the module has no variable %s", name.c_str());
}

}  // namespace rigor
