// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/compose.hpp"
#include "cli/paths.hpp"
#include "cli/print.hpp"

namespace tidegate::cli {
namespace {

using pipeline::Pipeline;
using pipeline::Stage;

std::string span(std::chrono::milliseconds duration) {
  return base::format_duration(duration);
}

/// What a reader wants to know of a stage beside its name.
std::vector<std::string> notes(const Stage& stage) {
  std::vector<std::string> out;
  for (const auto& condition : stage.when) {
    std::string values;
    for (const auto& value : condition.any_of) values += (values.empty() ? "" : " or ") + value;
    const bool compares = !values.empty() && std::string_view("!<>=").find(values.front()) != std::string_view::npos;
    out.push_back("when " + condition.key + (compares ? " " : " = ") + values);
  }
  if (stage.timeout) out.push_back("timeout " + span(*stage.timeout));
  if (stage.deadline) out.push_back("deadline " + span(*stage.deadline));
  if (stage.retry && stage.retry->attempts > 1)
    out.push_back(std::to_string(stage.retry->attempts) + " attempts on " + base::join_words(stage.retry->on));
  if (stage.warn_on_error) out.push_back("a failed call only warns");
  if (stage.ensure) out.push_back("also after success");
  for (const auto& [environment, overlay] : stage.in) out.push_back("other settings in " + environment);
  if (!stage.on.empty()) out.push_back("on " + base::join_words(stage.on));
  return out;
}

std::string joined(const std::vector<std::string>& words, std::string_view separator) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : std::string(separator)) + word;
  return out;
}

std::string text_line(const Stage& stage, std::size_t width) {
  std::string out = "  " + std::string(manifest::name_of(stage.kind));
  out.resize(12, ' ');
  out += stage.id;
  if (stage.use != stage.id) out += " (" + stage.use + ")";
  const auto more = joined(notes(stage), "; ");
  if (more.empty()) return out + '\n';
  out.resize(std::max(out.size(), 12 + width), ' ');
  return out + "  " + more + '\n';
}

std::string as_text(const Pipeline& pipeline) {
  std::size_t width = 0;
  for (const auto* list : {&pipeline.stages, &pipeline.rollback, &pipeline.notify})
    for (const auto& stage : *list) width = std::max(width, stage.id.size() + (stage.use != stage.id ? stage.use.size() + 3 : 0));
  std::string out = pipeline.name + " (" + shown(pipeline.file) + ")\n";
  for (const auto& stage : pipeline.stages) out += text_line(stage, width);
  if (!pipeline.rollback.empty()) out += "when it fails after the first change\n";
  for (const auto& stage : pipeline.rollback) out += text_line(stage, width);
  if (!pipeline.notify.empty()) out += "told\n";
  for (const auto& stage : pipeline.notify) out += text_line(stage, width);
  return out;
}

/// Nodes and edges, for both languages of drawings.
struct Drawing {
  std::string (*node)(const std::string& id, const std::vector<std::string>& lines, manifest::Kind kind);
  std::string (*edge)(const std::string& from, const std::string& to, const std::string& label, bool dashed);
  std::string begin, end;
};

std::string escaped_for_mermaid(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("\"<>&#;\\`").find(c) != std::string_view::npos)
      out += "#" + std::to_string(static_cast<unsigned char>(c)) + ";";
    else
      out += c == '\n' ? ' ' : c;
  }
  return out;
}

