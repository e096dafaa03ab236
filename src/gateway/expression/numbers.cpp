#include "numbers.hpp"

#include <charconv>
#include <cmath>
#include <limits>

namespace weir::gateway::expression {
namespace {

// Rounded to a double first, as CEL's own tests have it: 9223372036854775807 is not less than 2^63.
std::partial_ordering compare_int_real(std::int64_t a, double b) noexcept {
  return static_cast<double>(a) <=> b;
}

std::partial_ordering compare_uint_real(std::uint64_t a, double b) noexcept {
  return static_cast<double>(a) <=> b;
}

std::partial_ordering compare_int_uint(std::int64_t a, std::uint64_t b) noexcept {
  if (a < 0) return std::partial_ordering::less;
  return static_cast<std::uint64_t>(a) <=> b;
}

constexpr std::partial_ordering reversed(std::partial_ordering order) noexcept {
  return 0 <=> order;
}

std::partial_ordering compare_machine(const value& a, const value& b) noexcept {
  using storage = value::storage;
  const auto kinds = [](storage x, storage y) {
    return static_cast<int>(x) * 64 + static_cast<int>(y);
  };
  switch (kinds(a.kept_as(), b.kept_as())) {
    case kinds(storage::integer, storage::integer):
      return a.integer_here() <=> b.integer_here();
    case kinds(storage::uinteger, storage::uinteger):
      return a.uinteger_here() <=> b.uinteger_here();
    case kinds(storage::real, storage::real):
      return a.real_here() <=> b.real_here();
    case kinds(storage::integer, storage::uinteger):
      return compare_int_uint(a.integer_here(), b.uinteger_here());
    case kinds(storage::uinteger, storage::integer):
      return reversed(compare_int_uint(b.integer_here(), a.uinteger_here()));
    case kinds(storage::integer, storage::real):
      return compare_int_real(a.integer_here(), b.real_here());
    case kinds(storage::real, storage::integer):
      return reversed(compare_int_real(b.integer_here(), a.real_here()));
    case kinds(storage::uinteger, storage::real):
      return compare_uint_real(a.uinteger_here(), b.real_here());
    case kinds(storage::real, storage::uinteger):
      return reversed(compare_uint_real(b.uinteger_here(), a.real_here()));
    default:
      return std::partial_ordering::unordered;
  }
}

bool is_exact(const value& v) noexcept {
  return v.get_type() == type::exact;
}

// A number of a document that no machine kind holds, against one that a machine kind holds.
std::partial_ordering compare_exact_machine(const value& exact, const value& other) noexcept {
  const auto digits = exact.json_here().raw();
  if (other.kept_as() == value::storage::real) {
    const double real = other.real_here();
    if (std::isnan(real)) return std::partial_ordering::unordered;
    if (const auto near = exact.json_here().as_double()) return *near <=> real;
    if (std::isinf(real)) return 0.0 <=> real;
    return digits[0] == '-' ? std::partial_ordering::less : std::partial_ordering::greater;
  }
  char text[24];
  const auto end = other.kept_as() == value::storage::integer
                       ? std::to_chars(text, text + sizeof text, other.integer_here()).ptr
                       : std::to_chars(text, text + sizeof text, other.uinteger_here()).ptr;
  return compare_decimals(digits, {text, static_cast<std::size_t>(end - text)});
}

// The digits of a decimal from the first to the last that is not 0, and the power of ten of the
// first.
class decimal {
 public:
  explicit decimal(std::string_view number) noexcept {
    negative_ = number[0] == '-';
    if (negative_) number.remove_prefix(1);
    if (const auto e = number.find_first_of("eE"); e != std::string_view::npos) {
      power_ = exponent(number.substr(e + 1));
      number = number.substr(0, e);
    }
    const auto point = std::min(number.find('.'), number.size());
    const auto first = number.find_first_not_of("0.");
    if (first == std::string_view::npos) {
      negative_ = false;
      return;
    }
    power_ += static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first);
    if (first > point) ++power_;
    digits_ = number.substr(first, number.find_last_not_of("0.") + 1 - first);
    zero_ = false;
  }

  friend std::strong_ordering operator<=>(const decimal& a, const decimal& b) noexcept {
    if (a.sign() != b.sign()) return a.sign() <=> b.sign();
    const auto order = a.magnitude(b);
    return a.negative_ ? 0 <=> order : order;
  }

 private:
  // Exponents beyond this stay apart from all that can be written in a document.
  static constexpr std::int64_t far = 1'000'000'000'000'000;

