// SPDX-License-Identifier: Apache-2.0
//
// Programs as C++: run_program() hands a program to the host's service tidegate.process/1 and gives its output line by
// line. Stateless; any thread of the stage.
#pragma once
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "services.hpp"

namespace tidegate::sdk {

struct Program {
  std::vector<std::string> argv;
  std::vector<std::pair<std::string, std::string>> env;  ///< the whole environment; of a name that comes twice the last
  std::string folder;                                    ///< empty: the host's
  std::string input;                                     ///< on standard input
  std::string connection;                                ///< "main": the host puts it into the environment; empty: none
  std::string connection_env;                            ///< the variable that gets its URL; empty: libpq's own, PGHOST and so on
};

/// Cuts output into lines. One that is longer than kLongest is left out and its length told instead: a piece of it might
/// be a piece of a secret, which nobody would recognise.
class Lines {
 public:
  using OnLine = std::function<void(std::string_view)>;
  static constexpr std::size_t kLongest = 64UL * 1024UL;

  explicit Lines(const OnLine& on_line) : on_line_(on_line) {}
  void take(std::string_view piece) {
    for (auto end = piece.find('\n'); end != std::string_view::npos; end = piece.find('\n')) {
      add(piece.substr(0, end));
      tell();
      piece.remove_prefix(end + 1);
    }
    add(piece);
  }
  /// The end of the output: the last line may have no newline.
  void end() {
    if (length_ != 0) tell();
  }

 private:
  void add(std::string_view piece) {
    length_ += piece.size();
    if (length_ <= kLongest) line_ += piece;
  }
  void tell() {
    if (length_ > kLongest) line_ = "(a line of " + std::to_string(length_) + " bytes is left out)";
    if (line_.ends_with('\r')) line_.pop_back();
    if (on_line_) on_line_(line_);
    line_.clear();
    length_ = 0;
  }
  const OnLine& on_line_;
  std::string line_;
  std::size_t length_ = 0;
};

/// What a program needs of this process's environment to work at all, and nothing that might be a secret.
inline std::vector<std::pair<std::string, std::string>> basic_environment() {
  std::vector<std::pair<std::string, std::string>> out;
  for (const char* name : {"PATH", "HOME", "TMPDIR", "LANG"})
    if (const char* value = std::getenv(name)) out.emplace_back(name, value);
  return out;
}

/// A command as a person would type it, for messages.
inline std::string shown(const std::vector<std::string>& argv) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=@%+,";
  std::string out;
  for (const auto& word : argv) {
    if (!out.empty()) out += ' ';
    if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) {
      out += word;
      continue;
    }
    out += '\'';
    for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    out += '\'';
  }
  return out;
}

/// The program that the usual settings describe: argv, pass_env (names of variables of this process that it gets too),
/// pass_connection, connection_env.
inline Program program_in_settings(const Host& host) {
  Program out;
  out.argv = host.texts("argv");
  out.env = basic_environment();
  for (const auto& name : host.texts("pass_env"))
    if (const char* value = std::getenv(name.c_str())) out.env.emplace_back(name, value);
  if (host.flag("pass_connection")) {
    out.connection = "main";
    out.connection_env = host.text("connection_env", "DATABASE_URL");
  }
  return out;
}

/// Whether the setting exit_codes has it.
inline bool is_expected(const Host& host, std::int32_t exit_code) {
  for (std::uint32_t i = 0, n = host.count("exit_codes"); i < n; ++i)
    if (host.integer("exit_codes." + std::to_string(i), -1) == exit_code) return true;
  return false;
}

/// The exit code, or 128 and the number of the signal that ended it. An error: it could not be started, or was ended by
/// the deadline or an interruption.
inline Result<std::int32_t> run_program(const Host& host, const Program& program, const Lines::OnLine& on_out,
                                        const Lines::OnLine& on_err) {
  const auto* table = host.table<tg_process_v1>(TG_PROCESS);
  if (table == nullptr) return Error{Status::unsupported, "the service " TG_PROCESS " is not granted to this stage"};
  if (!program.connection.empty() && host.raw()->abi_minor < 2)
    return Error{Status::unsupported, "this host cannot pass a connection to a program", "use a newer tidegate"};
  std::map<std::string, std::string> last;
  for (const auto& [name, value] : program.env) last[name] = value;
  std::vector<std::string> texts;
  for (const auto& [name, value] : last) texts.push_back(name + "=" + value);
  std::vector<tg_str> argv;
  std::vector<tg_str> env;
  for (const auto& word : program.argv) argv.push_back(to_abi(word));
  for (const auto& text : texts) env.push_back(to_abi(text));
  const tg_process_spec spec{sizeof(tg_process_spec),
                             static_cast<std::uint32_t>(argv.size()),
                             static_cast<std::uint32_t>(env.size()),
                             0,
                             argv.data(),
                             env.data(),
                             to_abi(program.folder),
                             to_abi(program.input),
                             to_abi(program.connection),
                             to_abi(program.connection_env)};
  struct Streams {
    Lines out, err;
  } streams{Lines(on_out), Lines(on_err)};
  std::int32_t exit_code = -1;
  ErrorCollector report;
  const tg_status status = table->run(
      host.raw(), &spec, &exit_code, &streams, [](void* user, tg_str piece) { static_cast<Streams*>(user)->out.take(view(piece)); },
      [](void* user, tg_str piece) { static_cast<Streams*>(user)->err.take(view(piece)); }, &report);
  streams.out.end();
  streams.err.end();
  if (status != TG_OK) return report.take(status, "running " + (program.argv.empty() ? std::string("a program") : program.argv.front()));
  return exit_code;
}

}  // namespace tidegate::sdk
