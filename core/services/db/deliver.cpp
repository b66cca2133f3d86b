// SPDX-License-Identifier: Apache-2.0
#include "services/db/deliver.hpp"

#include <cstdlib>
#include <vector>

namespace tidegate::services::db {
namespace {

tg_str abi(const char* text) {
  return {text, text != nullptr ? std::char_traits<char>::length(text) : 0};
}

/// The rows that a statement changed stand behind its tag; most statements of a migration have none.
std::int64_t affected_by(PGresult* result, tg_str tag) {
  const bool counted = tag.size > 0 && tag.data[tag.size - 1] >= '0' && tag.data[tag.size - 1] <= '9';
  const char* rows = counted ? libpq().PQcmdTuples(result) : "";
  return *rows != '\0' ? std::atoll(rows) : -1;
}

}  // namespace

void deliver(const PGresult* result, std::uint32_t statement, const OnResult& on_result) {
  if (!on_result) return;
  const auto& pq = libpq();  // once, not for each value
  const int columns = pq.PQnfields(result);
  const auto count = static_cast<std::size_t>(columns);
  std::vector<tg_str> names(count), text(count);
  std::vector<std::uint8_t> is_null(count);
  for (int c = 0; c < columns; ++c) names[static_cast<std::size_t>(c)] = abi(pq.PQfname(result, c));
  tg_result out{};
  out.struct_size = sizeof out;
  out.statement = statement;
  out.columns = static_cast<std::uint32_t>(columns);
  out.affected = -1;
  out.is_null = is_null.data();
  out.names = names.data();
  for (int row = 0, rows = pq.PQntuples(result); row < rows; ++row) {
    for (int c = 0; c < columns; ++c) {
      const auto i = static_cast<std::size_t>(c);
      text[i] = {pq.PQgetvalue(result, row, c), static_cast<std::size_t>(pq.PQgetlength(result, row, c))};
      is_null[i] = pq.PQgetisnull(result, row, c) != 0 ? 1 : 0;
    }
    out.text = text.data();  // never null here: a row without columns is given as one too
    static constexpr tg_str kNothing{};
    if (columns == 0) out.text = &kNothing;
    on_result(out);
  }
  out.text = nullptr;
  out.is_null = nullptr;
  out.tag = abi(pq.PQcmdStatus(const_cast<PGresult*>(result)));
  out.affected = affected_by(const_cast<PGresult*>(result), out.tag);
  on_result(out);
}

}  // namespace tidegate::services::db
