// SPDX-License-Identifier: Apache-2.0
#include "compile.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "../runtime/elf.h"
#include "rewrite.h"

#ifndef RIGOR_BUILD_ID
#define RIGOR_BUILD_ID "unknown"
#endif

extern char** environ;

namespace rigor {
namespace {

namespace fs = std::filesystem;

// The folder of this library: device/ with the dialect, libcuda.so.1, and the cache lie beside it.
fs::path home() {
  Dl_info info;
  dladdr(reinterpret_cast<const void*>(&home), &info);
  return fs::absolute(info.dli_fname).parent_path();
}

std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

// Under `root`, whatever a name says: absolute and parent parts are dropped.
void write(const fs::path& root, const std::string& name, const std::string& text) {
  fs::path target = root;
  for (const fs::path& part : fs::path(name).relative_path())
    if (part != ".." && part != ".") target /= part;
  fs::create_directories(target.parent_path());
  std::ofstream(target, std::ios::binary) << text;
}

std::string processor() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);)
    if (line.compare(0, 5, "flags") == 0) return line;
  return {};
}

const char* compiler() {
  const char* c = getenv("RIGOR_EMULATOR_CXX");
  return c && *c ? c : "g++";
}

int run(const std::vector<std::string>& command, const fs::path& folder, const fs::path& log) {
  std::vector<char*> argv, env;
  for (const std::string& a : command) argv.push_back(const_cast<char*>(a.c_str()));
  argv.push_back(nullptr);
  for (char** e = environ; *e; e++)
    if (strncmp(*e, "LC_ALL=", 7)) env.push_back(*e);
  env.push_back(const_cast<char*>("LC_ALL=C"));
  env.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  posix_spawn_file_actions_addopen(&actions, 2, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&actions, 2, 1);
  pid_t pid;
  int error = posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), env.data());
  posix_spawn_file_actions_destroy(&actions);
  int status = -1;
  if (!error)
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
  if (error) std::ofstream(log, std::ios::app) << "error: cannot run " << argv[0] << ": " << strerror(error) << "\n";
  return error || !WIFEXITED(status) ? -1 : WEXITSTATUS(status);
}

// "k.cu:3:17: error: ..." -> "k.cu(3): error: ...", the form of NVRTC.
std::string inNvrtcForm(const std::string& log) {
  std::istringstream in(log);
  std::string result;
  for (std::string line; std::getline(in, line); result += line + "\n") {
    int number, column, used = 0;
    char file[512];
    if (sscanf(line.c_str(), "%511[^:\n]:%d:%d: %n", file, &number, &column, &used) == 3 && used)
      line = std::string(file) + "(" + std::to_string(number) + "): " + line.substr((size_t)used);
  }
  return result;
}

std::string keyOf(const Source& source, const Options& options) {
  static const std::string machine = processor();
  std::string all = std::string(RIGOR_BUILD_ID) + '\n' + __VERSION__ + '\n' + compiler() + '\n' + machine;
  auto add = [&](const std::string& s) { all += '\n' + std::to_string(s.size()) + ':' + s; };
  add(source.name);
  add(source.text);
  for (auto& [name, text] : source.headers) add(name), add(text);
  for (auto& e : source.nameExpressions) add(e);
  for (auto& o : options.preprocessor) add(o);
  add(options.standard + std::to_string(options.architecture));
  char key[40];
  snprintf(key, sizeof key, "%016zx%016zx", (size_t)checksum(all.data(), all.size()),
           (size_t)checksum(all.data(), all.size(), 0x9e3779b97f4a7c15u));
  return key;
}

fs::path cacheFolder() {
  const char* c = getenv("RIGOR_EMULATOR_CACHE");
  fs::path folder = c && *c ? fs::path(c) : home() / "cache";
  std::error_code ignored;
  fs::create_directories(folder, ignored);
  return folder;
}

// A cache that cannot be written to costs time, nothing else.
void store(const fs::path& file, const std::string& image) {
  fs::path part = file;
  part += "." + std::to_string(getpid()) + "." + std::to_string((size_t)&part) + ".part";
  std::error_code ignored;
  bool written = bool(std::ofstream(part, std::ios::binary).write(image.data(), (std::streamsize)image.size()).flush());
  if (written) fs::rename(part, file, ignored);
  else fs::remove(part, ignored);
}

std::vector<std::string> preprocessCommand(const Source& s, const Options& o) {
  std::vector<std::string> c = {compiler(), "-E", "-std=" + o.standard, "-nostdinc", "-fdiagnostics-color=never",
                                "-D__CUDA_ARCH__=" + std::to_string(o.architecture * 10),
                                "-include", (home() / "device/shim.h").string(), "-I."};
  c.insert(c.end(), o.preprocessor.begin(), o.preprocessor.end());
  c.insert(c.end(), {"-x", "c++", s.name, "-o", "unit.raw"});
  return c;
}

std::vector<std::string> compileCommand(const Options& o) {
  return {compiler(), "-std=" + o.standard, "-x", "c++-cpp-output", "unit.ii", "-o", "unit.so", "-shared", "-fPIC",
          "-O2", "-march=native", "-w", "-fdiagnostics-color=never",
          // The arithmetic of the source, nothing fused or reordered.
          "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math",
          // What nvcc lets pass.
          "-fno-strict-aliasing", "-fwrapv", "-fno-exceptions", "-fno-rtti",
          // A misaligned load or store ends in a trap instruction.
          "-fsanitize=alignment", "-fsanitize-undefined-trap-on-error",
          // Names stay inside the module, each load has its own variables.
          "-fno-gnu-unique", "-Wl,-Bsymbolic,-q", "-fno-stack-protector", "-fno-asynchronous-unwind-tables",
          "-nodefaultlibs", "-L" + home().string(), "-l:libcuda.so.1", "-lm", "-lc", "-lgcc"};
}

Compiled build(const Source& source, const Options& options, const fs::path& work) {
  Compiled result;
  for (auto& [name, text] : source.headers) write(work, name, text);
  write(work, source.name, source.text);
  fs::path log = work / "log";
  bool ok = run(preprocessCommand(source, options), work, log) == 0;
  if (ok) {
    std::string unit = rewriteDeviceCode(read(work / "unit.raw")) + "\n# 1 \"name-expressions\"\n";
    for (size_t i = 0; i < source.nameExpressions.size(); i++)
      unit += entryOf(source.nameExpressions[i], loweredName(source.nameExpressions[i], i)) + "\n";
    write(work, "unit.ii", unit);
    ok = run(compileCommand(options), work, log) == 0;
  }
  result.log = inNvrtcForm(read(log));
  if (ok) result.image = sealImage(read(work / "unit.so"));
  result.ok = ok;
  return result;
}

}  // namespace

Compiled compile(const Source& source, const Options& options) {
  fs::path cached = cacheFolder() / (keyOf(source, options) + ".module");
  std::string image = read(cached);
  size_t length = imageLength(image.data(), image.size());
  if (length && length + sizeof(ImageTrailer) == image.size()) return {true, std::move(image), {}};
  std::string work = (fs::temp_directory_path() / "rigor-nvrtc-XXXXXX").string();
  if (!mkdtemp(work.data())) return {false, {}, "error: cannot make the folder " + work + "\n"};
  Compiled result = build(source, options, work);
  std::error_code ignored;
  fs::remove_all(work, ignored);
  if (result.ok) store(cached, result.image);
  return result;
}

}  // namespace rigor
