"""# A private model, from raw rows to a model folder

Rows that hold personal data go in; a language model trained with differential privacy comes out, with the evidence
beside it. No stage behind the leak gate sees a raw value, and **train accepts no table but the leak gate's**.

| task | takes | leaves |
|---|---|---|
| ingest | the source | typed shards; what doesn't fit is quarantined |
| budget | all shards | nothing is charged: the run stops here where the data set can't pay for it |
| plant | all shards | them, and shards of synthetic records that show what masking misses |
| statistics | all shards | charges the privacy ledger for each column that the policy fills with its mean; the means |
| mask | one shard each, the means | the same rows, personal data masked by the policy |
| review | all masked shards | a sample for a person to read, where the policy asks for one |
| review_answer | the sample | nothing: it waits until that person has answered, in numbers |
| leakcheck | all masked shards | the clean table, or nothing: the gate shuts |
| canary | the clean table | invented records with a coin each, for the audit, where the run asks for them |
| train | the clean table, the canaries | charges the privacy ledger; an adapter trained with DP-SGD to ε and δ |
| clip | the adapter | merged weights, truncated or limited in norm |
| export | the weights | a Hugging Face folder with its model card; emits the model's asset |
| audit | the model, the clean table, the canaries | what attacks on the model find; over a limit, nothing goes on |
| approve_release | the model | nothing: where the policy asks for a person, it waits for one who didn't trigger it |
| release | the model and the evidence | a signed bundle in the hand-off zone; emits the release's asset |

**Trigger** it with the form, or over REST with a `conf` of its fields: `{"ingest.source": "…", "train.epsilon": 4}`.
Defaults come from the file that `AIRLOCK_CONFIG` names; with one, the DAG also runs on a schedule and takes the
partition of its data interval: `{start:%Y-%m-%d}` and `{end:%Y-%m-%d}` in the source stand for its ends. A partition
without a file skips the run. Triggered runs name a source of their own.

**Run it again** and whatever has not changed is reused: an artifact's address is what decided its content.
"""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.sdk import DAG

from airlock_airflow.form import params
from airlock_airflow.operators import (
    ApproveReleaseOperator,
    AuditOperator,
    BudgetOperator,
    CanaryOperator,
    ClipOperator,
    ExportOperator,
    IngestOperator,
    LeakcheckOperator,
    MaskOperator,
    PlantOperator,
    ReleaseOperator,
    ReviewAnswerOperator,
    ReviewOperator,
    StatisticsOperator,
    TrainOperator,
)
from airlock_airflow.schedule import schedule
from airlock_airflow.settings import task_defaults

with DAG(
    "private_model",
    description="Raw rows in, a differentially private language model with its evidence out",
    doc_md=__doc__,
    tags=["airlock", "privacy", "training"],
    schedule=schedule(),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=True,
    default_args=task_defaults(),
    params=params(),
):
    ingest = IngestOperator(task_id="ingest")
    budget = BudgetOperator(task_id="budget", shards=ingest.output)
    plant = PlantOperator(task_id="plant", shards=ingest.output)
    budget >> plant
    statistics = StatisticsOperator(task_id="statistics", shards=ingest.output, budget=budget.output)
    mask = MaskOperator.partial(task_id="mask", statistics=statistics.output).expand(shard=plant.output)
    review = ReviewOperator(task_id="review", masked=mask.output, raw=plant.output)
    answer = ReviewAnswerOperator(sample=review.output)
    leakcheck = LeakcheckOperator(task_id="leakcheck", masked=mask.output, raw=plant.output, review=review.output)
    answer >> leakcheck
    canary = CanaryOperator(task_id="canary", clean=leakcheck.output)
    train = TrainOperator(
        task_id="train",
        clean=leakcheck.output,
        budget=budget.output,
        statistics=statistics.output,
        canaries=canary.output,
    )
    clip = ClipOperator(task_id="clip", model=train.output)
    export = ExportOperator(task_id="export", model=clip.output, training=train.output)
    audit = AuditOperator(
        task_id="audit", model=export.output, training=train.output, clean=leakcheck.output, canaries=canary.output
    )
    approve = ApproveReleaseOperator(model=export.output, training=train.output, audit=audit.output)
    release = ReleaseOperator(
        task_id="release",
        model=export.output,
        clipped=clip.output,
        training=train.output,
        clean=leakcheck.output,
        audit=audit.output,
    )
    approve >> release
