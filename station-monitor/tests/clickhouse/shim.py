"""A ClickHouse engine (PyPI chdb) behind the part of ClickHouse's HTTP interface that the official Rust client uses.

Usage: shim.py FOLDER. Prints `ready PORT VERSION` and serves until standard input ends. One request at a time.
"""

import os
import re
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import lz4.block
import lz4.frame
from chdb import session

ENGINE = session.Session(sys.argv[1])
ROWS = os.path.abspath(os.path.join(sys.argv[1], "rows.bin"))
LOCK = threading.Lock()


def unframed(data):
    """The bytes of ClickHouse's compressed frames: checksum, method, lengths, block."""
    out, at = [], 0
    while at < len(data):
        method, packed, plain = struct.unpack_from("<BII", data, at + 16)
        assert method == 0x82, "not LZ4"
        out.append(lz4.block.decompress(data[at + 25 : at + 16 + packed], uncompressed_size=plain))
        at += 16 + packed
    return b"".join(out)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def body(self):
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def do_POST(self):
        asked = {key: values[0] for key, values in parse_qs(urlsplit(self.path).query).items()}
        body = self.body()
        if asked.get("decompress") == "1" and body:
            body = unframed(body)
        try:
            with LOCK:
                sql = body
                if "query" in asked:
                    # Rows within a statement lose what looks like its end, so they go by way of a file.
                    with open(ROWS, "wb") as rows:
                        rows.write(body)
                    sql = asked["query"].replace(")", f") FROM INFILE '{ROWS}'", 1)
                answer = ENGINE.query(sql, asked.get("default_format", "TabSeparated")).bytes()
            status, code = 200, None
        except Exception as error:
            answer, status = str(error).encode(), 500
            code = (re.findall(r"Code: (\d+)", str(error)) or ["1002"])[0]
        self.send_response(status)
        if "lz4" in self.headers.get("Accept-Encoding", ""):
            self.send_header("Content-Encoding", "lz4")
            answer = lz4.frame.compress(answer)
        if code:
            self.send_header("X-ClickHouse-Exception-Code", code)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
version = ENGINE.query("SELECT version()", "TabSeparated").bytes().decode().strip()
print("ready", server.server_address[1], version, flush=True)
sys.stdin.read()
