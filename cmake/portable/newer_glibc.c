/* SPDX-License-Identifier: Apache-2.0
 *
 * Two functions that came with glibc 2.35 and 2.36, for the archives of GCC 12 that want them: with these, a portable
 * build needs no more than glibc 2.34. Linked into each executable and plugin by itself, and not exported.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* libstdc++'s std::random_device. */
uint32_t arc4random(void) {
  uint32_t out;
  if (getentropy(&out, sizeof out) != 0) abort(); /* a kernel before 3.17 */
  return out;
}

struct search {
  ElfW(Addr) pc;
  struct dl_find_object *out;
};

static int look(struct dl_phdr_info *object, size_t size, void *user) {
  struct search *search = user;
  ElfW(Addr) start = 0, end = 0;
  void *eh_frame = NULL;
  (void)size;
  for (ElfW(Half) i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr) *part = &object->dlpi_phdr[i];
    const ElfW(Addr) at = object->dlpi_addr + part->p_vaddr;
    if (part->p_type == PT_GNU_EH_FRAME) eh_frame = (void *)at;
    if (part->p_type == PT_LOAD && search->pc >= at && search->pc < at + part->p_memsz) start = at, end = at + part->p_memsz;
  }
  if (end == 0) return 0;
  if (eh_frame == NULL) return 2;
  memset(search->out, 0, sizeof *search->out);
  search->out->dlfo_map_start = (void *)start;
  search->out->dlfo_map_end = (void *)end;
  search->out->dlfo_eh_frame = eh_frame;
  return 1;
}

/* libgcc_eh's unwinder: the object that a program counter is in. */
int _dl_find_object(void *pc, struct dl_find_object *out) {
  struct search search = {(ElfW(Addr))pc, out};
  return dl_iterate_phdr(&look, &search) == 1 ? 0 : -1;
}
