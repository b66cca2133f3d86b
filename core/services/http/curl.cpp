// SPDX-License-Identifier: Apache-2.0
#include "services/http/curl.hpp"

#include <dlfcn.h>

namespace tidegate::services::http {
namespace {

template <class Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  return function != nullptr;
}

bool find_all(void* library, Curl& out) {
  return find(library, "curl_global_init", out.global_init) && find(library, "curl_easy_init", out.easy_init) &&
         find(library, "curl_easy_setopt", out.easy_setopt) && find(library, "curl_easy_getinfo", out.easy_getinfo) &&
         find(library, "curl_easy_cleanup", out.easy_cleanup) && find(library, "curl_easy_strerror", out.easy_strerror) &&
         find(library, "curl_slist_append", out.slist_append) && find(library, "curl_slist_free_all", out.slist_free_all) &&
         find(library, "curl_multi_init", out.multi_init) && find(library, "curl_multi_add_handle", out.multi_add_handle) &&
         find(library, "curl_multi_remove_handle", out.multi_remove_handle) && find(library, "curl_multi_perform", out.multi_perform) &&
         find(library, "curl_multi_poll", out.multi_poll) && find(library, "curl_multi_info_read", out.multi_info_read) &&
         find(library, "curl_multi_cleanup", out.multi_cleanup);
}

std::string last_loader_error() {
  const char* text = ::dlerror();
  return text == nullptr ? "unknown reason" : text;
}

base::Result<Curl> load() {
#ifdef TIDEGATE_STATIC_CURL
  base::Result<Curl> api =
      Curl{&::curl_global_init,         &::curl_easy_init,     &::curl_easy_setopt,    &::curl_easy_getinfo,    &::curl_easy_cleanup,
           &::curl_easy_strerror,       &::curl_slist_append,  &::curl_slist_free_all, &::curl_multi_init,      &::curl_multi_add_handle,
           &::curl_multi_remove_handle, &::curl_multi_perform, &::curl_multi_poll,     &::curl_multi_info_read, &::curl_multi_cleanup};
#else
  auto api = load_curl({"libcurl.so.4", "libcurl-gnutls.so.4"});
#endif
  if (api && api->global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
    return base::Error{base::Status::unavailable, "HTTP requests are not possible: libcurl could not be initialised"};
  return api;
}

}  // namespace

base::Result<Curl> load_curl(const std::vector<std::string>& library_names) {
  std::string reasons;
  for (const auto& name : library_names) {
    void* library = ::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);  // never closed: libcurl may hold threads and TLS state
    if (library != nullptr) {
      Curl out{};
      if (find_all(library, out)) return out;
    }
    reasons += (reasons.empty() ? "" : "; ") + last_loader_error();
  }
  return base::Error{
      base::Status::unavailable, "HTTP requests are not possible, libcurl could not be loaded: " + reasons,
      "install libcurl 7.66 or later (Debian and Ubuntu: apt-get install libcurl4; Alpine: apk add libcurl; Fedora: dnf install "
      "libcurl)"};
}

const base::Result<Curl>& curl() {
  static const base::Result<Curl> instance = load();
  return instance;
}

}  // namespace tidegate::services::http
