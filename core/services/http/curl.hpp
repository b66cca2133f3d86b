// SPDX-License-Identifier: Apache-2.0
//
// The functions of libcurl that the HTTP client uses, found when the first request is sent, so that a run without one
// neither loads libcurl nor needs it. With TIDEGATE_STATIC_CURL they are linked in. Immutable once loaded: any thread.
#pragma once
#include <curl/curl.h>

#include <string>
#include <vector>

#include "base/error.hpp"

namespace tidegate::services::http {

struct Curl {
  decltype(&::curl_global_init) global_init;
  decltype(&::curl_easy_init) easy_init;
  decltype(&::curl_easy_setopt) easy_setopt;
  decltype(&::curl_easy_getinfo) easy_getinfo;
  decltype(&::curl_easy_cleanup) easy_cleanup;
  decltype(&::curl_easy_strerror) easy_strerror;
  decltype(&::curl_slist_append) slist_append;
  decltype(&::curl_slist_free_all) slist_free_all;
  decltype(&::curl_multi_init) multi_init;
  decltype(&::curl_multi_add_handle) multi_add_handle;
  decltype(&::curl_multi_remove_handle) multi_remove_handle;
  decltype(&::curl_multi_perform) multi_perform;
  decltype(&::curl_multi_poll) multi_poll;
  decltype(&::curl_multi_info_read) multi_info_read;
  decltype(&::curl_multi_cleanup) multi_cleanup;
};

/// Whether libcurl is this system's own, and so was built with the place of its certificate authorities.
#ifdef TIDEGATE_STATIC_CURL
inline constexpr bool kCurlKnowsAuthorities = false;
#else
inline constexpr bool kCurlKnowsAuthorities = true;
#endif

/// Loads the first of these libraries that is there and has all functions. The error, of class unavailable, has the
/// loader's words and the package to install.
base::Result<Curl> load_curl(const std::vector<std::string>& library_names);

/// The process's libcurl, loaded and initialised once.
const base::Result<Curl>& curl();

}  // namespace tidegate::services::http
