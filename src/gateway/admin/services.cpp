#include "weir/gateway/admin/admin.hpp"
#include "weir/json/writer.hpp"

namespace weir::gateway {
namespace {

std::int64_t ms(duration d) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}

void text_or_null(json::writer& out, std::string_view text) {
  text.empty() ? out.null() : out.string(text);
}

std::string_view name_of(upstream::discovery_kind how) {
  switch (how) {
    case upstream::discovery_kind::fixed:
      return "list";
    case upstream::discovery_kind::dns:
      return "dns";
    case upstream::discovery_kind::srv:
      return "srv";
    case upstream::discovery_kind::consul:
      return "consul";
  }
  return "";
}

void write_check(json::writer& out, const upstream::instance_view& i) {
  out.key("check");
  if (i.checked == upstream::check_state::unchecked) {
    out.null();
    return;
  }
  out.begin_object();
  out.key("passing").boolean(i.checked == upstream::check_state::passing);
  out.key("detail").string(i.check_detail);
  out.key("age_ms").integer(ms(i.check_age));
  out.end_object();
}

void write_instance(json::writer& out, const upstream::instance_view& i, time_point now) {
  out.begin_object();
  out.key("address").string(i.key);
  out.key("weight").unsigned_integer(i.weight);
  out.key("state").string(i.state);
  write_check(out, i);
  out.key("ejected_for");
  text_or_null(out, i.ejected_for);
  out.key("ejected_left_ms").integer(ms(i.ejected_left));
  out.key("ejections").unsigned_integer(i.ejections);
  if (const auto& circuit = i.who->circuit()) {
    out.key("circuit").string(to_string(circuit->state(now)));
  }
  out.key("succeeded").unsigned_integer(i.succeeded);
  out.key("failed").unsigned_integer(i.failed);
  out.key("age_ms").integer(ms(i.age));
  out.end_object();
}

}  // namespace

std::string services_json(const plan& p, time_point now) {
  std::string body;
  json::writer out(body);
  out.begin_object().key("services").begin_array();
  for (const auto& s : p.services) {
    const upstream::service_settings& settings = s->settings();
    out.begin_object();
    out.key("name").string(s->name());
    if (!s->instances()) {
      out.key("url").string((settings.tls ? "https://" : "http://") + settings.authority +
                            settings.base_path);
      out.end_object();
      continue;
    }
    s->instances()->settle(now);
    const auto snapshot = s->instances()->current();
    const upstream::source_view source = s->instances()->source();
    out.key("discovery").begin_object();
    out.key("by").string(name_of(settings.discovery->how));
    out.key("known").boolean(snapshot->known);
    out.key("from_snapshot").boolean(source.from_snapshot);
    out.key("age_ms");
    source.heard ? out.integer(ms(now - *source.heard)) : out.null();
    out.key("trouble");
    text_or_null(out, source.trouble);
    out.end_object();
    out.key("balance").string(upstream::to_string(settings.instances.how));
    out.key("panic").boolean(snapshot->panic);
    out.key("instances").begin_array();
    for (const upstream::instance_view& i : s->instances()->look(now)) write_instance(out, i, now);
    out.end_array().end_object();
  }
  out.end_array().end_object();
  return body;
}

}  // namespace weir::gateway
