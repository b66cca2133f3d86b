// SPDX-License-Identifier: Apache-2.0
//
// The stage's settings for static checks as a policy. Stage thread.
#pragma once
#include <tidegate/services.hpp>

#include "rules/policy.hpp"

namespace tidegate::safety {

struct StaticSettings {
  rules::Policy policy;
  rules::Options options;
};
/// Errors of class config name the setting.
sdk::Result<StaticSettings> static_settings(const sdk::Host& host);

}  // namespace tidegate::safety
