// SPDX-License-Identifier: Apache-2.0
//
// From pipeline file to model. Two steps, since the plugin folders stand in the file itself: parse reads the file,
// check holds it against the stage types found. Pure but for reading variables through the seam; main thread.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "pipeline/model.hpp"

namespace tidegate::pipeline {

/// Gives the stage type for a `use`, and whether its plugin is bundled; null when no plugin offers it.
struct KnownType {
  const manifest::StageType* type = nullptr;
  std::string plugin_id;
  bool bundled = false;
};
struct Catalogue {
  std::function<KnownType(std::string_view use)> find;
  std::vector<std::string> names;    ///< all stage types, for the nearest name
  std::vector<std::string> plugins;  ///< the ids of all plugins found, usable or not
};

/// What a command line adds: `--set k=v` (a [with] value) and `--set stage.k=v` (one stage's).
struct Overrides {
  std::vector<std::pair<std::string, std::string>> set;
  std::string working_folder;
};

struct Reading {
  Pipeline pipeline;
  std::vector<base::Error> errors;    ///< all at once, each with its place, sorted by it
  std::vector<base::Error> warnings;
};

/// A pipeline file's text, and what messages and relative paths call it.
struct Source {
  std::string text;
  std::string file;
  bool bundled = false;
};
/// Reads what `extends` of `from` names: a bundled pipeline, or a path that starts at the folder of `from`. The same
/// file has to have the same name whoever asks for it.
using Opener = std::function<base::Result<Source>(const std::string& name, const Source& from)>;

/// Syntax, keys and values that need no manifest, of the file and of all that it extends; enough to know [plugins].
/// Without `open` nothing can be extended.
Reading parse(const Source& source, const std::string& working_folder, const Opener& open = {});

/// Kinds, order of kinds, settings, overlays, `when` keys, notify events, isolation, pins, allowed services. Adds to `reading`. Undefined
/// variables are warnings, or errors when `variables_required`.
void check(Reading& reading, const Catalogue& catalogue, const Overrides& overrides, const base::Environment& variables, bool variables_required);

/// The settings of a stage in an environment: [with] value, overlay, `${VAR}` expanded (except in secrets), checked,
/// defaults filled in. `environments`: the names an overlay may go by, most specific first.
base::Result<base::Value> settings_for(const Stage& stage, const manifest::StageType& type, const std::vector<std::string>& environments,
                                       const base::Environment& variables, const std::string& working_folder);

/// "${VAR}", "${VAR:-default}" with nesting, "$$" for a dollar. An undefined variable without default is an error of
/// class config that names it.
base::Result<std::string> expand(std::string_view text, const base::Environment& variables, const base::Place& where);

/// True when every condition holds: one of its entries matches. `lookup` gives a context value; a missing one makes its
/// condition false. environment.name also matches by its class (environment.class), and unknown as production; "!=x"
/// then wants that none of them is x. Two numbers are compared as numbers, anything else as text.
bool holds(const std::vector<Condition>& when, const std::function<std::optional<std::string>(std::string_view key)>& lookup);

/// Reads ".env" style text as the dotenv tools of Node do: NAME=value, three kinds of quotes (values in quotes may span
/// lines), `export`, comments. Later lines win. Outside single quotes `${NAME}`, `${NAME:-default}` and `$NAME` stand for
/// what `variables` gives, else the file itself; one that neither knows stays as written. `\$` is a dollar.
std::map<std::string, std::string> parse_dotenv(std::string_view text, const base::Environment& variables = {});

}  // namespace tidegate::pipeline