std::string escaped_for_dot(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

const Drawing& mermaid() {
  static const Drawing drawing{[](const std::string& id, const std::vector<std::string>& lines, manifest::Kind kind) {
                                 std::string label;
                                 for (const auto& line : lines) label += (label.empty() ? "" : "<br/>") + escaped_for_mermaid(line);
                                 const bool round = kind == manifest::Kind::notify;
                                 return "  " + id + (round ? "([\"" : "[\"") + label + (round ? "\"])\n" : "\"]\n");
                               },
                               [](const std::string& from, const std::string& to, const std::string& label, bool dashed) {
                                 const std::string arrow = dashed ? " -.->" : " -->";
                                 return "  " + from + arrow + (label.empty() ? "" : "|\"" + escaped_for_mermaid(label) + "\"|") + " " + to +
                                        "\n";
                               },
                               "flowchart TD\n", ""};
  return drawing;
}

const Drawing& dot() {
  static const Drawing drawing{[](const std::string& id, const std::vector<std::string>& lines, manifest::Kind kind) {
                                 std::string label;
                                 for (const auto& line : lines) label += (label.empty() ? "" : "\\n") + escaped_for_dot(line);
                                 return "  " + id + " [label=\"" + label + "\"" + (kind == manifest::Kind::notify ? ", shape=oval" : "") +
                                        "];\n";
                               },
                               [](const std::string& from, const std::string& to, const std::string& label, bool dashed) {
                                 std::string more = label.empty() ? "" : "label=\"" + escaped_for_dot(label) + "\"";
                                 if (dashed) more += std::string(more.empty() ? "" : ", ") + "style=dashed";
                                 return "  " + from + " -> " + to + (more.empty() ? "" : " [" + more + "]") + ";\n";
                               },
                               "digraph pipeline {\n  node [shape=box];\n", "}\n"};
  return drawing;
}

std::string drawn(const Pipeline& pipeline, const Drawing& drawing) {
  std::string nodes, edges;
  const auto add = [&](char letter, std::size_t index, const Stage& stage) {
    std::vector<std::string> lines{stage.id};
    if (stage.use != stage.id) lines.push_back("use " + stage.use);
    lines.emplace_back(manifest::name_of(stage.kind));
    const auto more = notes(stage);
    if (stage.kind != manifest::Kind::notify) lines.insert(lines.end(), more.begin(), more.end());
    const auto id = letter + std::to_string(index);
    nodes += drawing.node(id, lines, stage.kind);
    return id;
  };
  std::string last;
  const bool undoes = !pipeline.rollback.empty();
  for (std::size_t i = 0; i < pipeline.stages.size(); ++i) {
    const auto& stage = pipeline.stages[i];
    const auto id = add('s', i, stage);
    if (!last.empty()) edges += drawing.edge(last, id, "", false);
    if (undoes && stage.kind >= manifest::Kind::apply) edges += drawing.edge(id, "r0", "fails", true);
    last = id;
  }
  bool ensured = false;
  for (std::size_t i = 0; i < pipeline.rollback.size(); ++i) {
    const auto id = add('r', i, pipeline.rollback[i]);
    if (i > 0) edges += drawing.edge("r" + std::to_string(i - 1), id, "", true);
    if (pipeline.rollback[i].ensure && !std::exchange(ensured, true) && !last.empty()) edges += drawing.edge(last, id, "done", false);
  }
  for (std::size_t i = 0; i < pipeline.notify.size(); ++i) {
    const auto id = add('n', i, pipeline.notify[i]);
    if (!last.empty()) edges += drawing.edge(last, id, joined(pipeline.notify[i].on, ", "), true);
  }
  return drawing.begin + nodes + edges + drawing.end;
}

}  // namespace

int graph_command(const Options& options) {
  const auto checked = check_pipeline(options);
  if (!checked) {
    print_problems({checked.error()}, {}, options);
    return run::kExitUsage;
  }
  const auto& reading = checked->reading;
  print_problems(reading.errors, reading.warnings, options);
  if (!reading.errors.empty()) return run::kExitUsage;
  const auto& p = reading.pipeline;
  const auto text = options.format == "mermaid" ? drawn(p, mermaid()) : (options.format == "dot" ? drawn(p, dot()) : as_text(p));
  put(stdout, text, style_for(STDOUT_FILENO, options.color));
  return run::kExitOk;
}

}  // namespace tidegate::cli
