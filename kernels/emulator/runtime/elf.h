// SPDX-License-Identifier: Apache-2.0
// Reads what the emulator needs from a kernel module: its length and its symbols.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace rigor {

struct Symbol {
  std::string name;
  uint64_t value;
  size_t size;
};

struct Symbols {
  std::vector<Symbol> functions, variables, threadLocals;
  // References from code, as (address of the code, address or thread-local offset of the target).
  std::vector<std::pair<uint64_t, uint64_t>> toCode, toThreadLocal;
};

// An image is a shared object followed by this; a torn or foreign image has no valid one.
struct ImageTrailer {
  char magic[8];
  uint64_t length, checksum;
};

uint64_t checksum(const void* data, size_t bytes, uint64_t seed = 0xcbf29ce484222325u);
std::string sealImage(std::string elf);
// The bytes before the trailer, or 0 if `image` is no whole image. Reads only what its own header
// says is there; `limit` bounds that where the length is known.
size_t imageLength(const void* image, size_t limit = SIZE_MAX);
Symbols symbolsOf(const void* image);
// The __shared__ variables that a function reaches: its own and those of functions it calls.
std::vector<Symbol> sharedVariables(const Symbols& symbols, const std::string& function);

}  // namespace rigor
