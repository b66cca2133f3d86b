// SPDX-License-Identifier: Apache-2.0
// Rows about plugins: a stage that does nothing, and checking a pipeline against many plugins.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "bench/rows.hpp"

namespace tidegate::bench {
namespace {

std::string three_digits(int number) {
  const auto text = std::to_string(number);
  return std::string(3 - std::min<std::size_t>(3, text.size()), '0') + text;
}

/// The fixture plugin under another id and stage type of the same length: its manifest lies as text in the file.
void copy_renamed(const std::string& from, const std::string& to, int number) {
  std::ifstream in(from, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  std::size_t found = 0;
  for (auto at = bytes.find("nothing000"); at != std::string::npos; at = bytes.find("nothing000", at + 1), ++found) {
    bytes.replace(at + 7, 3, three_digits(number));
  }
  if (found < 2) fail(from + " is not the fixture plugin");
  std::ofstream(to, std::ios::binary) << bytes;
}

/// A pipeline of `stages` stages over `plugins` plugins, in a folder of its own.
std::string pipeline_with(Bench& bench, const std::string& name, int plugins, int stages, const std::string& where = "in-process") {
  const std::string folder = bench.folder + "/" + name;
  std::filesystem::create_directories(folder + "/plugins");
  std::string text = "version = 1\nname = \"" + name + "\"\n[plugins]\ndirs = [\"plugins\"]\n[plugins.isolation]\n";
  for (int i = 0; i < plugins; ++i) {
    const std::string id = three_digits(i);
    copy_renamed(TIDEGATE_BENCH_PLUGIN, folder + "/plugins/nothing" + id + ".tidegate.so", i);
    text += "\"org.example.nothing" + id + "\" = \"" + where + "\"\n";
  }
  for (int i = 0; i < stages; ++i) {
    text += "[[stage]]\nid = \"s" + std::to_string(i) + "\"\nuse = \"nothing" + three_digits(i % plugins) + "\"\n";
  }
  bench.write(folder + "/tidegate.toml", text);
  return folder + "/tidegate.toml";
}

}  // namespace

void bench_stage(Bench& bench) {
  constexpr int kStages = 500;
  const auto command = [&](const std::string& name, int stages) {
    return Command{
        name, {bench.host, "run", pipeline_with(bench, "stages" + std::to_string(stages), 1, stages), "--json"}, {}, bench.folder};
  };
  const auto rows = interleave(bench.rounds_or(30), {command("1 stage that does nothing", 1), command("501 of them", 1 + kStages)});
  print("host cost of a stage", rows);
  std::printf("  per stage: %.1f us wall, %.1f us CPU\n", (rows[1].wall_ms - rows[0].wall_ms) * 1e3 / kStages,
              (rows[1].cpu_ms - rows[0].cpu_ms) * 1e3 / kStages);
}

/// To hold: a stage in a worker costs no more than three starts of an empty C++ program.
void bench_worker(Bench& bench) {
  constexpr int kStages = 20;
  const auto command = [&](int stages) {
    return Command{std::to_string(stages) + " in workers",
                   {bench.host, "run", pipeline_with(bench, "workers" + std::to_string(stages), 1, stages, "worker"), "--json"},
                   {},
                   bench.folder};
  };
  const auto rows = interleave(bench.rounds_or(30), {command(1), command(1 + kStages), Command{"an empty C++ program", {TIDEGATE_BENCH_EMPTY}, {}, bench.folder}});
  print("a stage in a worker: start, validate, run, end", rows);
  const double each = (rows[1].wall_ms - rows[0].wall_ms) / kStages;
  std::printf("  per stage: %.2f ms wall, %.2f x an empty program\n", each, each / rows[2].wall_ms);
}

void bench_manifests(Bench& bench) {
  const auto command = [&](int plugins) {
    return Command{std::to_string(plugins) + " plugins and stages",
                   {bench.host, "validate", pipeline_with(bench, "plugins" + std::to_string(plugins), plugins, plugins)},
                   {},
                   bench.folder};
  };
  const auto rows = interleave(bench.rounds_or(50), {command(1), command(20), command(200)});
  print("reading manifests and checking a pipeline (tidegate validate)", rows);
  const auto each = [&](std::size_t row, int more) { return (rows[row].wall_ms - rows[0].wall_ms) * 1e3 / more; };
  std::printf("  20 plugins over 1: %.2f ms; per plugin: %.0f us of 20, %.0f us of 200\n", rows[1].wall_ms - rows[0].wall_ms, each(1, 19),
              each(2, 199));
}

}  // namespace tidegate::bench
