#include "weir/upstream/instance_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>

#include "weir/json/parser.hpp"
#include "weir/json/writer.hpp"

namespace weir::upstream {

std::string to_json(const known_instances& all) {
  std::string text;
  json::writer out(text);
  out.begin_object().key("version").integer(1).key("services").begin_object();
  for (const auto& [name, instances] : all) {
    out.key(name).begin_array();
    for (const instance_spec& i : instances) {
      out.begin_object();
      out.key("host").string(i.host).key("port").unsigned_integer(i.port);
      out.key("authority").string(i.authority).key("weight").unsigned_integer(i.weight);
      out.end_object();
    }
    out.end_array();
  }
  out.end_object().end_object();
  return text + "\n";
}

result<known_instances, std::string> read_known_instances(std::string_view text) {
  json::parser parser;
  arena memory;
  const auto parsed = parser.parse(text, memory, {.depth = 16});
  if (!parsed) return failure(std::string(parsed.error().reason));
  if (parsed->find("version").as_uint64() != 1) return failure(std::string("not of this version"));
  known_instances out;
  for (const json::member& service : parsed->find("services").members()) {
    const std::string name(service.name.as_string(memory).value_or(""));
    for (const json::value i : service.value.elements()) {
      const auto host = i.find("host").as_string(memory);
      const auto port = i.find("port").as_uint64();
      const auto authority = i.find("authority").as_string(memory);
      const auto weight = i.find("weight").as_uint64();
      if (!host || host->empty() || !port || *port == 0 || *port > 65535 || !authority || !weight ||
          *weight == 0 || *weight > 65535) {
        return failure("an instance of `" + name + "` is incomplete");
      }
      out[name].push_back({.host = std::string(*host),
                           .port = static_cast<std::uint16_t>(*port),
                           .authority = std::string(*authority),
                           .weight = static_cast<std::uint32_t>(*weight)});
    }
  }
  return out;
}

result<void, std::string> write_file(const std::string& path, std::string_view text) {
  const std::string fresh = path + ".new";
  const auto failed = [&](int error) {
    ::unlink(fresh.c_str());
    return failure(path + ": " + std::strerror(error));
  };
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  if (fd < 0) return failure(path + ": " + std::strerror(errno));
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const int error = errno;
      ::close(fd);
      return failed(error);
    }
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  if (::close(fd) != 0) return failed(errno);
  if (std::rename(fresh.c_str(), path.c_str()) != 0) return failed(errno);
  return {};
}

result<std::string, std::string> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return failure(path + ": " + std::strerror(errno));
  return std::string(std::istreambuf_iterator<char>(in), {});
}

}  // namespace weir::upstream
