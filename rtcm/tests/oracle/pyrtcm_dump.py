"""Prints what PyPI pyrtcm reads from RTCM 3 files: one JSON object per line and frame.

Usage: pyrtcm_dump.py FILE...

  {"fields": {name: [type, bits, step]}}           first of all: how pyrtcm reads each data field
  {"file": path}                                   a file begins
  {"at": offset, "n": number, "f": {name: value}}  a frame, and every attribute that pyrtcm gives it
  {"at": offset, "n": number, "error": text}       a frame that pyrtcm found but could not read
  {"pyrtcm": version}                              the end: nothing was lost on the way here

The names of repeated fields end in _01, _02 and so on. Offsets are in bytes from the start of the file.

Frames are found here, with pyrtcm's checksum: its own reader goes on behind the claimed length when a
checksum is wrong, and so steps over a true frame that lies inside a false one. Frames without payload
have no number, pyrtcm refuses them, and they are left out.
"""

import io
import json
import sys

import pyrtcm
from pyrtcm import RTCMMessage, calc_crc24q
from pyrtcm.rtcmtypes_core import RTCM_DATA_FIELDS


def frames(stream: bytes):
    """Every frame with its offset, as pyrtcm's checksum judges it."""
    at = stream.find(b"\xd3")
    while at >= 0:
        header = stream[at : at + 3]
        if len(header) == 3 and header[1] < 4:
            end = at + 6 + (header[1] << 8 | header[2])
            if end <= len(stream) and calc_crc24q(stream[at:end]) == 0:
                yield at, stream[at + 3 : end - 3]
                at = stream.find(b"\xd3", end)
                continue
        at = stream.find(b"\xd3", at + 1)


def describe(at: int, payload: bytes) -> dict:
    """One frame as the object that is printed for it."""
    number = int.from_bytes(payload[:2], "big") >> 4
    try:
        message = RTCMMessage(payload=payload)
    except Exception as error:  # whatever pyrtcm cannot read is told, and the dump goes on
        return {"at": at, "n": number, "error": str(error)}
    fields = {name: value for name, value in vars(message).items() if name[0] != "_"}
    return {"at": at, "n": number, "f": fields}


def main() -> None:
    """Dumps every file named on the command line."""
    out = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", write_through=False)
    fields = {name: field[:3] for name, field in RTCM_DATA_FIELDS.items()}
    print(json.dumps({"fields": fields}), file=out)
    for path in sys.argv[1:]:
        with open(path, "rb") as file:
            stream = file.read()
        print(json.dumps({"file": path}), file=out)
        for at, payload in frames(stream):
            if payload:
                print(json.dumps(describe(at, payload)), file=out)
    print(json.dumps({"pyrtcm": pyrtcm.version}), file=out)
    out.flush()


if __name__ == "__main__":
    main()
