# Plain comments of the headers as ones that doxygen reads.
# A line that holds nothing else; what is set in by three blanks or more is code.
s@^( *)//    *([^ ])@\1///     \2@
t
s@^( *)//( |$)@\1///\2@
t
# Behind a member; not behind the end of a namespace.
/^}/!s@([;,{}]) +// @\1 ///< @
