"""Texts that are no path of the portal, whatever reads them."""

# What a browser or a proxy may read as another site, or as a path above.
ELSEWHERE = [
    "", "jobs", "//evil.example", "///evil.example", "////evil.example", "/\\evil.example",
    "\\/evil.example", "\\\\evil.example", "/\t/evil.example", "/\n/evil.example",
    "\t//evil.example", " //evil.example", "/ /evil.example", "http://evil.example",
    "https:evil.example", "javascript:alert(1)", "data:text/html,x", "/\r\nSet-Cookie: a=b",
    "/\x00", "/\x0b/evil.example", "/\u2028", "/%2f/evil.example", "/%2F%2Fevil.example",
    "/%5cevil.example", "/..//evil.example", "/%2e%2e//evil.example", "/jobs/../..",
    "/jobs/%2e%2E/x", "/\u00a0\x85", "/" + "a" * 3000, ".//evil.example", "?//evil.example",
    "@evil.example", "/jobs\\..\\x",
]  # fmt: skip
