"""Speed of the masker against Presidio's BatchAnalyzerEngine, with the findings compared in the same run.

Run it from the repository's root on a machine that does nothing else:

    python benchmarks/masking.py [--data TEXTS.jsonl] [--json OUT] [--rss]

Both sides use the same recognizers (those that Presidio loads for English by default, its e-mail recognizer with the
list of domains that tldextract brings along, since it would go online for it; or with ``--recognizers masker`` those
of them that the masker uses), the same loaded spaCy model and one thread. Times are processor time, so that other
processes disturb little, but for two processes, where they are wall-clock time. ``TEXTS.jsonl`` has a ``text`` a
line, and ``spans`` (``start``, ``end``) where recall is wanted; without a file, lines of generated sample records are
used.
"""

# ruff: noqa: E402 - the number of threads must be set before the libraries that make them are loaded
from __future__ import annotations

import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "BLIS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import argparse
import gc
import json
import logging
import multiprocessing
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import spacy
import tldextract
from presidio_analyzer import AnalyzerEngine, BatchAnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import SpacyNlpEngine

from tasks.core.policies import load_policy
from tasks.methods.detect.analyzer import Analyzer
from tasks.methods.detect.models import spacy_model_folder
from tasks.methods.detect.nlp import LocalNlpEngine
from tasks.methods.detect.once import Once
from tasks.methods.detect.reader import Reader
from tasks.methods.detect.registry import recognizers
from tasks.methods.sample import records
from tasks.stages.mask import masker_of

THRESHOLD = 0.4
BATCHES = (1, 64, 256)
LONG = 200_000
Key = tuple[str, int, int, float, str]


class Clock:
    """Processor time spent inside ``with``."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __enter__(self) -> None:
        self._start = time.process_time()

    def __exit__(self, *_: object) -> None:
        self.seconds += time.process_time() - self._start


class TimedPipeline:
    """A loaded spaCy pipeline, with the time that its ``pipe`` takes."""

    def __init__(self, nlp: Any, clock: Clock) -> None:
        self._nlp, self._clock = nlp, clock

    def __getattr__(self, name: str) -> Any:
        return getattr(self._nlp, name)

    def pipe(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        """Documents, as spaCy's own gives them."""
        docs = self._nlp.pipe(*args, **kwargs)
        while True:
            with self._clock:
                doc = next(docs, None)
            if doc is None:
                return
            yield doc


class TimedReader(Reader):
    """The masker's reader, with the time that spaCy takes in it."""

    def __init__(self, engine: SpacyNlpEngine, profile: Any, clock: Clock) -> None:
        super().__init__(engine, "en", profile)
        self._clock = clock

    def read(self, texts: Sequence[str], lemmas: Sequence[bool]) -> Any:
        """The artifacts of the texts."""
        with self._clock:
            return super().read(texts, lemmas)


class Bench:
    """Both sides on the same model: Presidio's as spaCy loads it, ours as the masker does."""

    def __init__(self, model: str, which: str = "presidio") -> None:
        self.local = LocalNlpEngine("en", model)
        self.local.load()
        self.nlp = spacy.load(spacy_model_folder(model))
        if which == "masker":
            self.recognizers = [*recognizers("presidio-patterns", "en"), *recognizers("spacy", "en")]
        else:
            tldextract.extract = tldextract.TLDExtract(cache_dir=None, suffix_list_urls=())  # type: ignore[assignment]
            registry = RecognizerRegistry()
            registry.load_predefined_recognizers(["en"], self.local)
            self.recognizers = [r for r in registry.recognizers if r.supported_language == "en"]

    def presidio(self, texts: Sequence[str], batch: int) -> tuple[dict[str, float], list[list[Key]]]:
        """Time and findings of Presidio."""
        clock, total = Clock(), Clock()
        engine = SpacyNlpEngine(self.local.models, self.local.ner_model_configuration)
        engine.nlp = {"en": TimedPipeline(self.nlp, clock)}
        registry = RecognizerRegistry(recognizers=list(self.recognizers), supported_languages=["en"])
        analyzer = AnalyzerEngine(registry, engine, supported_languages=["en"], default_score_threshold=THRESHOLD)
        gc.collect()
        with total:
            results = BatchAnalyzerEngine(analyzer).analyze_iterator(texts, "en", batch_size=batch)
        name = "recognizer_name"
        found = [[(r.entity_type, r.start, r.end, r.score, r.recognition_metadata[name]) for r in rs] for rs in results]
        return _split(total, clock), found

    def ours(self, texts: Sequence[str], profile: str = "exact") -> tuple[dict[str, float], list[list[Key]]]:
        """Time and findings of the masker's analyzer."""
        clock, total = Clock(), Clock()
        analyzer, reader = Analyzer(self.recognizers, "en", THRESHOLD), TimedReader(self.local, profile, clock)
        gc.collect()
        with total:
            results = list(analyzer.analyze_batch(texts, reader))
        found = [[(f.entity_type, f.start, f.end, f.score, f.recognizer_name) for f in fs] for fs in results]
        return _split(total, clock), found


