// SPDX-License-Identifier: Apache-2.0
//
// From what the database says about a failed migration to an error that a person can act on. Pure: any thread.
#pragma once
#include <string>
#include <tidegate/services.hpp>

#include "migrations/account.hpp"
#include "migrations/message.hpp"

namespace tidegate::migrations {

/// What the failure asks of the caller.
enum class Failure { retry, lost, stopped, failed };
Failure kind_of(const sdk::DbError& error);

/// "migration X failed (P3018): …" with file, line, column. `completed`: statements of the message that ran.
sdk::Error explain(const sdk::DbError& error, const Account& account, const std::string& file, std::string_view text,
                   const Message& message, std::uint32_t completed);

/// Adds a sentence to a hint.
void add_hint(sdk::Error& error, const std::string& sentence);

}  // namespace tidegate::migrations
