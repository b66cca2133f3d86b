// SPDX-License-Identifier: Apache-2.0
//
// Schema tidegate in the target: makes it, and refuses one that a newer host made. Its tables are a contract
// (docs/journal.md). Thread of the session.
#pragma once
#include <string>

#include "services/db/session.hpp"

namespace tidegate::run {

/// Of what this host writes; tidegate.meta holds the number of what is there.
inline constexpr int kSchemaVersion = 1;

enum class SchemaUse { read, write };
enum class SchemaState { absent, usable, denied };  ///< denied: the role may not use what is there

/// What is there, nothing made. Errors: unsupported when a newer host made it; config when it is not whole, or not ours.
base::Result<SchemaState> look_at_schema(services::db::Session& session, SchemaUse use, base::Deadline deadline);

struct SchemaMade {
  bool usable = false;
  std::string warning;  ///< why not
};
/// Makes what is missing, in one transaction; two at once may ask for it. That the role may not is no error.
base::Result<SchemaMade> make_schema(services::db::Session& session, base::Deadline deadline);

}  // namespace tidegate::run