def _split(total: Clock, nlp: Clock) -> dict[str, float]:
    return {"total_s": total.seconds, "nlp_s": nlp.seconds, "after_nlp_s": total.seconds - nlp.seconds}


def _best(measure: Callable[[], tuple[dict[str, float], Any]], repeat: int) -> tuple[dict[str, float], Any]:
    return min((measure() for _ in range(repeat)), key=lambda one: one[0]["total_s"])


def compare(bench: Bench, texts: Sequence[str], batches: Sequence[int], repeat: int) -> dict[str, Any]:
    """One line of the table: both sides on the same texts, and whether they found the same."""
    bytes_ = sum(len(text.encode()) for text in texts)
    searched = {batch: bench.presidio(texts, batch) for batch in batches}
    batch = min(searched, key=lambda size: searched[size][0]["total_s"])
    theirs, found = min(
        [searched[batch], *(bench.presidio(texts, batch) for _ in range(repeat - 1))], key=lambda one: one[0]["total_s"]
    )
    ours, own = _best(lambda: bench.ours(texts), repeat)
    pairs = [(set(a), set(b)) for a, b in zip(found, own, strict=True)]
    return {
        "texts": len(texts),
        "bytes": bytes_,
        "presidio_batch_size": batch,
        "presidio_by_batch_size_s": {str(size): one[0]["total_s"] for size, one in searched.items()},
        "presidio": theirs
        | {"nlp_share": theirs["nlp_s"] / theirs["total_s"], "kB_per_s": bytes_ / 1e3 / theirs["total_s"]},
        "ours": ours | {"kB_per_s": bytes_ / 1e3 / ours["total_s"]},
        "after_nlp_ratio": theirs["after_nlp_s"] / ours["after_nlp_s"],
        "end_to_end_ratio": theirs["total_s"] / ours["total_s"],
        "findings": sum(map(len, found)),
        "only_presidio": sum(len(a - b) for a, b in pairs),
        "only_ours": sum(len(b - a) for a, b in pairs),
        "identical_in_order": found == own,
    }


def _rates(taken: dict[str, float], bytes_: int) -> dict[str, float]:
    return {"nlp_share": taken["nlp_s"] / taken["total_s"], "kB_per_s": bytes_ / 1e3 / taken["total_s"]}


def fast_profile(bench: Bench, rows: Sequence[dict[str, Any]], repeat: int) -> dict[str, Any]:
    """What the opt-in profile gains and what it finds of what the exact one finds, and of the gold spans."""
    texts = [row["text"] for row in rows]
    exact, found = _best(lambda: bench.ours(texts), repeat)
    fast, other = _best(lambda: bench.ours(texts, "fast"), repeat)
    same = sum(len({k[:3] for k in a} & {k[:3] for k in b}) for a, b in zip(found, other, strict=True))
    result: dict[str, Any] = {
        "speed_ratio": exact["total_s"] / fast["total_s"],
        "share_of_exact_findings": same / max(1, sum(len({k[:3] for k in a}) for a in found)),
        "more_findings": sum(map(len, other)) - sum(map(len, found)),
    }
    if any(row.get("spans") for row in rows):
        result |= {"recall_exact": _recall(rows, found), "recall_fast": _recall(rows, other)}
    return result


def _recall(rows: Sequence[dict[str, Any]], found: Sequence[Sequence[Key]]) -> float:
    """Share of gold spans whose letters and digits are all covered, whatever the label."""
    covered = total = 0
    for row, keys in zip(rows, found, strict=True):
        masked = {place for key in keys for place in range(key[1], key[2])}
        for span in row.get("spans") or ():
            places = [p for p in range(span["start"], span["end"]) if row["text"][p].isalnum()]
            total += 1
            covered += all(place in masked for place in places)
    return covered / max(1, total)


def duplicates(bench: Bench, texts: Sequence[str]) -> dict[str, Any]:
    """Each text twice, in one pass over the second half: what answering once saves."""
    analyzer, reader = Analyzer(bench.recognizers, "en", THRESHOLD), Reader(bench.local, "en")

    class Finder:
        def find(self, texts: Sequence[str | None], own: Any = None) -> Any:
            return list(analyzer.analyze_batch([text or "" for text in texts], reader))

    twice = [*texts, *texts]
    plain, with_once, once = Clock(), Clock(), Once(Finder())
    with plain:
        expected = [repr(found) for found in Finder().find(twice)]
    with with_once:
        given = [repr(found) for start in range(0, len(twice), 256) for found in once.find(twice[start : start + 256])]
    return {
        "texts": len(twice),
        "answered_once_more": once.answered,
        "ratio": plain.seconds / with_once.seconds,
        "identical": expected == given,
    }


