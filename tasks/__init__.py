"""Airlock's work: stages, the methods they call and the core they stand on.

Nothing below this package imports Airflow: the same code runs from the command ``airlock`` and from the
operators in ``plugins/``.
"""

__version__ = "0.1.0"
