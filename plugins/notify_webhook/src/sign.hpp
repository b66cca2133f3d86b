// SPDX-License-Identifier: Apache-2.0
//
// Signatures of Standard Webhooks 1.0.0 (github.com/standard-webhooks/standard-webhooks). Pure functions: any thread.
#pragma once
#include <string>
#include <string_view>
#include <tidegate/result.hpp>

namespace tidegate::notify_webhook {

/// The bytes of a secret written as "whsec_<base64>". The error never repeats the secret.
sdk::Result<std::string> signing_key(std::string_view secret);

/// The header webhook-signature: "v1,<base64 of HMAC-SHA256 over id.timestamp.body>".
std::string sign(std::string_view key, std::string_view id, std::string_view unix_seconds, std::string_view body);

/// A message id that nobody else has: "msg_" and 128 random bits.
std::string new_message_id();

}  // namespace tidegate::notify_webhook
