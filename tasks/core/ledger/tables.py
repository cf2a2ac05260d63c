"""The ledger's tables. Changed only together with a migration in :mod:`tasks.core.ledger.migrations`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, LargeBinary, MetaData, String, Table, Text

METADATA = MetaData()

dataset = Table(
    "dataset",
    METADATA,
    Column("name", String(63), primary_key=True),
    Column("pool", String(63), nullable=False, index=True),
    Column("epsilon", Float(53), nullable=False),
    Column("delta", Float(53), nullable=False),
    Column("period", String(16), nullable=False),
    Column("owner", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("unit", String(16), nullable=False),
    Column("parallel", Boolean, nullable=False),
    Column("created", String(32), nullable=False),
    Column("head_seq", BigInteger, nullable=False),
    Column("head_hash", String(64), nullable=False),
)
"""A registered data set. Linked ones share a pool, named after one of them, whose budget counts for all."""

record = Table(
    "record",
    METADATA,
    Column("dataset", String(63), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),
    Column("created", String(32), nullable=False),
    Column("body", Text, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("signature", String(128), nullable=False),
)
"""The log: appended to, never changed. Everything else can be computed from it."""

charge = Table(
    "charge",
    METADATA,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("id", String(16), nullable=False, unique=True),
    Column("dataset", String(63), nullable=False, index=True),
    Column("run_id", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("key", String(64), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("mechanism", Text, nullable=False),
    Column("epsilon", Float(53), nullable=False),
    Column("delta", Float(53), nullable=False),
    Column("unit", String(16), nullable=False),
    Column("relation", String(32), nullable=False),
    Column("released", Text, nullable=False),
    Column("block", String(63), nullable=False),
    Column("period", String(16), nullable=False),
    Column("claim", String(64), nullable=False),
    Column("interval", Text, nullable=False),
    Column("nonce", LargeBinary, nullable=False),
    Column("state", String(16), nullable=False),
    Column("digest", String(64)),
    Column("created", String(32), nullable=False),
    # With the data set: else SQLite, which has no statistics, may read every charge of it.
    Index("ix_charge_key", "key", "dataset"),
    Index("ix_charge_claim", "claim", "dataset"),
)
"""What was charged, and how far each charge has come."""

spent = Table(
    "spent",
    METADATA,
    Column("pool", String(63), primary_key=True),
    Column("block", String(63), primary_key=True),
    Column("period", String(16), primary_key=True),
    Column("sums", Text, nullable=False),
    Column("truncated", Float(53), nullable=False),
    Column("charges", BigInteger, nullable=False),
)
"""Sums of what stands, by pool, block and period, so that a decision needn't read every charge."""

unit_set = Table(
    "unit_set",
    METADATA,
    Column("dataset", String(63), primary_key=True),
    Column("block", String(63), primary_key=True),
    Column("hash_key", String(16), primary_key=True),
    Column("members", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("hashes", LargeBinary, nullable=False),
)
"""Keyed hashes of the units that a data set has held, sorted 64-bit words."""

pair = Table(
    "pair",
    METADATA,
    Column("kind", String(16), primary_key=True),
    Column("scope", String(63), primary_key=True),
    Column("one", String(63), primary_key=True),
    Column("other", String(63), primary_key=True),
)
"""``distinct``: two data sets of which an operator said that they share nobody, where hashes under different keys can't
tell. ``shared``: two blocks of the pool ``scope`` with a person in both. ``one`` comes before ``other``."""
