"""Screenshots with a palette: a third of the size, and no difference that the eye sees on pages of flat colours."""

import base64
import struct
import zlib
from typing import Any, Final

from playwright.sync_api import Page

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_INDEXED: Final = 3
# The browser is the one decoder at hand: it counts colours, keeps the 256 most frequent ones, and gives every other
# pixel the nearest of them.
_TO_PALETTE: Final = """async (encoded) => {
  const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
  const picture = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  const drawing = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
  drawing.drawImage(picture, 0, 0);
  const colours = new Uint32Array(drawing.getImageData(0, 0, picture.width, picture.height).data.buffer);
  const counts = new Map();
  for (const colour of colours) counts.set(colour, (counts.get(colour) ?? 0) + 1);
  const kept = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 256).map(([colour]) => colour);
  const parts = (colour) => [colour & 255, (colour >> 8) & 255, (colour >> 16) & 255];
  const palette = kept.map(parts);
  const places = new Map(kept.map((colour, place) => [colour, place]));
  const nearest = (colour) => {
    const [red, green, blue] = parts(colour);
    let best = 0, least = Infinity;
    palette.forEach(([r, g, b], place) => {
      const distance = (r - red) ** 2 + (g - green) ** 2 + (b - blue) ** 2;
      if (distance < least) [best, least] = [place, distance];
    });
    places.set(colour, best);
    return best;
  };
  let letters = "";
  for (const colour of colours) letters += String.fromCharCode(places.get(colour) ?? nearest(colour));
  return { width: picture.width, height: picture.height, palette: palette.flat(), pixels: btoa(letters) };
}"""


def with_palette(page: Page, png: bytes) -> bytes:
    """Return the picture with at most 256 colours; `page` is any page of a browser, and is left as it is."""
    found: dict[str, Any] = page.evaluate(_TO_PALETTE, base64.b64encode(png).decode())
    width, height = found["width"], found["height"]
    pixels = base64.b64decode(found["pixels"])
    rows = b"".join(b"\0" + pixels[start : start + width] for start in range(0, width * height, width))
    header = struct.pack(">IIBBBBB", width, height, 8, _INDEXED, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"PLTE", bytes(found["palette"])), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(kind, body) for kind, body in chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
