"""The privacy ledger: what a data set's people have already paid, over every run there ever was."""

from tasks.core.ledger.book import Account, Entry, Ledger
from tasks.core.ledger.chain import Record, Signer, Verifier
from tasks.core.ledger.decision import Charge, Decision
from tasks.core.ledger.heads import Heads
from tasks.core.ledger.units import UnitSet

__all__ = ["Account", "Charge", "Decision", "Entry", "Heads", "Ledger", "Record", "Signer", "UnitSet", "Verifier"]