def ensemble(presidio_s: float, texts: Sequence[str], policy: str, model: str, repeat: int) -> dict[str, Any]:
    """The whole masker of a policy, against plain Presidio's best time on the same texts.

    Both are the best of ``repeat`` runs, since other processes on the machine take their part; each run has a masker of
    its own, which remembers nothing.
    """
    taken = []
    for _ in range(repeat):
        masker = masker_of(load_policy(policy), "en", model)
        masker.find(texts[:20])
        clock = Clock()
        with clock:
            found = [spans for start in range(0, len(texts), 256) for spans in masker.find(texts[start : start + 256])]
        taken.append(clock.seconds)
    return {
        "policy": policy,
        "total_s": min(taken),
        "findings": sum(map(len, found)),
        "ratio_to_plain_presidio": presidio_s / min(taken),
    }


def _read(model: str, texts: list[str], barrier: Any, out: Any) -> None:
    bench = Bench(model)
    bench.ours(texts[:50])
    barrier.wait()
    start = time.perf_counter()
    taken, _ = bench.ours(texts)
    out.put((start, time.perf_counter(), taken["total_s"]))


def _count(_: str, texts: list[str], barrier: Any, out: Any) -> None:
    """Arithmetic that needs neither memory nor a lock: what two processes gain on this machine at all."""
    barrier.wait()
    start, clock, found = time.perf_counter(), Clock(), 0
    with clock:
        for n in range(40_000 * len(texts)):
            found ^= n * n
    out.put((start, time.perf_counter(), clock.seconds))


def processes(work: Callable[..., None], model: str, texts: list[str], count: int) -> dict[str, float]:
    """Wall-clock time of ``count`` processes that share the texts, models loaded and warm."""
    context = multiprocessing.get_context("spawn")
    barrier, out = context.Barrier(count), context.Queue()
    workers = [context.Process(target=work, args=(model, texts[i::count], barrier, out)) for i in range(count)]
    for worker in workers:
        worker.start()
    spans = [out.get() for _ in workers]
    for worker in workers:
        worker.join()
    wall = max(end for _, end, _ in spans) - min(start for start, _, _ in spans)
    return {"wall_s": wall, "cpu_share": sum(cpu for _, _, cpu in spans) / wall / count}


def two_processes(model: str, texts: list[str], tries: int) -> dict[str, Any]:
    """How much two processes gain; the best of some tries, since other processes on the machine take their part.

    ``machine`` is what two processes gain that do arithmetic alone: more than that no program can.
    """
    found: dict[str, Any] = {}
    for name, work in (("reading", _read), ("machine", _count)):
        one = min((processes(work, model, texts, 1) for _ in range(tries)), key=lambda p: p["wall_s"])
        two = min((processes(work, model, texts, 2) for _ in range(tries)), key=lambda p: p["wall_s"])
        found[name] = {"one": one, "two": two, "ratio": one["wall_s"] / two["wall_s"]}
    return {"ratio": found["reading"]["ratio"], **found, "load": os.getloadavg()[0]}


def _grow(model: str, policy: str, rows: int, step: int, out: Any) -> None:
    finder = Once(masker_of(load_policy(policy), "en", model))
    for done in range(0, rows, 250):
        numbers = range(done, min(rows, done + 250))
        finder.find([f"q{i:x} by Ann." for i in numbers])
        if (done + len(numbers)) % step == 0:
            gc.collect()
            out.put((done + len(numbers), _resident(), time.process_time()))


def _resident() -> float:
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().split("VmRSS:")[1].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def memory(model: str, policy: str, rows: int) -> dict[str, Any]:
    """MB resident after each fifth of the rows; the slope after the first.

    The rows are short, each with words that no other has, and are read by the whole masker of the policy, through the
    table of answers already given: what grows with the rows is what is remembered of them.
    """
    context = multiprocessing.get_context("spawn")
    out = context.Queue()
    step = rows // 5
    child = context.Process(target=_grow, args=(model, policy, step * 5, step, out))
    child.start()
    marks = {}
    for _ in range(5):
        done, resident, seconds = out.get()
        marks[done] = resident
        print(f"  {done} rows: {resident:.1f} MB resident, {seconds:.0f} s of processor time", flush=True)
    child.join()
    places = sorted(marks)
    mean_x, mean_y = sum(places) / len(places), sum(marks.values()) / len(places)
    slope = sum((x - mean_x) * (marks[x] - mean_y) for x in places) / sum((x - mean_x) ** 2 for x in places)
    return {"resident_MB": {str(p): round(marks[p], 1) for p in places}, "MB_per_100000_rows": slope * 100_000}


