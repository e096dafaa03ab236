#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weir::http {

// Appends `text` with %XX undone. False where a '%' is not followed by two hex digits; `to` is then
// unspecified. What comes out may hold any byte, NUL included.
bool percent_decode(std::string_view text, std::string& to);

// Appends `text` with everything but unreserved characters (RFC 3986 2.3) encoded, so that it stays
// one path segment or one query value, whatever it holds: no '/', '?', '#', '&', CR or LF survives.
void percent_encode(std::string_view text, std::string& to);

// A request's path in the one spelling that routing may trust: percent-encoded unreserved
// characters decoded, other escapes in capitals, characters that a URI cannot hold encoded, "//"
// made "/", dot segments resolved. nullopt, for a 400: no leading slash, a broken escape, an
// encoded control character (%00), a backslash plain or encoded (some servers take it for a slash),
// a path that climbs above the root, and a dot segment next to an encoded slash (whoever decodes
// %2F later would climb). %2F itself stays encoded. Gives `path` itself where nothing had to
// change, else a view of `storage`. "*" stays as it is.
std::optional<std::string_view> normalise_path(std::string_view path, std::string& storage);

}  // namespace weir::http
