"""Airlock's face in Airflow: operators, the form of a run, the deployment's settings and its pages.

Thin by design: whatever works on data lies in ``tasks`` and runs in a process of its own.
"""
