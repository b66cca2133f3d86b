// SPDX-License-Identifier: Apache-2.0
#include "services/db/handshake.hpp"

#include "base/text.hpp"
#include "services/db/failure.hpp"
#include "services/db/libpq.hpp"
#include "services/db/parameters.hpp"
#include "services/db/wire.hpp"

namespace tidegate::services::db {

using base::Deadline;
using base::Error;
using base::Result;
using base::Status;

void CloseConnection::operator()(pg_conn* connection) const {
  libpq().PQfinish(connection);
}

Result<Handshake> Handshake::begin(const ConnectionTarget& target, const SessionOptions& options, base::Redactor& redactor) {
  redactor.add(target.password);
  redactor.add(target.password_as_written);
  const auto parameters = parameters_for(target, options.application_name);
  std::vector<const char*> names, values;
  for (const auto& [name, value] : parameters) {
    names.push_back(name.c_str());
    values.push_back(value.c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  OwnedConnection connection(libpq().PQconnectStartParams(names.data(), values.data(), 0));
  if (!connection) return Error{Status::internal, "out of memory"};
  libpq().PQsetErrorVerbosity(connection.get(), PQERRORS_VERBOSE);  // the SQLSTATE of a refusal is nowhere else
  libpq().PQsetNoticeProcessor(
      connection.get(), [](void*, const char*) {}, nullptr);
  if (const char* password = libpq().PQpass(connection.get())) redactor.add(password);  // of the environment, a service or password file
  const int state = connect_without_waiting(connection.get());
  return Handshake(std::move(connection), state);
}

Result<OwnedConnection> Handshake::finish(const ConnectionTarget& target, const SessionOptions& options, base::Redactor& redactor) {
  const auto timeout = connect_timeout_of(target, options.connect_timeout);
  const auto limit = timeout.count() == 0 ? options.connect_deadline : options.connect_deadline.sooner(Deadline::in(timeout));
  switch (finish_connecting(connection_.get(), state_, limit, options.interrupt)) {
    case Stop::none:
      break;
    case Stop::interrupted:
      return Error{Status::cancelled, "interrupted while connecting to " + target.display};
    case Stop::lost:
      return connect_error(connection_.get(), target, redactor);
    case Stop::deadline:
      return Error{Status::unavailable,
                   "cannot connect to " + target.display + ": no answer" +
                       (options.connect_deadline.over() ? " before the deadline" : " within " + base::format_duration(timeout)),
                   "check the address and port, and what a firewall does to them; connect_timeout= in the URL sets another limit"};
  }
  libpq().PQsetErrorVerbosity(connection_.get(), PQERRORS_DEFAULT);
  if (libpq().PQparameterStatus(connection_.get(), "crdb_version") != nullptr)
    return Error{Status::unsupported, target.display + " is CockroachDB, which is not supported",
                 "its advisory locks lock nothing and its DDL is not transactional; tidegate needs PostgreSQL 12 or newer"};
  if (libpq().PQserverVersion(connection_.get()) < 120000)
    return Error{
        Status::unsupported,
        target.display + " runs PostgreSQL " + libpq().PQparameterStatus(connection_.get(), "server_version") + ", which is too old",
        "tidegate needs PostgreSQL 12 or newer"};
  libpq().PQsetnonblocking(connection_.get(), 1);
  return std::move(connection_);
}

}  // namespace tidegate::services::db
