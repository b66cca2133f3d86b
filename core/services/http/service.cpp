// SPDX-License-Identifier: Apache-2.0
//
// tidegate.http/1: the HTTP client behind the table.
#include <tidegate/services.hpp>

#include "services/guard.hpp"
#include "services/http/client.hpp"
#include "services/http/retry.hpp"

namespace tidegate::services {
namespace {

tg_status send(const tg_host* raw, const tg_http_request* in, void* user, tg_on_http on_answer, tg_report* report) noexcept {
  return guarded(report, [&]() -> tg_status {
    const Host& host = Host::from(raw);
    http::Request request;
    request.method = sdk::view(in->method);
    request.url = sdk::view(in->url);
    request.body = sdk::view(in->body);
    for (std::uint32_t i = 0; i < in->header_count; ++i) request.headers.emplace_back(sdk::view(in->headers[i]));
    if (in->timeout_ms > 0) request.try_timeout = std::chrono::milliseconds(in->timeout_ms);
    if (in->attempts > 1) request.attempts = in->attempts;
    if (in->max_body > 0) request.max_body = static_cast<std::size_t>(in->max_body);
    request.deadline = host.call.deadline;

    const auto answer = http::send(request, host.shared.interruption);
    if (!answer) return report_error(report, answer.error());
    std::vector<tg_str> headers;
    for (const auto& header : answer->headers) headers.push_back(sdk::to_abi(header));
    const auto wait = http::retry_after(answer->headers, std::chrono::system_clock::now());
    const tg_http_response out{sizeof(tg_http_response), answer->code,   static_cast<std::uint32_t>(headers.size()),
                               answer->attempts,         headers.data(), sdk::to_abi(answer->body),
                               wait ? wait->count() : -1};
    on_answer(user, &out);
    return TG_OK;
  });
}

constexpr tg_http_v1 kTable{sizeof(tg_http_v1), 0, &send};

}  // namespace

const tg_http_v1* http_table() {
  return &kTable;
}

}  // namespace tidegate::services
