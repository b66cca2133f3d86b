// SPDX-License-Identifier: Apache-2.0
#include "services/db/libpq.hpp"

#include <dlfcn.h>

namespace tidegate::services::db {

base::Result<Libpq> load_libpq_from(const std::string& library_name) {
  Libpq out{};
  void* library = ::dlopen(library_name.c_str(), RTLD_LAZY | RTLD_LOCAL);  // never closed: OpenSSL's state is in use to the end
  bool whole = library != nullptr;
#define TIDEGATE_LIBPQ_FIND(name) whole = whole && (out.name = reinterpret_cast<decltype(out.name)>(::dlsym(library, #name))) != nullptr;
  TIDEGATE_LIBPQ_FUNCTIONS(TIDEGATE_LIBPQ_FIND)
#undef TIDEGATE_LIBPQ_FIND
  if (whole) return out;
  const char* reason = ::dlerror();
  return base::Error{base::Status::config,
                     std::string("no database can be reached, libpq could not be loaded: ") + (reason != nullptr ? reason : library_name),
                     "install libpq 14 or later (Debian and Ubuntu: apt-get install libpq5; Fedora: dnf install libpq)"};
}

const base::Result<Libpq>& load_libpq() {
#ifdef TIDEGATE_STATIC_LIBPQ  // a portable build
#define TIDEGATE_LIBPQ_LINKED(name) &::name,
  static const base::Result<Libpq> instance = Libpq{TIDEGATE_LIBPQ_FUNCTIONS(TIDEGATE_LIBPQ_LINKED)};
#undef TIDEGATE_LIBPQ_LINKED
#else
  static const auto instance = load_libpq_from("libpq.so.5");
#endif
  return instance;
}

}  // namespace tidegate::services::db