def _load(path: str | None, most: int) -> list[dict[str, Any]]:
    if path:
        with open(path, encoding="utf-8") as lines:
            return [json.loads(line) for line in lines][:most]
    texts: list[str] = []
    for record in (r for domain in ("healthcare", "finance", "government") for r in records(domain, most, "en", 11)):
        texts += [line.strip() for line in str(record.fields["text"]).split("\n") if 60 <= len(line.strip()) <= 300]
        if len(texts) >= most * 3:
            break
    return [{"text": text} for text in texts[:most]]


def _document(texts: Sequence[str], size: int) -> str:
    once = "\n".join(texts)
    return "\n".join([once] * (size // len(once) + 1))[:size].rstrip()


def _about() -> dict[str, Any]:
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    dirty = subprocess.run(["git", "status", "--porcelain"], cwd=ROOT, capture_output=True, text=True, check=False)
    return {
        "commit": commit.stdout.strip() + ("+changes" if dirty.stdout.strip() else ""),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"cpu": _cpu(), "cores": os.cpu_count(), "system": platform.platform()},
        "load": os.getloadavg(),
        "versions": {p: version(p) for p in ("presidio-analyzer", "spacy", "phonenumbers", "regex", "thinc")}
        | {"python": platform.python_version()},
    }


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    names = [line for line in info.read_text().splitlines() if line.startswith("model name")] if info.exists() else []
    return names[0].split(":", 1)[1].strip() if names else platform.processor()


def _say(title: str, result: dict[str, Any]) -> None:
    print(f"\n{title}")
    for key, value in result.items():
        parts = value.items() if isinstance(value, dict) else [("", value)]
        shown = [f"{name} {part:.3f}" if isinstance(part, float) else f"{name} {part}" for name, part in parts]
        print(f"  {key:26} {', '.join(shown).strip()}", flush=True)


def main() -> None:
    """Measure, print, write."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", help="JSON lines with a text each; default: generated sample text")
    options.add_argument("--texts", type=int, default=1_500, help="how many short texts at most")
    options.add_argument("--model", default="en_core_web_md", help="spaCy model of both sides")
    options.add_argument("--recognizers", choices=("presidio", "masker"), default="presidio", help="of both sides")
    options.add_argument("--policy", default="default", help="policy of the full ensemble")
    options.add_argument("--repeat", type=int, default=2, help="the best of so many runs counts")
    options.add_argument("--long", type=int, default=LONG, help="characters of the long document")
    options.add_argument("--skip", nargs="*", default=[], help="sections left out, by their names in the JSON")
    options.add_argument("--rss", action="store_true", help="measure memory as well; takes long")
    options.add_argument("--rss-rows", type=int, default=500_000, help="over so many rows, a multiple of 1,250")
    options.add_argument("--json", help="where to write the figures")
    chosen = options.parse_args()
    logging.disable(logging.WARNING)

    rows = _load(chosen.data, chosen.texts)
    texts = [row["text"] for row in rows]
    bench = Bench(chosen.model, chosen.recognizers)
    bench.presidio(texts[:50], 64)
    bench.ours(texts[:50])
    report: dict[str, Any] = _about() | {"model": chosen.model, "data": "given" if chosen.data else "generated"}
    report["recognizers"] = [recognizer.name for recognizer in bench.recognizers]
    short = compare(bench, texts, BATCHES, chosen.repeat)
    sections: dict[str, Callable[[], dict[str, Any]]] = {
        "short": lambda: short,
        "long": lambda: compare(bench, [_document(texts, chosen.long)], (1,), 1),
        "fast_profile": lambda: fast_profile(bench, rows, chosen.repeat),
        "exact_duplicates": lambda: duplicates(bench, texts[:500]),
        "ensemble": lambda: ensemble(short["presidio"]["total_s"], texts, chosen.policy, chosen.model, chosen.repeat),
        "two_processes": lambda: two_processes(chosen.model, texts, chosen.repeat),
    }
    if chosen.rss:
        sections["memory"] = lambda: memory(chosen.model, chosen.policy, chosen.rss_rows)
    for name, measure in sections.items():
        if name not in chosen.skip:
            report[name] = measure()
            _say(name, report[name])
    report["load_at_end"] = os.getloadavg()
    if chosen.json:
        Path(chosen.json).write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
