"""The snippets of docs/read.md give the answers that the page shows, from a release over http."""

from __future__ import annotations

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from conftest import PROJECT
from test_connect import BLOCK, run_snippet

BLOCKS = BLOCK.findall((PROJECT / "docs" / "read.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize("language", ["python", pytest.param("r", marks=[pytest.mark.integration])])
def test_snippets_give_the_answers_of_the_page(
    language: str, released: Path, tmp_path: Path
) -> None:
    """All of a language in one session, as the cells of a notebook."""
    cells = [block[1:] for block in BLOCKS if block[0] == language]
    code, answers = map("".join, zip(*cells, strict=True))
    assert all(answer for _, answer in cells), "a snippet without an answer is not tried"
    handler = partial(SimpleHTTPRequestHandler, directory=released / "releases" / "current")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        code = code.replace("127.0.0.1:8000", f"127.0.0.1:{server.server_port}")
        try:
            assert run_snippet(language, code, tmp_path, XDG_CACHE_HOME=str(tmp_path)) == answers
        finally:
            server.shutdown()
