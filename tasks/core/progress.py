"""Progress of long work: a bar on a terminal, a line now and then in a log.

Methods take a :class:`Progress` and call :meth:`Progress.advance`; they never print. Only counts, rates and times
are shown, never a value of a row.
"""

from __future__ import annotations

import sys
import time
from typing import TextIO


class Progress:
    """Counts units of work and says, at most every ``every`` seconds, how far it is and how long is left.

    Args:
        label: what is being done, in a few words.
        total: units of work in all, or ``None`` when it isn't known.
        unit: what one unit is called (``rows``, ``steps``).
        every: seconds between two lines in a log (a terminal is redrawn ten times a second).
        stream: where to write; standard error by default.
    """

    def __init__(
        self, label: str, total: int | None = None, unit: str = "rows", every: float = 5.0, stream: TextIO | None = None
    ) -> None:
        self.label, self.total, self.unit = label, total, unit
        self.done = 0
        self._stream = stream if stream is not None else sys.stderr
        self._tty = self._stream.isatty()
        self._every = 0.1 if self._tty else every
        self._start = self._last = time.monotonic()

    def advance(self, n: int = 1, note: str = "") -> None:
        """Add ``n`` units; ``note`` is shown behind the figures (for example ``eps 1.92``)."""
        self.done += n
        now = time.monotonic()
        if now - self._last >= self._every or self.done == self.total:
            self._last = now
            self._write(self.line(note, now - self._start))

    def say(self, words: str) -> None:
        """Say something that explains a wait, at once."""
        self._write(f"{self.label}: {words}")

    def line(self, note: str = "", seconds: float | None = None) -> str:
        """The progress line as it would be shown after ``seconds`` of work."""
        seconds = max(time.monotonic() - self._start if seconds is None else seconds, 1e-9)
        rate = self.done / seconds
        parts = [f"{self.label}: {self.done:,}" + (f"/{self.total:,}" if self.total else "") + f" {self.unit}"]
        parts.append(f"{rate:,.1f} {self.unit}/s")
        if self.total and 0 < self.done < self.total:
            parts.append(f"{_clock((self.total - self.done) / rate)} left")
        if note:
            parts.append(note)
        return ", ".join(parts)

    def close(self) -> None:
        """End a terminal's line."""
        if self._tty and self.done:
            self._stream.write("\n")

    def _write(self, line: str) -> None:
        self._stream.write(f"\r\033[K{line}" if self._tty else f"{line}\n")
        self._stream.flush()


def _clock(seconds: float) -> str:
    minutes, secs = divmod(int(seconds + 0.5), 60)
    return f"{minutes}:{secs:02d}"
