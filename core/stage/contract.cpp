// SPDX-License-Identifier: Apache-2.0
#include "stage/contract.hpp"

namespace tidegate::stage {

using base::Error;
using base::Status;
using manifest::Kind;
using services::Access;

std::string_view name_of(Verdict verdict) {
  constexpr std::string_view names[] = {"unset", "pass", "warn", "block", "skipped"};
  const auto index = static_cast<std::size_t>(verdict);
  return index < std::size(names) ? names[index] : names[0];
}

Access access_of(Kind kind, bool dry) {
  switch (kind) {
    case Kind::notify: return Access::none;
    case Kind::apply:
    case Kind::rollback: return dry ? Access::read : Access::write;
    case Kind::detect:
    case Kind::precheck:
    case Kind::verify: break;
  }
  return Access::read;
}

Outcome enforce(Kind kind, const std::string& stage_id, Outcome answer) {
  const auto bug = [&](std::string message) {
    answer.error = Error{Status::internal, "stage '" + stage_id + "': " + std::move(message), "this is a bug in the plugin: report it to its author"};
    answer.verdict = Verdict::unset;
    return answer;
  };
  if (answer.error) {
    answer.verdict = Verdict::unset;
    return answer;
  }
  const auto number = static_cast<int>(answer.verdict);
  if (answer.verdict == Verdict::unset) return bug("the call worked but gave no verdict");
  if (number < 0 || number > TG_SKIPPED) return bug("gave the unknown verdict " + std::to_string(number));
  if (answer.verdict == Verdict::block && kind != Kind::precheck && kind != Kind::verify)
    return bug("a stage of kind " + std::string(manifest::name_of(kind)) + " gave the verdict block, which it may not");
  return answer;
}

std::uint32_t flags_of(const Request& request) {
  return (request.dry ? TG_RUN_DRY : 0) | (request.changed ? TG_RUN_CHANGED : 0);
}

std::optional<Error> refuse_call(const std::string& stage_id, bool offered, bool busy, std::string_view extension) {
  if (!offered) return Error{Status::unsupported, "stage '" + stage_id + "' does not offer " + std::string(extension)};
  if (!busy) return std::nullopt;
  return Error{Status::conflict, "stage '" + stage_id + "' is asked for " + std::string(extension) + " while a call into it is under way",
               "a stage cannot ask itself, nor one that is asking it"};
}

}  // namespace tidegate::stage
