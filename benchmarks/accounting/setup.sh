#!/bin/sh
# An environment of its own for compare.py: dp-accounting and Airflow want different versions of attrs.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
python3 -m venv "${1:-$here/.venv}"
"${1:-$here/.venv}/bin/pip" install --quiet dp-accounting==0.6.0
echo "run: ${1:-$here/.venv}/bin/python $here/compare.py OUT.json"
