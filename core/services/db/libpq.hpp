// SPDX-License-Identifier: Apache-2.0
//
// libpq, loaded when a connection is first spoken of: with what Debian's hangs on itself (Kerberos, LDAP, GnuTLS) it is
// more than half of the start-up of a command that needs no database. Its functions have their own names here:
// libpq().PQstatus(connection). Loading it on a thread beside other work was tried and gains nothing: both map and touch
// pages of one process. Immutable once loaded: any thread.
#pragma once
#include <libpq-fe.h>

#include <string>

#include "base/error.hpp"

namespace tidegate::services::db {

/// Every function of libpq that is used; the newest of them came with libpq 14.
// clang-format off
#define TIDEGATE_LIBPQ_FUNCTIONS(X)                                                                                  \
  X(PQbackendPID) X(PQcancel) X(PQclear) X(PQcmdStatus) X(PQcmdTuples) X(PQconndefaults) X(PQconnectPoll)            \
  X(PQconnectStartParams) X(PQconninfoFree) X(PQconsumeInput) X(PQenterPipelineMode) X(PQerrorMessage)               \
  X(PQexitPipelineMode) X(PQfinish) X(PQflush) X(PQfname) X(PQfreeCancel) X(PQfreemem) X(PQgetCancel)                \
  X(PQgetCopyData) X(PQgetResult) X(PQgetisnull) X(PQgetlength) X(PQgetvalue) X(PQisBusy) X(PQlibVersion)            \
  X(PQnfields) X(PQntuples) X(PQparameterStatus) X(PQpass) X(PQpipelineStatus) X(PQpipelineSync) X(PQputCopyEnd)     \
  X(PQresultErrorField) X(PQresultErrorMessage) X(PQresultStatus) X(PQsendQuery) X(PQsendQueryParams)                \
  X(PQserverVersion) X(PQsetErrorVerbosity) X(PQsetNoticeProcessor) X(PQsetNoticeReceiver) X(PQsetnonblocking)       \
  X(PQsocket) X(PQstatus) X(PQtransactionStatus)
// clang-format on

struct Libpq {
#define TIDEGATE_LIBPQ_MEMBER(name) decltype(&::name) name;
  TIDEGATE_LIBPQ_FUNCTIONS(TIDEGATE_LIBPQ_MEMBER)
#undef TIDEGATE_LIBPQ_MEMBER
};

/// Loads this library. The error, of class config, has the loader's words and the package to install.
base::Result<Libpq> load_libpq_from(const std::string& library_name);

/// Loads the process's libpq, once; parse_connection() does, so whoever has a ConnectionTarget may call libpq().
const base::Result<Libpq>& load_libpq();
inline const Libpq& libpq() {
  return *load_libpq();
}

}  // namespace tidegate::services::db
