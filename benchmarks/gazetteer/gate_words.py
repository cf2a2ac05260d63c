r"""Builds the gate's list of English words, `tasks/methods/gate/data/words.txt.gz`, from the package `symspellpy`.

    pip download --no-deps symspellpy && unzip symspellpy-*.whl && \
        python benchmarks/gazetteer/gate_words.py symspellpy/frequency_dictionary_en_82_765.txt

The dictionary (MIT licence) holds what Google's n-grams of books and SCOWL have in common. It is no list that the
masker uses: the gate asks whether a capitalised word is English at all, the masker whether it is a known name.
"""

from __future__ import annotations

import argparse
import gzip
from pathlib import Path

OUT = Path(__file__).resolve().parents[2] / "tasks" / "methods" / "gate" / "data" / "words.txt.gz"


def main() -> None:
    """Read the dictionary, write the words."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("dictionary", type=Path)
    lines = options.parse_args().dictionary.read_text(encoding="utf-8-sig").splitlines()
    words = sorted({line.split()[0].lower() for line in lines if line.strip()})
    kept = [word for word in words if len(word) > 2 and word.isascii() and word.isalpha()]
    OUT.parent.mkdir(exist_ok=True)
    with OUT.open("wb") as sink, gzip.GzipFile(fileobj=sink, mode="wb", mtime=0, filename="") as packed:
        packed.write("\n".join(kept).encode())


if __name__ == "__main__":
    main()
