// Several instances: where they come from, how their health is judged.

#include "tables.hpp"

namespace weir::gateway::config {
namespace {

bool read_instance_alone(reader& r, const node& from, instance_document& into) {
  into.url.given = true;
  into.url.where = from.where;
  into.url.value = types::service_url().read(r, from);
  return into.url.value.has_value();
}

const table<instance_document>& instance_table() {
  static const table<instance_document> t = [] {
    table<instance_document> made(
        "instance", "One of several instances.",
        {
            required(key<&instance_document::url>("url", types::service_url(), "Where it is.")),
            key<&instance_document::weight>(
                "weight", types::at_least_one(),
                "Its share of the calls beside the others'; 65535 at most.", "1"),
        });
    made.with_shorthand("url", read_instance_alone);
    return made;
  }();
  return t;
}

bool read_name_alone(reader& r, const node& from, consul_service_document& into) {
  into.service.given = true;
  into.service.where = from.where;
  into.service.value = types::text().read(r, from);
  return into.service.value.has_value();
}

bool read_path_alone(reader& r, const node& from, health_document& into) {
  into.path.given = true;
  into.path.where = from.where;
  into.path.value = types::head_word().read(r, from);
  return into.path.value.has_value();
}

const table<health_document>& health_table() {
  static const table<health_document> t = [] {
    table<health_document> made(
        "health", "Requests that find out which instances are fit for use, once for the process.",
        {
            required(key<&health_document::path>("path", types::head_word(), "What is asked for.")),
            key<&health_document::every>("every", types::positive_duration(),
                                         "Between two checks of an instance.", "5s"),
            key<&health_document::jitter>("jitter", types::percent(),
                                          "Each interval is drawn from so much below to so much "
                                          "above.",
                                          "20%"),
            key<&health_document::timeout>("timeout", types::positive_duration(),
                                           "How long a check may take.", "1s"),
            key<&health_document::rise>("rise", types::at_least_one(),
                                        "Checks in a row that pass make an instance fit again; one "
                                        "that was ejected comes back with them, too.",
                                        "2"),
            key<&health_document::fall>("fall", types::at_least_one(),
                                        "Checks in a row that fail make it unfit. The very first "
                                        "check counts at once.",
                                        "3"),
            key<&health_document::status>("status", types::statuses(), "Statuses that pass.",
                                          "200…299"),
        });
    made.with_shorthand("path", read_path_alone);
    return made;
  }();
  return t;
}

const table<ejection_document>& ejection_table() {
  static const table<ejection_document> t(
      "ejection",
      "When an instance is left alone because calls to it fail. What is a failure is said by "
      "`failures`. When its time is over, one call at a time finds out whether it is well.",
      {
          key<&ejection_document::in_a_row>("in_a_row", types::at_least_one(),
                                            "Failures without a success between them.", "5"),
          key<&ejection_document::worse_by>("worse_by", types::percent(),
                                            "Its share of successes is so much below that of the "
                                            "others together.",
                                            "30%"),
          key<&ejection_document::every>("every", types::positive_duration(),
                                         "How often these shares are compared.", "10s"),
          key<&ejection_document::min_calls>(
              "min_calls", types::at_least_one(),
              "Calls in that time without which an instance is not compared.", "20"),
          key<&ejection_document::for_>("for", types::durations(),
                                        "How long; a range is doubled from its first to its second "
                                        "with every time in succession.",
                                        "5s..5m"),
          key<&ejection_document::at_most>("at_most", types::percent(),
                                           "The share of the instances that are ejected at a time.",
                                           "50%"),
      });
  return t;
}

bool read_consul_url_alone(reader& r, const node& from, consul_document& into) {
  into.url.given = true;
  into.url.where = from.where;
  into.url.value = types::service_url().read(r, from);
  return into.url.value.has_value();
}

const table<consul_document>& consul_table() {
  static const table<consul_document> t = [] {
    table<consul_document> made(
        "discovery consul", "How Consul is reached; its URL alone is the short form.",
        {
            required(key<&consul_document::url>(
                "url", types::service_url(), "Where the agent is, like `http://127.0.0.1:8500`.")),
            key<&consul_document::token>("token", types::field_text(),
                                         "The token that is sent along.", "none"),
            key<&consul_document::token_file>("token_file", types::file_name(),
                                              "The same, read from a file when the configuration "
                                              "is."),
            key<&consul_document::datacenter>("datacenter", types::text(),
                                              "Asked for where the service names none.",
                                              "the agent's"),
            key<&consul_document::tls>("tls", tls_table(), "For `https://`: whom to trust."),
            key<&consul_document::wait>("wait", types::positive_duration(),
                                        "How long a query waits for a change.", "60s"),
            key<&consul_document::empty_grace>(
                "empty_grace", types::any_duration(),
                "So long an empty list is taken for a mistake: the last known instances serve on.",
                "30s"),
            key<&consul_document::debounce>("debounce", types::any_duration(),
                                            "Changes this close together are taken as one.",
                                            "100ms"),
        });
    made.with_shorthand("url", read_consul_url_alone);
    return made;
  }();
  return t;
}

}  // namespace

const type<std::vector<instance_document>>& instances() {
  static const list_of<instance_document> t(instance_table());
  return t;
}

const type<switchable<health_document>>& health_or_off() {
  // A path alone is a short form, so `off` is told from it by hand.
  class path_or_off final : public type<switchable<health_document>> {
   public:
    std::optional<switchable<health_document>> read(reader& r, const node& from) const override {
      if (from.is_scalar() && from.text == "off") return switchable<health_document>{};
      auto on = health_table().read(r, from);
      if (!on) return std::nullopt;
      return switchable<health_document>{std::move(on)};
    }
    std::string word() const override { return "path, health, or `off`"; }
    void schema(schema_writer& to) const override { schema_off_or(to, health_table()); }
  };
  static const path_or_off t;
  return t;
}

const type<switchable<ejection_document>>& ejection_or_off() {
  static const off_or<ejection_document> t(ejection_table());
  return t;
}

const table<consul_service_document>& consul_service_table() {
  static const table<consul_service_document> t = [] {
    table<consul_service_document> made(
        "consul",
        "Which instances Consul is asked for; the service's name alone is the short form.",
        {
            required(key<&consul_service_document::service>("service", types::text(),
                                                            "Its name in Consul.")),
            key<&consul_service_document::tags>("tags", types::words(),
                                                "Only instances that bear all of these.", "[]"),
            key<&consul_service_document::datacenter>(
                "datacenter", types::text(), "The datacenter to look in.", "that of `discovery`"),
            key<&consul_service_document::tls>("tls", types::boolean(),
                                               "Whether the instances speak TLS.", "false"),
            key<&consul_service_document::path>("path", types::head_word(),
                                                "What the paths of its calls begin with.", ""),
        });
    made.with_shorthand("service", read_name_alone);
    return made;
  }();
  return t;
}

namespace {

bool read_own_name_alone(reader& r, const node& from, register_document& into) {
  into.service.given = true;
  into.service.where = from.where;
  into.service.value = types::text().read(r, from);
  return into.service.value.has_value();
}

const table<register_document>& register_table() {
  static const table<register_document> t = [] {
    table<register_document> made(
        "register",
        "This gateway as Consul is told of it: registered at the start and again now and then, "
        "taken out on SIGTERM before it drains. The service's name alone is the short form.",
        {
            required(key<&register_document::service>("service", types::text(),
                                                      "What it is called in Consul.")),
            key<&register_document::id>("id", types::text(),
                                        "Which of several it is; the same after a restart.",
                                        "name, address and port"),
            key<&register_document::address>("address", types::text(), "Where it is reached.",
                                             "that of `listen`"),
            key<&register_document::port>("port", types::at_least_one(), "The port there.",
                                          "that of `listen`"),
            key<&register_document::tags>("tags", types::words(), "Tags that it bears.", "[]"),
            key<&register_document::check>(
                "check", types::text(),
                "A path that Consul asks for there; or `ttl`: the gateway says itself that it "
                "lives.",
                "ttl"),
            key<&register_document::every>("every", types::positive_duration(),
                                           "Consul's interval, or the time that a TTL lives.",
                                           "5s"),
        });
    made.with_shorthand("service", read_own_name_alone);
    return made;
  }();
  return t;
}

}  // namespace

const table<discovery_document>& discovery_table() {
  static const table<discovery_document> t(
      "discovery", "Where instances are looked up.",
      {
          key<&discovery_document::consul>("consul", consul_table(), "How Consul is reached."),
          key<&discovery_document::register_>("register", register_table(),
                                              "Tell Consul of this gateway.", "not told"),
          key<&discovery_document::dns_servers>(
              "dns_servers", types::words(),
              "Asked for the names of `dns` and `srv`: addresses like `127.0.0.1:8600`.",
              "those of the system"),
          key<&discovery_document::snapshot>(
              "snapshot", types::file_name(),
              "The last known instances are kept in this file, so that a start without Consul or "
              "DNS begins with them.",
              "none"),
      });
  return t;
}

}  // namespace weir::gateway::config
