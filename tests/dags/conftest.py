"""The DAG tests use the fixtures of the plugins' tests."""

from tests.plugins.conftest import airflow_db, conf, load_dag, stages

__all__ = ["airflow_db", "conf", "load_dag", "stages"]
