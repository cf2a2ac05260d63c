"""One operator a stage."""

from airlock_airflow.operators.audit import AuditOperator
from airlock_airflow.operators.base import StageOperator
from airlock_airflow.operators.budget import BudgetOperator
from airlock_airflow.operators.canary import CanaryOperator
from airlock_airflow.operators.clip import ClipOperator
from airlock_airflow.operators.export import ExportOperator
from airlock_airflow.operators.ingest import IngestOperator
from airlock_airflow.operators.leakcheck import LeakcheckOperator
from airlock_airflow.operators.mask import MaskOperator
from airlock_airflow.operators.plant import PlantOperator
from airlock_airflow.operators.release import ApproveReleaseOperator, ReleaseOperator
from airlock_airflow.operators.review import ReviewAnswerOperator, ReviewOperator
from airlock_airflow.operators.statistics import StatisticsOperator
from airlock_airflow.operators.train import TrainOperator

__all__ = [
    "ApproveReleaseOperator",
    "AuditOperator",
    "BudgetOperator",
    "CanaryOperator",
    "ClipOperator",
    "ExportOperator",
    "IngestOperator",
    "LeakcheckOperator",
    "MaskOperator",
    "PlantOperator",
    "ReleaseOperator",
    "ReviewAnswerOperator",
    "ReviewOperator",
    "StageOperator",
    "StatisticsOperator",
    "TrainOperator",
]
