#include "stub/answers.hpp"

namespace bench {
namespace {

constexpr int products_known = 100;
constexpr int users_known = 3;
constexpr std::size_t plain_bytes = 256;

std::string message(std::string_view status, std::string_view type, std::string_view body) {
  std::string text = "HTTP/1.1 ";
  text.append(status).append("\r\nContent-Type: ").append(type);
  text.append("\r\nContent-Length: ").append(std::to_string(body.size()));
  text.append("\r\n\r\n").append(body);
  return text;
}

std::string product_list(int count) {
  std::string body = "[";
  for (int id = 1; id <= count; ++id) {
    if (id > 1) body += ',';
    const std::string number = std::to_string(id);
    body.append("{\"product_id\":").append(number);
    body.append(",\"product_name\":\"Product number ").append(number).append("\"}");
  }
  return body + ']';
}

std::string ids(int first, int count) {
  std::string body = "[";
  for (int i = 0; i < count; ++i) {
    if (i > 0) body += ',';
    body.append("{\"product_id\":").append(std::to_string(first + i)).append("}");
  }
  return body + ']';
}

}  // namespace

answers::answers() : not_found_(message("404 Not Found", "text/plain", "not found\n")) {
  constexpr std::string_view json = "application/json";
  add("/plain", "text/plain", std::string(plain_bytes - 1, 'w') + '\n');
  for (const int count : {3, products_known}) {
    add("/products?n=" + std::to_string(count), json, product_list(count));
  }
  for (int id = 1; id <= products_known; ++id) {
    const std::string stock = std::to_string(id * 37 % 101);
    add("/products/" + std::to_string(id) + "/inventory", json, "{\"inventory\":" + stock + "}");
  }
  for (int user = 1; user <= users_known; ++user) {
    const std::string base = "/users/" + std::to_string(user);
    add(base + "/cart", json, ids(1, user));
    add(base + "/favorites", json, ids(2, user + 1));
  }
}

void answers::add(std::string target, std::string_view type, std::string_view body) {
  by_target_.emplace(std::move(target), message("200 OK", type, body));
}

std::string_view answers::find(std::string_view target) const {
  const auto found = by_target_.find(target);
  return found == by_target_.end() ? std::string_view(not_found_) : found->second;
}

}  // namespace bench
