// SPDX-License-Identifier: Apache-2.0
#include "base/redact.hpp"

#include <algorithm>
#include <array>

namespace tidegate::base {
namespace {

std::string percent_encode(std::string_view text, std::string_view digits) {
  constexpr std::string_view unreserved = "-._~";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || unreserved.find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += digits[byte >> 4U];
      out += digits[byte & 15U];
    }
  }
  return out;
}

/// Base64 of text that stands `skip` bytes into a triple: without the characters that its neighbours share.
std::string base64_inside(std::string_view text, std::size_t skip, bool url) {
  constexpr std::string_view standard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  constexpr std::string_view for_urls = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const auto alphabet = url ? for_urls : standard;
  std::string padded(skip, '\0');
  padded += text;
  std::string out;
  unsigned bits = 0;
  unsigned count = 0;
  for (const char c : padded) {
    bits = (bits << 8U | static_cast<unsigned char>(c)) & 0xFFFFU;
    for (count += 8; count >= 6; count -= 6) out += alphabet[bits >> (count - 6) & 63U];
  }
  return out.substr((skip * 8 + 5) / 6);
}

std::string json_escape(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\t': out += "\\t"; break;
      case '\r': out += "\\r"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += "\\u00";
          out += digits[static_cast<unsigned char>(c) >> 4U];
          out += digits[static_cast<unsigned char>(c) & 15U];
        } else {
          out += c;
        }
    }
  }
  return out;
}

}  // namespace

void Redactor::add(std::string_view secret) {
  if (secret.size() < kMinimumLength) return;
  const std::lock_guard lock(mutex_);
  add_form(std::string(secret));
  add_form(percent_encode(secret, "0123456789ABCDEF"));
  add_form(percent_encode(secret, "0123456789abcdef"));
  add_form(json_escape(secret));
  for (std::size_t skip = 0; skip < 3; ++skip)
    for (const bool url : {false, true}) add_form(base64_inside(secret, skip, url));
  std::stable_sort(forms_.begin(), forms_.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
}

void Redactor::add_form(std::string form) {
  if (form.size() >= kMinimumLength && std::find(forms_.begin(), forms_.end(), form) == forms_.end()) forms_.push_back(std::move(form));
}

std::string Redactor::apply(std::string_view text) const {
  std::string out(text);
  const std::lock_guard lock(mutex_);
  for (const auto& form : forms_)
    for (std::size_t at = out.find(form); at != std::string::npos; at = out.find(form, at + kMask.size())) out.replace(at, form.size(), kMask);
  return out;
}

std::string without_url_passwords(std::string_view text) {
  std::string out;
  for (;;) {
    const auto scheme = text.find("://");
    if (scheme == std::string_view::npos) break;
    const auto begin = scheme + 3;
    const auto word = text.substr(begin, text.find_first_of(" \t\r\n\"'`<>", begin) - begin);
    const auto at = word.rfind('@');
    const auto colon = word.find(':');
    out += text.substr(0, begin);
    if (at != std::string_view::npos && colon < at) {
      out += word.substr(0, colon + 1);
      out += Redactor::kMask;
      out += word.substr(at);
    } else {
      out += word;
    }
    text.remove_prefix(begin + word.size());
  }
  out += text;
  return out;
}

}  // namespace tidegate::base
