"""What the reader and the writer may refuse, and in which words: by the name of what is not supported."""

import re

UNSUPPORTED = re.compile(
    r"^NotImplementedError: (the Arrow stream is big-endian"
    r"|field '.*': the Arrow type "
    r"(decimal32|decimal64|binary_view|utf8_view|list_view|large_list_view|run_end_encoded) is"
    r"|.*dictionar.*dictionar)"  # the writer: a dictionary whose values hold dictionaries
)
