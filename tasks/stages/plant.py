"""plant: synthetic records with known personal data, among the shards, to be masked like all others.

They show what masking misses. They never reach training: the gate leaves their shards out of the clean table, and
their split is one that training doesn't read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tasks.core.artifacts import Artifact, Ref, Writer
from tasks.core.canonical import sha256_sources
from tasks.core.errors import AirlockError, describe
from tasks.core.policies import Policy, load_policy
from tasks.core.stage import Context, Stage

STAGE = Stage("plant", version=1, zone="raw", libraries=("pyarrow",))

SHARD_ROWS = 600
"""Planted rows in a shard: enough to be worth a task, few enough that several workers share them."""


def run(ctx: Context) -> list[Ref]:
    """Plant records.

    Reads: ``shards`` (ingest's).
    Writes, where the policy asks for planted values: ``shards/NNNNN.parquet`` (numbered on from ingest's, with the same
    columns), ``planted.parquet`` (record_id, column, start, end, entity, format, context, language: places in the raw
    text) and ``columns.json``.

    Returns:
        ingest's references as they are, then one reference a planted shard.

    Raises:
        UserError: where the policy can't be read.
    """
    from tasks.methods.plant.kinds import not_plantable, plantable

    shards = ctx.inputs["shards"]
    config, policy = ctx.config.plant, load_policy(ctx.config.mask.policy)
    if policy.evidence.planted is None or config.values_per_kind == 0:
        return shards
    languages = _languages(ctx, policy)
    kinds = plantable(policy.text_entities, languages)
    left_out = not_plantable(policy.text_entities, languages)
    if left_out:
        ctx.log.info("plant: no values can be made of %s", ", ".join(left_out))
    if not kinds:
        return shards
    decides = {
        "kinds": kinds,
        "not_planted": left_out,
        "languages": languages,
        "columns": [column.model_dump(mode="json") for column in ctx.config.ingest.columns],
        "shard_rows": _shard_rows(ctx),
        "rules": [sha256_sources(f"tasks.methods.{name}") for name in ("plant", "records", "sample")],
    }
    ref = ctx.artifact(STAGE, config, decides, lambda writer: _build(ctx, writer, kinds, left_out, languages))
    counts = ref.counts
    ctx.log.info(
        "plant: %s values of %d kinds in %s records", f"{counts['planted']:,}", len(kinds), f"{counts['rows']:,}"
    )
    return [*shards, *_shards(ctx.open(ref))]


def _languages(ctx: Context, policy: Policy) -> list[str]:
    language = ctx.config.mask.language
    return list(policy.languages) if language == "auto" else [language]


def _shard_rows(ctx: Context) -> int:
    return min(SHARD_ROWS, ctx.config.ingest.shard_rows)


def _build(
    ctx: Context, writer: Writer, kinds: Sequence[str], left_out: Sequence[str], languages: Sequence[str]
) -> dict[str, Any]:
    try:
        counts = _plant(ctx, writer, kinds, languages)
    except AirlockError:
        raise
    except Exception as exc:
        raise AirlockError(f"plant: {describe(exc)}") from None
    return {**counts, "kinds": list(kinds), "not_planted": list(left_out)}


def _plant(ctx: Context, writer: Writer, kinds: Sequence[str], languages: Sequence[str]) -> dict[str, Any]:
    from tasks.methods.plant import corpus, rows
    from tasks.methods.plant.candidates import Candidates
    from tasks.methods.plant.compose import compose, deal, records_of
    from tasks.methods.plant.contexts import Reservoir
    from tasks.methods.sample.stream import stream

    # The key is made of all that decides the planted records, so it is what they are drawn from.
    seed, count, shards = writer.key, ctx.config.plant.values_per_kind, ctx.inputs["shards"]
    declared = [column.model_dump(mode="json") for column in ctx.config.ingest.columns]
    texts = [column["name"] for column in declared if column["role"] == "text"]
    cells = {column["name"]: column["kind"] for column in declared if column["role"] == "structured"}
    candidates = Candidates(seed, kinds, languages, count)
    reservoir = Reservoir(stream(seed, "excerpts"), count * records_of(len(kinds)), languages)
    progress = ctx.progress("plant", sum(ref.counts["rows"] for ref in shards))
    source = ctx.open(shards[0])
    paths = (source.local(ref.counts["file"]) for ref in shards)
    corpus.read(paths, texts, cells, kinds, candidates, reservoir, progress.advance)
    progress.close()
    excerpts = {language: reservoir.excerpts(language) for language in languages}
    dealt = enumerate(deal(stream(seed, "deal"), candidates.chosen()))
    planted = (
        compose(stream(seed, "record", n), language, values, excerpts[language], texts)
        for n, (language, values) in dealt
    )
    first = len(shards)
    written = rows.write(writer.open, planted, declared, seed, first, _shard_rows(ctx))
    writer.write_json("columns.json", declared)
    return {
        "rows": sum(written),
        "planted": count * len(kinds),
        "values_per_kind": count,
        "excerpts": sum(len(found.all) for found in excerpts.values()),
        "first_shard": first,
        "shards": written,
    }


def _shards(artifact: Artifact) -> list[Ref]:
    from tasks.methods.records.shards import shard_name

    ref, files = artifact.ref, artifact.manifest["files"]
    return [
        Ref(
            ref.uri,
            ref.stage,
            ref.key,
            files[shard_name(number)]["sha256"],
            {
                "shard": number,
                "rows": rows,
                "label": f"{number:05d} · {rows:,} planted rows",
                "file": shard_name(number),
                "source": {},
            },
        )
        for number, rows in enumerate(ref.counts["shards"], ref.counts["first_shard"])
    ]
