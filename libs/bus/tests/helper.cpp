// A process that tests kill.
//   bus_test_helper consume DRIVER URL TOPIC GROUP   prints the id of each event it is given; keeps "hold" for ever
//   bus_test_helper relay DRIVER URL DATABASE SCHEMA  relays one batch and dies before it is marked as sent
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "libs/bus/bus.h"
#include "libs/bus/outbox.h"

namespace {

using namespace kimberlite;

class DiesAfterPublishing final : public bus::Publisher {
 public:
  explicit DiesAfterPublishing(std::unique_ptr<bus::Publisher> publisher) : publisher_(std::move(publisher)) {}
  Result<void> Publish(std::span<const bus::Event> events) override {
    auto done = publisher_->Publish(events);
    if (!done) return done;
    kill(getpid(), SIGKILL);
    return {};
  }

 private:
  std::unique_ptr<bus::Publisher> publisher_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  const std::string mode = argv[1];
  auto bus = bus::Open({.driver = argv[2], .postgres_url = argv[3], .kafka_brokers = argv[3], .client_name = "helper"});
  if (!bus) return 2;
  if (mode == "relay") {
    bus::Relay relay({.postgres_url = argv[4], .schema = argv[5]},
                     std::make_unique<DiesAfterPublishing>((*bus)->NewPublisher()));
    pause();
  }
  auto consumer = (*bus)->Subscribe(
      bus::GroupSubscription{.group = argv[5],
                             .topics = {argv[4]},
                             .handler = [](const bus::Event& event, const bus::Position&) -> Result<void> {
                               std::printf("%s\n", event.id.c_str());
                               std::fflush(stdout);
                               if (event.payload == "hold") pause();
                               return {};
                             }});
  pause();
}
