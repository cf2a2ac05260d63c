"""The first tables: data sets with budgets, their logs, charges, sums and units."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, Float, Integer, LargeBinary, String, Text

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dataset",
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
    op.create_table(
        "record",
        Column("dataset", String(63), primary_key=True),
        Column("seq", BigInteger, primary_key=True, autoincrement=False),
        Column("kind", String(16), nullable=False),
        Column("created", String(32), nullable=False),
        Column("body", Text, nullable=False),
        Column("hash", String(64), nullable=False),
        Column("signature", String(128), nullable=False),
    )
    op.create_table(
        "charge",
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
    )
    op.create_index("ix_charge_key", "charge", ["key", "dataset"])
    op.create_index("ix_charge_claim", "charge", ["claim", "dataset"])
    op.create_table(
        "spent",
        Column("pool", String(63), primary_key=True),
        Column("block", String(63), primary_key=True),
        Column("period", String(16), primary_key=True),
        Column("sums", Text, nullable=False),
        Column("truncated", Float(53), nullable=False),
        Column("charges", BigInteger, nullable=False),
    )
    op.create_table(
        "unit_set",
        Column("dataset", String(63), primary_key=True),
        Column("block", String(63), primary_key=True),
        Column("hash_key", String(16), primary_key=True),
        Column("members", BigInteger, nullable=False),
        Column("digest", String(64), nullable=False),
        Column("hashes", LargeBinary, nullable=False),
    )
    op.create_table(
        "pair",
        Column("kind", String(16), primary_key=True),
        Column("scope", String(63), primary_key=True),
        Column("one", String(63), primary_key=True),
        Column("other", String(63), primary_key=True),
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger is append-only")
