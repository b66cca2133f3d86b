// SPDX-License-Identifier: Apache-2.0
//
// What the fakes of testing.hpp have in common: a setting tree, and answers that are used up in the order in which
// they were written down. Owned by one FakeHost; its thread.
#pragma once
#include <charconv>
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../services.hpp"

namespace tidegate::sdk::testing {

/// One node of the settings: a value, the elements of a list, or the members of a table.
class SettingNode {
 public:
  /// The node at "assert.0.sql". A number as a step makes a list of the node above, anything else a table.
  SettingNode& make(std::string_view path) {
    SettingNode* node = this;
    while (!path.empty()) {
      const auto dot = path.find('.');
      const auto step = path.substr(0, dot);
      path = dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1);
      node->value_.type = step.find_first_not_of("0123456789") == std::string_view::npos ? TG_ARRAY : TG_TABLE;
      SettingNode* next = node->child(step);
      if (next == nullptr) next = &node->children_.emplace_back(std::string(step), SettingNode{}).second;
      node->value_.count = static_cast<std::uint32_t>(node->children_.size());
      node = next;
    }
    return *node;
  }
  [[nodiscard]] const SettingNode* find(std::string_view path) const {
    const SettingNode* node = this;
    while (node != nullptr && !path.empty()) {
      const auto dot = path.find('.');
      node = node->child(path.substr(0, dot));
      path = dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1);
    }
    return node;
  }
  void assign(bool v) { value_ = tg_value{TG_BOOL, 0, v ? 1 : 0, 0, {}}; }
  void assign(std::int64_t v) { value_ = tg_value{TG_INT, 0, v, 0, {}}; }
  void assign(double v) { value_ = tg_value{TG_REAL, 0, 0, v, {}}; }
  void assign(std::string v) {
    text_ = std::move(v);
    value_ = tg_value{TG_TEXT, 0, 0, 0, {}};
  }
  void assign(const std::vector<std::string>& list) {
    children_.clear();
    value_ = tg_value{TG_ARRAY, 0, 0, 0, {}};
    for (std::size_t i = 0; i < list.size(); ++i) make(std::to_string(i)).assign(list[i]);
  }
  void hide() { secret_ = true; }
  [[nodiscard]] bool secret() const { return secret_; }
  [[nodiscard]] tg_value value() const {
    tg_value out = value_;
    if (out.type == TG_TEXT) out.s = to_abi(text_);
    return out;
  }
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] const std::string* key_at(std::uint32_t index) const {
    return value_.type == TG_TABLE && index < children_.size() ? &children_[index].first : nullptr;
  }

 private:
  [[nodiscard]] const SettingNode* child(std::string_view step) const {
    for (const auto& [name, node] : children_)
      if (name == step) return &node;
    return nullptr;
  }
  SettingNode* child(std::string_view step) { return const_cast<SettingNode*>(std::as_const(*this).child(step)); }
  tg_value value_{};
  std::string text_;
  bool secret_ = false;
  std::deque<std::pair<std::string, SettingNode>> children_;  // a deque: text that was lent out stays where it is
};

/// Answers to questions, in the order written. Each is for questions that contain its text (the empty text: all), and
/// for any number of them unless times() limits it; then the next one that fits has its turn.
template <class Answer>
class Script {
 public:
  Answer& on(std::string contains) {
    answers_.emplace_back();
    answers_.back().contains_ = std::move(contains);
    return answers_.back();
  }
  /// The answer to a question, or null when nothing was said about it.
  Answer* answer(std::string_view question) {
    for (auto& a : answers_) {
      if (a.left_ == 0 || question.find(a.contains_) == std::string_view::npos) continue;
      --a.left_;
      return &a;
    }
    return nullptr;
  }

 private:
  std::deque<Answer> answers_;  // a deque: references that on() gave out stay valid
};

/// What each kind of answer has: the text it is for and how often it may be used.
template <class Derived>
class Answer {
 public:
  Derived& times(unsigned n) {
    left_ = n;
    return static_cast<Derived&>(*this);
  }
  Derived& once() { return times(1); }

 private:
  friend class Script<Derived>;
  std::string contains_;
  unsigned left_ = std::numeric_limits<unsigned>::max();
};

/// Hands an error to the report of a call that fails; returns its status.
inline tg_status report_to(tg_report* report, const Error& error) {
  if (report != nullptr) {
    const tg_error raw{sizeof(tg_error),
                       static_cast<std::int32_t>(error.code),
                       to_abi(error.message),
                       to_abi(error.hint),
                       to_abi(error.file),
                       error.line,
                       error.column,
                       to_abi(error.sqlstate),
                       to_abi(error.detail),
                       to_abi(error.relation),
                       to_abi(error.constraint)};
    report->error(report, &raw);
  }
  return static_cast<tg_status>(error.code);
}

}  // namespace tidegate::sdk::testing