  static std::int64_t exponent(std::string_view text) noexcept {
    const bool negative = text[0] == '-';
    if (text[0] == '-' || text[0] == '+') text.remove_prefix(1);
    std::int64_t power = 0;
    for (const char c : text) {
      if (power < far) power = power * 10 + (c - '0');
    }
    return negative ? -power : power;
  }
  int sign() const noexcept { return zero_ ? 0 : negative_ ? -1 : 1; }
  std::strong_ordering magnitude(const decimal& other) const noexcept {
    if (power_ != other.power_) return power_ <=> other.power_;
    std::size_t i = 0;
    std::size_t j = 0;
    while (true) {
      if (i < digits_.size() && digits_[i] == '.') ++i;
      if (j < other.digits_.size() && other.digits_[j] == '.') ++j;
      const bool more = i < digits_.size();
      const bool other_more = j < other.digits_.size();
      if (!more || !other_more) return more <=> other_more;
      if (digits_[i] != other.digits_[j]) return digits_[i] <=> other.digits_[j];
      ++i;
      ++j;
    }
  }

  std::string_view digits_;
  std::int64_t power_ = 0;
  bool negative_ = false;
  bool zero_ = true;
};

template <class Integer>
arithmetic_result calculate_whole(arithmetic how, Integer a, Integer b,
                                  value (*make)(Integer)) noexcept {
  Integer out{};
  bool overflow = false;
  switch (how) {
    case arithmetic::add:
      overflow = __builtin_add_overflow(a, b, &out);
      break;
    case arithmetic::subtract:
      overflow = __builtin_sub_overflow(a, b, &out);
      break;
    case arithmetic::multiply:
      overflow = __builtin_mul_overflow(a, b, &out);
      break;
    case arithmetic::divide:
    case arithmetic::modulo:
      if (b == 0) return {{}, fault::zero_divisor};
      // The one quotient that does not fit; CEL calls its remainder an overflow too.
      if (std::is_signed_v<Integer> && a == std::numeric_limits<Integer>::min() &&
          b == static_cast<Integer>(-1)) {
        return {{}, fault::overflow};
      }
      out = how == arithmetic::divide ? a / b : a % b;
      break;
  }
  if (overflow) return {{}, fault::overflow};
  return {make(out)};
}

arithmetic_result calculate_real(arithmetic how, double a, double b) noexcept {
  switch (how) {
    case arithmetic::add:
      return {value::real(a + b)};
    case arithmetic::subtract:
      return {value::real(a - b)};
    case arithmetic::multiply:
      return {value::real(a * b)};
    case arithmetic::divide:
      return {value::real(a / b)};  // by zero: an infinity, as IEEE 754 says
    case arithmetic::modulo:
      break;
  }
  return {{}, fault::real_modulo};
}

}  // namespace

value machine_number(const value& of) noexcept {
  if (of.kept_as() != value::storage::json) return of;
  const auto number = of.json_here();
  if (number.get_kind() != json::kind::number) return of;
  if (!number.is_integer_literal()) {
    const auto real = number.as_double();
    return real ? value::real(*real) : of;
  }
  if (const auto fits = number.as_int64()) return value::integer(*fits);
  if (const auto fits = number.as_uint64()) return value::uinteger(*fits);
  return of;
}

std::optional<std::partial_ordering> compare_numbers(const value& a, const value& b) noexcept {
  const value left = machine_number(a);
  const value right = machine_number(b);
  const bool left_fits = is_machine_number(left);
  const bool right_fits = is_machine_number(right);
  if (left_fits && right_fits) return compare_machine(left, right);
  if ((!left_fits && !is_exact(left)) || (!right_fits && !is_exact(right))) return std::nullopt;
  if (left_fits) return reversed(compare_exact_machine(right, left));
  if (right_fits) return compare_exact_machine(left, right);
  return compare_decimals(left.json_here().raw(), right.json_here().raw());
}

std::strong_ordering compare_decimals(std::string_view a, std::string_view b) noexcept {
  return decimal(a) <=> decimal(b);
}

arithmetic_result calculate(arithmetic how, const value& a, const value& b) noexcept {
  using storage = value::storage;
  if (a.kept_as() == storage::integer && b.kept_as() == storage::integer) {
    return calculate_whole(how, a.integer_here(), b.integer_here(), &value::integer);
  }
  if (a.kept_as() == storage::uinteger && b.kept_as() == storage::uinteger) {
    return calculate_whole(how, a.uinteger_here(), b.uinteger_here(), &value::uinteger);
  }
  if (a.kept_as() == storage::real || b.kept_as() == storage::real) {
    return calculate_real(how, *a.as_double(), *b.as_double());
  }
  return {{}, fault::mixed};
}

}  // namespace weir::gateway::expression
