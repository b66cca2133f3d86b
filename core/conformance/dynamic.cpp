// SPDX-License-Identifier: Apache-2.0
#include "conformance/dynamic.hpp"

#include <elf.h>

#include <cstring>
#include <fstream>
#include <sstream>

namespace tidegate::conformance {
namespace {

using base::Error;
using base::Status;

/// The whole file; every offset comes from it and is checked against its size.
class Image {
 public:
  explicit Image(std::string bytes) : bytes_(std::move(bytes)) {}

  template <class T>
  bool read(std::uint64_t offset, T& out) const {
    if (offset > bytes_.size() || sizeof(T) > bytes_.size() - offset) return false;
    std::memcpy(&out, bytes_.data() + offset, sizeof(T));
    return true;
  }
  /// The text that starts there, up to its zero.
  [[nodiscard]] std::string text(std::uint64_t offset) const {
    if (offset >= bytes_.size()) return {};
    return bytes_.substr(offset, bytes_.find('\0', offset) - offset);
  }

 private:
  std::string bytes_;
};

void read_symbols(const Image& file, const Elf64_Shdr& table, const Elf64_Shdr& names, Dynamic& out) {
  for (std::uint64_t at = 0; at + sizeof(Elf64_Sym) <= table.sh_size; at += sizeof(Elf64_Sym)) {
    Elf64_Sym symbol{};
    if (!file.read(table.sh_offset + at, symbol)) return;
    const unsigned binding = ELF64_ST_BIND(symbol.st_info);
    if (symbol.st_shndx == SHN_UNDEF || binding == STB_LOCAL || symbol.st_name == 0) continue;
    const auto name = file.text(names.sh_offset + symbol.st_name);
    const unsigned visibility = ELF64_ST_VISIBILITY(symbol.st_other);
    if (binding == STB_GNU_UNIQUE)
      out.unique.push_back(name);
    else if (visibility == STV_DEFAULT || visibility == STV_PROTECTED)
      out.exports.push_back(name);
  }
}

void read_entries(const Image& file, const Elf64_Shdr& table, const Elf64_Shdr& names, Dynamic& out) {
  for (std::uint64_t at = 0; at + sizeof(Elf64_Dyn) <= table.sh_size; at += sizeof(Elf64_Dyn)) {
    Elf64_Dyn entry{};
    if (!file.read(table.sh_offset + at, entry) || entry.d_tag == DT_NULL) return;
    const auto text = [&] { return file.text(names.sh_offset + entry.d_un.d_val); };
    switch (entry.d_tag) {
      case DT_NEEDED:
        out.libraries.push_back(text());
        break;
      case DT_RPATH:
      case DT_RUNPATH:
        out.paths.push_back(text());
        break;
      case DT_BIND_NOW:
        out.binds_now = true;
        break;
      case DT_TEXTREL:
        out.text_relocations = true;
        break;
      case DT_FLAGS:
        out.binds_now = out.binds_now || (entry.d_un.d_val & DF_BIND_NOW) != 0;
        out.text_relocations = out.text_relocations || (entry.d_un.d_val & DF_TEXTREL) != 0;
        break;
      case DT_FLAGS_1:
        out.binds_now = out.binds_now || (entry.d_un.d_val & DF_1_NOW) != 0;
        break;
      default:
        break;
    }
  }
}

}  // namespace

base::Result<Dynamic> read_dynamic(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << stream.rdbuf();
  const Image file(bytes.str());
  const auto damaged = [&] { return Error{Status::config, path + " has a damaged ELF section table", "build the plugin again", path}; };
  Elf64_Ehdr header{};
  if (!stream || !file.read(0, header) || header.e_shentsize != sizeof(Elf64_Shdr) || header.e_phentsize != sizeof(Elf64_Phdr))
    return damaged();
  Dynamic out;
  bool has_stack = false;
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment{};
    if (!file.read(header.e_phoff + std::uint64_t{i} * sizeof segment, segment)) return damaged();
    if (segment.p_type != PT_GNU_STACK) continue;
    has_stack = true;
    out.executable_stack = (segment.p_flags & PF_X) != 0;
  }
  out.executable_stack = out.executable_stack || !has_stack;  // without the mark the loader makes it executable
  for (unsigned i = 0; i < header.e_shnum; ++i) {
    Elf64_Shdr section{};
    Elf64_Shdr names{};
    if (!file.read(header.e_shoff + std::uint64_t{i} * sizeof section, section)) return damaged();
    if (section.sh_type != SHT_DYNSYM && section.sh_type != SHT_DYNAMIC) continue;
    if (!file.read(header.e_shoff + std::uint64_t{section.sh_link} * sizeof names, names)) return damaged();
    if (section.sh_type == SHT_DYNSYM)
      read_symbols(file, section, names, out);
    else
      read_entries(file, section, names, out);
  }
  return out;
}

}  // namespace tidegate::conformance
