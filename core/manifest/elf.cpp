// SPDX-License-Identifier: Apache-2.0
//
// Reads one section of a shared library with a handful of pread calls, so that asking a plugin what it is never maps
// or runs it. Every offset comes from the file and is checked against the file's size first.
#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <tidegate/plugin.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/text.hpp"
#include "manifest/model.hpp"

namespace tidegate::manifest {
namespace {

using base::Error;
using base::Result;
using base::Status;

constexpr std::uint64_t kLargestManifest = 1U << 20U;
constexpr std::uint64_t kLargestTable = 4U << 20U;  // of section headers or their names
#if defined(__x86_64__)
constexpr unsigned kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr unsigned kMachine = EM_AARCH64;
#elif defined(__riscv)
constexpr unsigned kMachine = EM_RISCV;
#elif defined(__powerpc64__)
constexpr unsigned kMachine = EM_PPC64;
#elif defined(__s390x__)
constexpr unsigned kMachine = EM_S390;
#else
#error "unknown machine: add its ELF number"
#endif

std::string machine_name(unsigned machine) {
  switch (machine) {
    case EM_X86_64:
      return "x86-64";
    case EM_386:
      return "32-bit x86";
    case EM_AARCH64:
      return "64-bit ARM";
    case EM_ARM:
      return "32-bit ARM";
    case EM_RISCV:
      return "RISC-V";
    case EM_PPC64:
      return "64-bit PowerPC";
    case EM_S390:
      return "IBM Z";
    default:
      return "machine number " + std::to_string(machine);
  }
}

class File {
 public:
  File(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
  ~File() { ::close(fd_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  Result<std::string> section(std::string_view wanted) {
    struct stat info {};
    if (::fstat(fd_, &info) != 0) return refuse(std::strerror(errno), "check the file and its permissions");
    if (!S_ISREG(info.st_mode)) return refuse("is not a regular file", "give the path of a plugin, a *.tidegate.so file");
    size_ = static_cast<std::uint64_t>(info.st_size);

    Elf64_Ehdr header{};
    if (size_ < EI_NIDENT || !read(&header, std::min<std::uint64_t>(sizeof header, size_), 0) ||
        std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
      return refuse("is not a shared library (no ELF header)", "give the path of a plugin, a *.tidegate.so file");
    if (header.e_ident[EI_CLASS] != ELFCLASS64)
      return refuse("is a 32-bit library; this host is a 64-bit program", "build the plugin for this machine");
    if (header.e_ident[EI_DATA] != (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB))
      return refuse("is built for a machine of the other byte order", "build the plugin for this machine");
    if (size_ < sizeof header) return truncated();
    if (header.e_machine != kMachine)
      return refuse("is built for " + machine_name(header.e_machine) + "; this host runs on " + machine_name(kMachine),
                    "build the plugin for this machine");
    if (header.e_type != ET_DYN) return refuse("is an ELF file but not a shared library", "link the plugin with tidegate_add_plugin()");
    if (header.e_shoff == 0 || header.e_shnum == 0) return absent(wanted);
    return find(header, wanted);
  }

 private:
  Result<std::string> find(const Elf64_Ehdr& header, std::string_view wanted) {
    const std::uint64_t bytes = std::uint64_t{header.e_shnum} * sizeof(Elf64_Shdr);
    if (header.e_shentsize != sizeof(Elf64_Shdr) || header.e_shstrndx >= header.e_shnum || bytes > kLargestTable)
      return refuse("has a damaged ELF section table", kRebuild);
    std::vector<Elf64_Shdr> sections(header.e_shnum);
    if (!fits(header.e_shoff, bytes)) return truncated();
    if (!read(sections.data(), bytes, header.e_shoff)) return unreadable();

    const Elf64_Shdr& names_section = sections[header.e_shstrndx];
    if (names_section.sh_size > kLargestTable) return refuse("has a damaged ELF section table", kRebuild);
    if (!fits(names_section.sh_offset, names_section.sh_size)) return truncated();
    std::string names(names_section.sh_size, '\0');
    if (!read(names.data(), names.size(), names_section.sh_offset)) return unreadable();

    for (const auto& section : sections) {
      if (section.sh_type != SHT_PROGBITS || section.sh_name >= names.size()) continue;
      const auto name = std::string_view(names).substr(section.sh_name);
      if (name.substr(0, name.find('\0')) != wanted) continue;
      if (section.sh_size > kLargestManifest) return refuse("has a manifest of more than 1 MiB", "make plugin.toml smaller");
      if (!fits(section.sh_offset, section.sh_size)) return truncated();
      std::string out(section.sh_size, '\0');
      if (!read(out.data(), out.size(), section.sh_offset)) return unreadable();
      return out;
    }
    return absent(wanted);
  }

  [[nodiscard]] bool fits(std::uint64_t offset, std::uint64_t bytes) const { return offset <= size_ && bytes <= size_ - offset; }

  bool read(void* to, std::uint64_t bytes, std::uint64_t offset) {
    auto* out = static_cast<char*>(to);
    while (bytes != 0) {
      const ssize_t got = ::pread(fd_, out, bytes, static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return false;
      out += got;
      offset += static_cast<std::uint64_t>(got);
      bytes -= static_cast<std::uint64_t>(got);
    }
    return true;
  }

  [[nodiscard]] Error refuse(const std::string& problem, std::string remedy) const {
    return Error{Status::config, path_ + ' ' + problem, std::move(remedy), path_};
  }
  [[nodiscard]] Error truncated() const {
    return refuse("is truncated: it is " + std::to_string(size_) + " bytes long, and its ELF header speaks of more",
                  "copy or build the plugin again");
  }
  [[nodiscard]] Error unreadable() const {
    return refuse("could not be read to its end; somebody may be writing it", "try again when the file is complete");
  }
  [[nodiscard]] Error absent(std::string_view wanted) const {
    return refuse("is a shared library but not a plugin: it has no section " + std::string(wanted),
                  "build it with tidegate_add_plugin(), which embeds plugin.toml");
  }

  static constexpr const char* kRebuild = "copy or build the plugin again";
  std::string path_;
  int fd_;
  std::uint64_t size_ = 0;
};

}  // namespace

Result<std::string> read_manifest_section(const std::string& path) {
  // O_NONBLOCK: opening a named pipe must not wait for its writer.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    const int number = errno;
    return Error{number == ENOENT || number == ENOTDIR ? Status::not_found : Status::failed, path + ": " + std::strerror(number),
                 "check the path and its permissions", path};
  }
  return File(path, fd).section(TG_MANIFEST_SECTION);
}

}  // namespace tidegate::manifest
