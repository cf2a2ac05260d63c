"""leakcheck: the gate between masked rows and anything that learns.

Each kind of evidence is an artifact of its own in the raw zone, keyed without limits; the verdict's report lies there
too. The clean table, in the clean zone, is written only where the verdict passes. The verdict is computed in every
run, also where all artifacts are reused.

Formal guarantees:
    What the clean table holds of a row is a function of that masked row and of what the gate's own detectors find in
    it. Known values, planted values, the person's sample and the sizes of groups rest on other people's rows as well:
    they decide whether there is a table, never what is in it.
"""

from __future__ import annotations

from dataclasses import replace

from tasks.core.artifacts import Ref
from tasks.core.errors import AirlockError, describe
from tasks.core.stage import Context
from tasks.stages.leakcheck.clean import STAGE, clean_table
from tasks.stages.leakcheck.gather import gather
from tasks.stages.leakcheck.judge import judge
from tasks.stages.leakcheck.shards import Shards

__all__ = ["STAGE", "run"]


def run(ctx: Context) -> Ref:
    """Look, judge and, where the gate is open, hand over the clean table.

    Returns:
        the clean table's; its counts name what of the gate's report may leave with a model (``leak_check``).

    Raises:
        GateRefused: where the evidence is over a limit of the policy; there is no clean table then.
        TryAgain: where the policy asks for a person's sample that nobody has read yet.
        UserError: where the policy names columns that the table doesn't have.
    """
    shards = Shards.of(ctx)
    try:
        evidence = gather(ctx, shards)
        shared = judge(ctx, shards, evidence)
        clean = clean_table(ctx, shards, evidence.independent)
        return replace(clean, counts={**clean.counts, "leak_check": shared.to_dict()})
    except AirlockError:
        raise
    except Exception as exc:
        raise AirlockError(f"leakcheck: {describe(exc)}") from None
