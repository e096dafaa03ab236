#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

// How URLs and header fields are spelled (RFC 3986, RFC 9110), as far as a configuration's literal
// parts need it.
namespace weir::gateway::config {

// Literal text of a path as it is sent: what may stand in a path stays, escapes stay, all else is
// percent-encoded. Nothing for a '%' that begins no escape.
std::optional<std::string> encode_path(std::string_view literal);
// The same for a name or a value of a query.
std::optional<std::string> encode_query(std::string_view literal);
// A name or a value of a query that is given as it is meant: a '%' in it is a '%'.
std::string spell_in_query(std::string_view meant);

// Whether some segment of the encoded path is "." or "..", however it is spelled.
bool leaves_segment(std::string_view encoded_path);

// Undoes percent-encoding; nothing where an escape is broken.
std::optional<std::string> decode(std::string_view encoded);

bool is_token(std::string_view text) noexcept;        // a field's name
bool is_field_value(std::string_view text) noexcept;  // no control characters but a tab
std::string lower_case(std::string_view text);

// Causes of errors, as errors and logs spell them; `status_NNN` comes besides.
std::span<const std::string_view> cause_names() noexcept;

// Fields that frame the message or belong to the connection: weir writes them itself.
bool is_our_field(std::string_view lower_case_name) noexcept;
// Fields by which weir tells of the trace, the time that is left and what is missing: it sends them
// itself, so that a second one would only contradict.
bool is_told_anyway(std::string_view lower_case_name) noexcept;

}  // namespace weir::gateway::config
