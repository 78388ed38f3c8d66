#include "libs/bus/bus.h"
#include "libs/bus/kafka_bus.h"
#include "libs/bus/postgres_bus.h"
#include "libs/pg/pg.h"

namespace kimberlite::bus {

std::span<const pg::Migration> Migrations();  // made from migrations/

namespace {

Result<void> Check(const Options& options) {
  if (options.driver != "postgres" && options.driver != "kafka") {
    return Fail(Code::kInvalidArgument, "bus driver \"" + options.driver + "\" is unknown: postgres or kafka");
  }
  if (options.driver == "postgres" && options.postgres_url.empty()) {
    return Fail(Code::kInvalidArgument, "the postgres bus needs the database's URL");
  }
  if (options.driver == "kafka" && options.kafka_brokers.empty()) {
    return Fail(Code::kInvalidArgument, "the kafka bus needs the brokers' addresses");
  }
  if (options.partitions < 1 || options.partitions > 1000) {
    return Fail(Code::kInvalidArgument, "a topic has 1 to 1000 partitions");
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Bus>> Open(const Options& options) {
  KIMBERLITE_RETURN_IF_ERROR(Check(options));
  return options.driver == "kafka" ? NewKafkaBus(options) : NewPostgresBus(options);
}

Result<void> Migrate(const Options& options) {
  KIMBERLITE_RETURN_IF_ERROR(Check(options));
  if (options.driver == "kafka") return {};
  KIMBERLITE_RETURN_IF_ERROR(pg::Migrate(options.postgres_url, "bus", Migrations()));
  return {};
}

}  // namespace kimberlite::bus
