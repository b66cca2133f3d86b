// SPDX-License-Identifier: Apache-2.0
#include "table.hpp"

#include <tidegate/services.h>

#define STRUCT(type) rows.push_back({#type, "", 0, sizeof(type)})
#define FIELD(type, field) rows.push_back({#type, #field, offsetof(type, field), sizeof(type::field)})

std::vector<Row> layout() {
  std::vector<Row> rows;

  STRUCT(tg_str);
  FIELD(tg_str, data);
  FIELD(tg_str, size);

  STRUCT(tg_value);
  FIELD(tg_value, type);
  FIELD(tg_value, count);
  FIELD(tg_value, i);
  FIELD(tg_value, d);
  FIELD(tg_value, s);

  STRUCT(tg_host);
  FIELD(tg_host, struct_size);
  FIELD(tg_host, abi_minor);
  FIELD(tg_host, service);

  STRUCT(tg_error);
  FIELD(tg_error, struct_size);
  FIELD(tg_error, status);
  FIELD(tg_error, message);
  FIELD(tg_error, hint);
  FIELD(tg_error, file);
  FIELD(tg_error, line);
  FIELD(tg_error, column);
  FIELD(tg_error, sqlstate);
  FIELD(tg_error, detail);
  FIELD(tg_error, relation);
  FIELD(tg_error, constraint);

  STRUCT(tg_finding);
  FIELD(tg_finding, struct_size);
  FIELD(tg_finding, verdict);
  FIELD(tg_finding, rule);
  FIELD(tg_finding, message);
  FIELD(tg_finding, file);
  FIELD(tg_finding, line);
  FIELD(tg_finding, column);
  FIELD(tg_finding, fix);
  FIELD(tg_finding, attributes_json);

  STRUCT(tg_report);
  FIELD(tg_report, struct_size);
  FIELD(tg_report, reserved);
  FIELD(tg_report, error);
  FIELD(tg_report, finding);

  STRUCT(tg_run);
  FIELD(tg_run, struct_size);
  FIELD(tg_run, flags);
  FIELD(tg_run, run_id);
  FIELD(tg_run, stage_id);
  FIELD(tg_run, kind);
  FIELD(tg_run, attempt);
  FIELD(tg_run, reserved);

  STRUCT(tg_stage);
  FIELD(tg_stage, struct_size);
  FIELD(tg_stage, reserved);
  FIELD(tg_stage, self);
  FIELD(tg_stage, validate);
  FIELD(tg_stage, run);
  FIELD(tg_stage, cancel);
  FIELD(tg_stage, call);
  FIELD(tg_stage, destroy);

  STRUCT(tg_plugin_entry);
  FIELD(tg_plugin_entry, struct_size);
  FIELD(tg_plugin_entry, abi_major);
  FIELD(tg_plugin_entry, abi_minor);
  FIELD(tg_plugin_entry, reserved);
  FIELD(tg_plugin_entry, manifest);
  FIELD(tg_plugin_entry, create);

  STRUCT(tg_log_v1);
  FIELD(tg_log_v1, struct_size);
  FIELD(tg_log_v1, reserved);
  FIELD(tg_log_v1, write);

  STRUCT(tg_control_v1);
  FIELD(tg_control_v1, struct_size);
  FIELD(tg_control_v1, reserved);
  FIELD(tg_control_v1, cancelled);
  FIELD(tg_control_v1, remaining_ms);
  FIELD(tg_control_v1, wait_ms);
  FIELD(tg_control_v1, progress);
  FIELD(tg_control_v1, emit);
  FIELD(tg_control_v1, changing);

  STRUCT(tg_config_v1);
  FIELD(tg_config_v1, struct_size);
  FIELD(tg_config_v1, reserved);
  FIELD(tg_config_v1, get);
  FIELD(tg_config_v1, key_at);

  STRUCT(tg_context_v1);
  FIELD(tg_context_v1, struct_size);
  FIELD(tg_context_v1, reserved);
  FIELD(tg_context_v1, get);
  FIELD(tg_context_v1, put);

  STRUCT(tg_secrets_v1);
  FIELD(tg_secrets_v1, struct_size);
  FIELD(tg_secrets_v1, reserved);
  FIELD(tg_secrets_v1, get);

  STRUCT(tg_result);
  FIELD(tg_result, struct_size);
  FIELD(tg_result, statement);
  FIELD(tg_result, columns);
  FIELD(tg_result, reserved);
  FIELD(tg_result, affected);
  FIELD(tg_result, text);
  FIELD(tg_result, is_null);
  FIELD(tg_result, names);
  FIELD(tg_result, tag);

  STRUCT(tg_db_error);
  FIELD(tg_db_error, struct_size);
  FIELD(tg_db_error, status);
  FIELD(tg_db_error, position);
  FIELD(tg_db_error, sqlstate);
  FIELD(tg_db_error, message);
  FIELD(tg_db_error, detail);
  FIELD(tg_db_error, hint);
  FIELD(tg_db_error, context);
  FIELD(tg_db_error, schema);
  FIELD(tg_db_error, relation);
  FIELD(tg_db_error, column);
  FIELD(tg_db_error, constraint);
  FIELD(tg_db_error, blockers);

  STRUCT(tg_db_v1);
  FIELD(tg_db_v1, struct_size);
  FIELD(tg_db_v1, reserved);
  FIELD(tg_db_v1, open);
  FIELD(tg_db_v1, script);
  FIELD(tg_db_v1, query);
  FIELD(tg_db_v1, quote);
  FIELD(tg_db_v1, transaction);
  FIELD(tg_db_v1, backend_pid);
  FIELD(tg_db_v1, server_version);
  FIELD(tg_db_v1, schema);
  FIELD(tg_db_v1, close);

  STRUCT(tg_http_request);
  FIELD(tg_http_request, struct_size);
  FIELD(tg_http_request, header_count);
  FIELD(tg_http_request, method);
  FIELD(tg_http_request, url);
  FIELD(tg_http_request, body);
  FIELD(tg_http_request, headers);
  FIELD(tg_http_request, timeout_ms);
  FIELD(tg_http_request, attempts);
  FIELD(tg_http_request, reserved);
  FIELD(tg_http_request, max_body);

  STRUCT(tg_http_response);
  FIELD(tg_http_response, struct_size);
  FIELD(tg_http_response, code);
  FIELD(tg_http_response, header_count);
  FIELD(tg_http_response, attempts);
  FIELD(tg_http_response, headers);
  FIELD(tg_http_response, body);
  FIELD(tg_http_response, retry_after_ms);

  STRUCT(tg_http_v1);
  FIELD(tg_http_v1, struct_size);
  FIELD(tg_http_v1, reserved);
  FIELD(tg_http_v1, send);

  STRUCT(tg_process_spec);
  FIELD(tg_process_spec, struct_size);
  FIELD(tg_process_spec, argc);
  FIELD(tg_process_spec, envc);
  FIELD(tg_process_spec, reserved);
  FIELD(tg_process_spec, argv);
  FIELD(tg_process_spec, env);
  FIELD(tg_process_spec, cwd);
  FIELD(tg_process_spec, input);
  FIELD(tg_process_spec, connection);
  FIELD(tg_process_spec, connection_env);

  STRUCT(tg_process_v1);
  FIELD(tg_process_v1, struct_size);
  FIELD(tg_process_v1, reserved);
  FIELD(tg_process_v1, run);

  STRUCT(tg_stages_v1);
  FIELD(tg_stages_v1, struct_size);
  FIELD(tg_stages_v1, reserved);
  FIELD(tg_stages_v1, ask);

  STRUCT(tg_scratch_v1);
  FIELD(tg_scratch_v1, struct_size);
  FIELD(tg_scratch_v1, reserved);
  FIELD(tg_scratch_v1, create);
  return rows;
}

std::string to_text(const Row& row) {
  return row.type + ' ' + (row.field.empty() ? "-" : row.field) + ' ' + std::to_string(row.offset) + ' ' + std::to_string(row.size);
}
