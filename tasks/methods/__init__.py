"""Plain libraries: no artifacts, no config files, no Airflow; usable in a notebook."""
