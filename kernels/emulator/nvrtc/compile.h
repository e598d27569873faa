// SPDX-License-Identifier: Apache-2.0
// Compiles a program with g++ into a sealed image (runtime/elf.h), through a cache on disk.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace rigor {

struct Source {
  std::string name, text;
  std::vector<std::pair<std::string, std::string>> headers;  // include name, text
  std::vector<std::string> nameExpressions;
};

struct Options {
  std::vector<std::string> preprocessor;  // -D, -U, -I for g++
  int architecture = 52;                  // 90 for sm_90
  bool virtualArchitecture = true;        // compute_90: no machine code
  std::string standard = "c++17";
};

// Returns an empty string and sets `error` on an option that NVRTC does not know or the emulator
// cannot honour.
bool parseOptions(int count, const char* const* options, Options* out, std::string* error);

struct Compiled {
  bool ok = false;
  std::string image, log;
};
Compiled compile(const Source& source, const Options& options);

}  // namespace rigor
