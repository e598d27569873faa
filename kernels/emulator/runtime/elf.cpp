// SPDX-License-Identifier: Apache-2.0
#include "elf.h"

#include <elf.h>

#include <cstring>
#include <set>

namespace rigor {

namespace {

const char kMagic[8] = {'R', 'I', 'G', 'O', 'R', 'E', 'M', 'U'};

// The function that holds an address, by its start; the address itself if there is none.
uint64_t functionAt(const Symbols& symbols, uint64_t address) {
  for (const Symbol& f : symbols.functions)
    if (address >= f.value && address < f.value + f.size) return f.value;
  return address;
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

Symbols symbolsOf(const void* image) {
  const char* base = static_cast<const char*>(image);
  const Elf64_Ehdr& header = *static_cast<const Elf64_Ehdr*>(image);
  const Elf64_Shdr* sections = reinterpret_cast<const Elf64_Shdr*>(base + header.e_shoff);
  auto tableOf = [&](const Elf64_Shdr& s) { return reinterpret_cast<const Elf64_Sym*>(base + s.sh_offset); };
  Symbols result;
  for (int s = 0; s < header.e_shnum; s++) {
    const Elf64_Shdr& section = sections[s];
    if (section.sh_type == SHT_SYMTAB) {
      const char* names = base + sections[section.sh_link].sh_offset;
      for (size_t i = 0; i < section.sh_size / sizeof(Elf64_Sym); i++) {
        const Elf64_Sym& y = tableOf(section)[i];
        if (y.st_shndx == SHN_UNDEF) continue;
        Symbol symbol{names + y.st_name, y.st_value, y.st_size};
        int type = ELF64_ST_TYPE(y.st_info);
        if (type == STT_FUNC) result.functions.push_back(symbol);
        if (type == STT_OBJECT) result.variables.push_back(symbol);
        if (type == STT_TLS) result.threadLocals.push_back(symbol);
      }
    }
    // Relocations of code are kept in the module (-Wl,-q) to see who calls and uses what.
    if (section.sh_type != SHT_RELA || !(sections[section.sh_info].sh_flags & SHF_EXECINSTR)) continue;
    const Elf64_Rela* relocations = reinterpret_cast<const Elf64_Rela*>(base + section.sh_offset);
    for (size_t i = 0; i < section.sh_size / sizeof(Elf64_Rela); i++) {
      const Elf64_Rela& r = relocations[i];
      const Elf64_Sym& y = tableOf(sections[section.sh_link])[ELF64_R_SYM(r.r_info)];
      int type = ELF64_ST_TYPE(y.st_info);
      if (y.st_shndx == SHN_UNDEF) continue;
      if (type == STT_TLS) result.toThreadLocal.push_back({r.r_offset, y.st_value});
      else result.toCode.push_back({r.r_offset, type == STT_SECTION ? y.st_value + (uint64_t)r.r_addend + 4 : y.st_value});
    }
  }
  return result;
}

std::vector<Symbol> sharedVariables(const Symbols& symbols, const std::string& function) {
  std::set<uint64_t> reached, offsets;
  std::vector<uint64_t> work;
  for (const Symbol& f : symbols.functions)
    if (f.name == function) work.push_back(f.value);
  while (!work.empty()) {
    uint64_t f = work.back();
    work.pop_back();
    if (!reached.insert(f).second) continue;
    for (auto& [from, to] : symbols.toThreadLocal)
      if (functionAt(symbols, from) == f) offsets.insert(to);
    for (auto& [from, to] : symbols.toCode)
      if (functionAt(symbols, from) == f) work.push_back(functionAt(symbols, to));
  }
  std::vector<Symbol> result;
  for (const Symbol& v : symbols.threadLocals)
    if (offsets.erase(v.value)) result.push_back(v);
  return result;
}

}  // namespace rigor
