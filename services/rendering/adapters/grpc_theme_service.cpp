#include "services/rendering/adapters/grpc_theme_service.h"

#include "kimberlite/rendering/v1/rendering_service.pb.h"

namespace kimberlite::rendering {
namespace {

void SetTime(Time time, google::protobuf::Timestamp& timestamp) {
  const auto micros = time.time_since_epoch().count();
  timestamp.set_seconds(micros / 1'000'000);
  timestamp.set_nanos(static_cast<std::int32_t>(micros % 1'000'000) * 1000);
}

v1::ThemeStatus StatusOf(const ThemeKeeper& themes) {
  const ThemeKeeper::Status status = themes.GetStatus();
  v1::ThemeStatus message;
  message.set_name(status.theme->name());
  message.set_version(status.theme->version());
  SetTime(status.loaded_time, *message.mutable_loaded_time());
  if (!status.refusal.why.empty()) {
    message.set_refusal(status.refusal.why);
    SetTime(status.refusal.time, *message.mutable_refused_time());
  }
  return message;
}

}  // namespace

void RegisterThemeService(rpc::Server& server, ThemeKeeper& themes) {
  server.Handle<v1::GetThemeRequest, v1::GetThemeResponse>(
      [&](const rpc::Call&, const v1::GetThemeRequest&) -> Result<v1::GetThemeResponse> {
        v1::GetThemeResponse response;
        *response.mutable_theme() = StatusOf(themes);
        return response;
      });
  server.Handle<v1::ReloadThemeRequest, v1::ReloadThemeResponse>(
      [&](const rpc::Call&, const v1::ReloadThemeRequest&) -> Result<v1::ReloadThemeResponse> {
        KIMBERLITE_ASSIGN_OR_RETURN(const bool changed, themes.Reload());
        v1::ReloadThemeResponse response;
        response.set_changed(changed);
        *response.mutable_theme() = StatusOf(themes);
        return response;
      });
}

}  // namespace kimberlite::rendering
