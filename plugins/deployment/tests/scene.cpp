// SPDX-License-Identifier: Apache-2.0
#include "scene.hpp"

namespace tidegate::deployment::test {

sdk::Result<Verdict> Scene::run(bool dry) {
  struct Sink : tg_report {
    explicit Sink(std::string& to)
        : tg_report{sizeof(tg_report), 0, [](tg_report*, const tg_error*) {},
                    [](tg_report* self, const tg_finding* f) {
                      static_cast<Sink*>(self)->out += std::string(sdk::view(f->rule)) + ": " + std::string(sdk::view(f->message)) + "\n" +
                                                       std::string(sdk::view(f->fix));
                    }},
          out(to) {}
    std::string& out;
  } sink(findings);
  auto stage = make(sdk::Host(&host), type_);
  if (!stage) return stage.error();
  sdk::Report report(&sink);
  return (*stage)->run(sdk::Run{dry, false, "run", type_, "rollback", 1}, report);
}

sdk::Error Scene::failure() {
  const auto done = run();
  return done ? sdk::Error{Status::ok, ""} : done.error();
}

std::vector<std::string> Scene::asked() const {
  std::vector<std::string> out;
  for (const auto& r : host.requests()) out.push_back(r.method + " " + r.url);
  return out;
}

std::size_t Scene::posts() const {
  std::size_t out = 0;
  for (const auto& r : host.requests()) out += r.method == "POST" ? 1U : 0U;
  return out;
}

void Scene::refusals_of(const std::string& first) {
  struct Case {
    int code;
    std::string body;
    Status status;
    const char* words;
    std::size_t tries;
  };
  const Case cases[] = {{401, R"({"message":"bad key"})", Status::denied, "does not accept the token (HTTP status 401): bad key", 1},
                        {403, "", Status::denied, "may not do this", 1},
                        {404, "<html>", Status::not_found, "knows no such", 1},
                        {429, "", Status::unavailable, "asked too often", 3},
                        {500, "", Status::unavailable, "failed at it", 3},
                        {200, "<html>sign in</html>", Status::failed, "is not it", 1},
                        {200, "7", Status::failed, "is not it", 1},
                        {200, "[7]", Status::failed, "is not it", 1},
                        {200, "{}", Status::failed, "is not it", 1}};
  for (const auto& one : cases) {
    const auto before = host.requests().size();
    host.on_http(first).answers(one.code, one.body).times(static_cast<unsigned>(one.tries));
    const auto e = failure();
    EXPECT_EQ(e.code, one.status) << one.code << one.body << ": " << e.message;
    EXPECT_TRUE(says(e.message, one.words)) << one.code << one.body << ": " << e.message;
    EXPECT_FALSE(e.hint.empty()) << one.code;
    EXPECT_FALSE(says(e.message + e.hint + host.log_text(), kToken)) << e.message;
    EXPECT_EQ(host.requests().size() - before, one.tries) << one.code << one.body;
    EXPECT_EQ(host.requests().back().headers.front(), std::string("Authorization: Bearer ") + kToken);
  }
  host.on_http(first).answers(429).asks_to_wait(7000).once();
  host.on_http(first).fails(Status::deadline, "no answer in time");
  const auto waits = host.waits().size();
  const auto e = failure();
  ASSERT_GT(host.waits().size(), waits);
  EXPECT_EQ(host.waits()[waits], 7000);
  EXPECT_EQ(e.code, Status::deadline);
  EXPECT_TRUE(says(e.message, "could not be asked: no answer in time")) << e.message;
  EXPECT_EQ(posts(), 0U);
}

}  // namespace tidegate::deployment::test
