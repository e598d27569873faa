// SPDX-License-Identifier: Apache-2.0
#include "elf.h"

#include <elf.h>

#include <cctype>
#include <cstring>

namespace rigor {

namespace {

const char kMagic[8] = {'R', 'I', 'G', 'O', 'R', 'E', 'M', 'U'};

// What follows _ZZ in the mangled name of a variable local to the function.
std::string encodingOf(const std::string& function) {
  if (function.compare(0, 2, "_Z") == 0) return function.substr(2);
  return std::to_string(function.size()) + function;
}

bool localTo(const std::string& variable, const std::string& function) {
  std::string prefix = "_ZZ" + encodingOf(function) + "E";
  return variable.compare(0, prefix.size(), prefix) == 0;
}

}  // namespace

uint64_t checksum(const void* data, size_t bytes, uint64_t seed) {
  const unsigned char* p = static_cast<const unsigned char*>(data);
  uint64_t h = seed;
  for (size_t i = 0; i < bytes; i++) h = (h ^ p[i]) * 0x100000001b3u;
  return h;
}

std::string sealImage(std::string elf) {
  ImageTrailer t;
  memcpy(t.magic, kMagic, sizeof kMagic);
  t.length = elf.size();
  t.checksum = checksum(elf.data(), elf.size());
  return elf.append(reinterpret_cast<const char*>(&t), sizeof t);
}

size_t imageLength(const void* image, size_t limit) {
  if (limit < sizeof(Elf64_Ehdr) + sizeof(ImageTrailer)) return 0;
  const char* bytes = static_cast<const char*>(image);
  // Short foreign images (PTX text) may end before a whole header would.
  if (strncmp(bytes, ELFMAG, SELFMAG) != 0) return 0;
  const Elf64_Ehdr& header = *static_cast<const Elf64_Ehdr*>(image);
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != EM_X86_64) return 0;
  size_t length = header.e_shoff + (size_t)header.e_shentsize * header.e_shnum;
  if (length > limit - sizeof(ImageTrailer)) return 0;
  ImageTrailer t;
  memcpy(&t, bytes + length, sizeof t);
  bool whole = memcmp(t.magic, kMagic, sizeof kMagic) == 0 && t.length == length &&
               t.checksum == checksum(image, length);
  return whole ? length : 0;
}

std::vector<Symbol> symbolsOf(const void* image) {
  const char* base = static_cast<const char*>(image);
  const Elf64_Ehdr& header = *static_cast<const Elf64_Ehdr*>(image);
  const Elf64_Shdr* sections = reinterpret_cast<const Elf64_Shdr*>(base + header.e_shoff);
  std::vector<Symbol> result;
  for (int s = 0; s < header.e_shnum; s++) {
    if (sections[s].sh_type != SHT_SYMTAB) continue;
    const char* names = base + sections[sections[s].sh_link].sh_offset;
    const Elf64_Sym* symbols = reinterpret_cast<const Elf64_Sym*>(base + sections[s].sh_offset);
    for (size_t i = 0; i < sections[s].sh_size / sizeof(Elf64_Sym); i++) {
      const Elf64_Sym& y = symbols[i];
      int type = ELF64_ST_TYPE(y.st_info);
      if (y.st_shndx == SHN_UNDEF || (type != STT_TLS && type != STT_OBJECT)) continue;
      result.push_back({names + y.st_name, y.st_value, y.st_size, type == STT_TLS, type == STT_OBJECT});
    }
  }
  return result;
}

bool sharedVariableOf(const Symbol& variable, const std::string& kernelSymbol,
                      const std::vector<std::string>& allKernels) {
  if (!variable.threadLocal) return false;
  if (localTo(variable.name, kernelSymbol)) return true;
  for (const std::string& other : allKernels)
    if (localTo(variable.name, other)) return false;
  return true;
}

}  // namespace rigor
