"""An organization's own colour, mended where it could not be read, as a stylesheet."""

from dataclasses import dataclass
from typing import Final, Self

CONTRAST: Final = 4.6
"""A little more than the 4.5 that WCAG asks of text."""
_STEP: Final = 0.02


@dataclass(frozen=True, slots=True)
class Colour:
    """A colour as shares of red, green and blue."""

    red: float
    green: float
    blue: float

    @classmethod
    def of(cls, text: str) -> Self:
        """Read `#rrggbb`."""
        return cls(*(int(text[place : place + 2], 16) / 255 for place in (1, 3, 5)))

    def __str__(self) -> str:
        return "#" + "".join(f"{round(255 * part):02x}" for part in (self.red, self.green, self.blue))

    def mixed(self, other: "Colour", share: float) -> "Colour":
        """Return the colour with a share of another one."""
        pairs = ((self.red, other.red), (self.green, other.green), (self.blue, other.blue))
        return Colour(*(mine + (theirs - mine) * share for mine, theirs in pairs))

    @property
    def luminance(self) -> float:
        red, green, blue = (
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
            for part in (self.red, self.green, self.blue)
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    def contrast(self, other: "Colour") -> float:
        """Return the contrast as WCAG counts it, from 1 to 21."""
        lower, higher = sorted((self.luminance, other.luminance))
        return (higher + 0.05) / (lower + 0.05)


WHITE: Final = Colour(1, 1, 1)
BLACK: Final = Colour(0, 0, 0)
LIGHT_GROUND: Final = Colour.of("#f0f2f5")
DARK_GROUND: Final = Colour.of("#252a33")
DARK_INK: Final = Colour.of("#0d1117")


@dataclass(frozen=True, slots=True)
class Palette:
    """What the stylesheet calls accent, in light and in dark."""

    accent: tuple[Colour, Colour]
    strong: tuple[Colour, Colour]
    on_accent: tuple[Colour, Colour]
    soft: tuple[Colour, Colour]


def palette_of(text: str) -> Palette:
    """Return the colours that come of an accent; all text in them is readable, whatever the accent is."""
    chosen = Colour.of(text)
    soft = chosen.mixed(WHITE, 0.88), chosen.mixed(DARK_GROUND, 0.78)
    light = _until_readable(chosen, BLACK, (WHITE, LIGHT_GROUND, soft[0]))
    dark = _until_readable(chosen, WHITE, (DARK_INK, DARK_GROUND, soft[1]))
    strong = light.mixed(BLACK, 0.2), dark.mixed(WHITE, 0.25)
    return Palette((light, dark), strong, (WHITE, DARK_INK), soft)


def stylesheet(text: str) -> str:
    """Return the stylesheet that makes pages wear the colour."""
    palette = palette_of(text)
    named = {
        "accent": palette.accent,
        "accent-strong": palette.strong,
        "on-accent": palette.on_accent,
        "accent-soft": palette.soft,
    }
    lines = [f"  --{name}: light-dark({light}, {dark});" for name, (light, dark) in named.items()]
    return "\n".join([":root {", *lines, "}", ""])


def _until_readable(colour: Colour, towards: Colour, grounds: tuple[Colour, ...]) -> Colour:
    share = 0.0
    while share < 1 and any(colour.mixed(towards, share).contrast(ground) < CONTRAST for ground in grounds):
        share += _STEP
    return colour.mixed(towards, min(share, 1.0))
