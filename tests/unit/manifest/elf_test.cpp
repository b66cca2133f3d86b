// SPDX-License-Identifier: Apache-2.0
#include <elf.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "manifest/model.hpp"

using namespace tidegate;

namespace {

const std::string kText = "id = \"org.example.x\"\n";
const std::string kNames = std::string("\0.tidegate.manifest\0.shstrtab\0", 30);

/// A shared library of three sections and nothing else, laid out as header, manifest, names, section table.
std::string library() {
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;
  header.e_type = ET_DYN;
#if defined(__x86_64__)
  header.e_machine = EM_X86_64;
#else
  header.e_machine = EM_AARCH64;
#endif
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = 3;
  header.e_shstrndx = 2;
  header.e_shoff = sizeof header + kText.size() + kNames.size();
  Elf64_Shdr sections[3]{};
  sections[1].sh_type = SHT_PROGBITS;
  sections[1].sh_name = 1;
  sections[1].sh_offset = sizeof header;
  sections[1].sh_size = kText.size();
  sections[2].sh_type = SHT_STRTAB;
  sections[2].sh_name = 20;
  sections[2].sh_offset = sizeof header + kText.size();
  sections[2].sh_size = kNames.size();
  return std::string(reinterpret_cast<const char*>(&header), sizeof header) + kText + kNames +
         std::string(reinterpret_cast<const char*>(sections), sizeof sections);
}

class ManifestSection : public testing::Test {
 protected:
  ManifestSection() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tidegate-elf-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~ManifestSection() override { std::filesystem::remove_all(folder_); }
  base::Result<std::string> read(const std::string& bytes) {
    const auto path = folder_ + "/x.tidegate.so";
    std::ofstream(path, std::ios::binary) << bytes;
    return manifest::read_manifest_section(path);
  }
  std::string refusal(const std::string& bytes) {
    const auto result = read(bytes);
    EXPECT_FALSE(result);
    return result ? "" : result.error().message;
  }
  template <class T>
  static std::string with(std::string bytes, std::size_t at, T value) {
    std::memcpy(bytes.data() + at, &value, sizeof value);
    return bytes;
  }
  std::string folder_;
};

}  // namespace

TEST_F(ManifestSection, PluginFile_GivesTheTextWithoutLoading) {
  const auto text = read(library());
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_EQ(*text, kText);
}

TEST_F(ManifestSection, EveryTruncation_IsRefusedInWords) {
  const auto whole = library();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto message = refusal(whole.substr(0, size));
    EXPECT_TRUE(message.find(size < 16 ? "no ELF header" : "is truncated") != std::string::npos) << size << ": " << message;
  }
}

TEST_F(ManifestSection, EveryFlippedByte_IsReadOrRefusedAndNeverACrash) {
  const auto whole = library();
  std::size_t refused = 0;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    auto bytes = whole;
    bytes[at] = static_cast<char>(~bytes[at]);
    const auto result = read(bytes);
    if (!result) {
      ++refused;
      EXPECT_FALSE(result.error().message.empty());
      EXPECT_FALSE(result.error().hint.empty());
    }
  }
  EXPECT_GT(refused, 20U);
}

TEST_F(ManifestSection, NumbersThatLie_AreReadOrRefusedAndNeverACrash) {
  // Every eight bytes of the header and of the section table, set to what overflows, points outside or at itself.
  const auto whole = library();
  const std::uint64_t lies[] = {0,
                                1,
                                whole.size() - 1,
                                whole.size(),
                                whole.size() + 1,
                                1U << 20U,
                                std::uint64_t{1} << 32U,
                                ~std::uint64_t{0} >> 1U,
                                ~std::uint64_t{0} - 63,
                                ~std::uint64_t{0}};
  std::size_t refused = 0;
  for (std::size_t at = 0; at + sizeof(std::uint64_t) <= whole.size(); at += 4) {
    for (const auto lie : lies) {
      const auto result = read(with(whole, at, lie));
      if (result) {
        EXPECT_LE(result.value().size(), whole.size());
      } else {
        ++refused;
        EXPECT_FALSE(result.error().message.empty());
        EXPECT_FALSE(result.error().hint.empty());
      }
    }
  }
  EXPECT_GT(refused, 100U);
}

TEST_F(ManifestSection, OtherFiles_AreRefusedByWhatTheyAre) {
  EXPECT_NE(refusal("#!/bin/sh\necho not a library at all\n").find("is not a shared library (no ELF header)"), std::string::npos);
  EXPECT_NE(refusal(with(library(), EI_CLASS, static_cast<unsigned char>(ELFCLASS32))).find("32-bit library"), std::string::npos);
  EXPECT_NE(refusal(with(library(), offsetof(Elf64_Ehdr, e_machine), Elf64_Half{EM_RISCV})).find("is built for RISC-V"), std::string::npos);
  EXPECT_NE(refusal(with(library(), offsetof(Elf64_Ehdr, e_type), Elf64_Half{ET_REL})).find("not a shared library"), std::string::npos);
  EXPECT_NE(refusal(with(library(), offsetof(Elf64_Ehdr, e_shnum), Elf64_Half{0})).find("no section .tidegate.manifest"),
            std::string::npos);
}

TEST_F(ManifestSection, LibraryWithoutTheSection_IsNoPlugin) {
  auto bytes = library();
  bytes[bytes.find("manifest\0", sizeof(Elf64_Ehdr) + kText.size())] = 'M';
  EXPECT_NE(refusal(bytes).find("is a shared library but not a plugin"), std::string::npos);
}

TEST_F(ManifestSection, MissingFileFolderAndPipe_AreRefusedAtOnce) {
  EXPECT_EQ(manifest::read_manifest_section(folder_ + "/none").error().code, base::Status::not_found);
  EXPECT_NE(manifest::read_manifest_section(folder_).error().message.find("not a regular file"), std::string::npos);
  ASSERT_EQ(mkfifo((folder_ + "/pipe").c_str(), 0600), 0);
  EXPECT_NE(manifest::read_manifest_section(folder_ + "/pipe").error().message.find("not a regular file"), std::string::npos);
}
