"""A data set's log as a file that a third party can check by the ledger's public key alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from tasks.core.errors import UserError
from tasks.core.ledger.chain import START, Record, Signer, Verifier
from tasks.core.ledger.replay import Books, replay
from tasks.core.ledger.verify import Finding, check_log

FORMAT = "airlock/ledger-extract/1"


def extract(dataset: str, log: Sequence[Record], at: str, signer: Signer) -> dict[str, Any]:
    """A log with a signed statement that it ended so at a moment.

    It holds each record whole, and no record holds a nonce: a charge's says its hash.

    Args:
        at: the moment, UTC.
    """
    seq, digest = (log[-1].seq, log[-1].hash) if log else (0, START)
    end = {"at": at, "seq": seq, "hash": digest}
    return {
        "format": FORMAT,
        "dataset": dataset,
        "public_key": signer.public,
        "end": {**end, "signature": signer.sign(_digest(dataset, end))},
        "records": [{name: value for name, value in asdict(one).items() if name != "dataset"} for one in log],
    }


def check(text: str, public: str) -> tuple[list[Finding], str, Books]:
    """Check an extract offline.

    Args:
        text: the file.
        public: the ledger's public key, from a source other than the file.

    Returns:
        what is wrong, the moment at which the log ended so, and what its records come to.

    Formal guarantees:
        Where nothing is found, these are all records that the key's holder had signed for the data set by then, as
        signed: none is changed, missing or put in.

    Raises:
        UserError: where it isn't an extract.
    """
    verifier = Verifier(public)
    try:
        plain = json.loads(text)
        name, end = str(plain["dataset"]), dict(plain["end"])
        log = [Record(dataset=name, **one) for one in plain["records"]]
        signature, at = str(end.pop("signature")), str(end["at"])
        whole = plain["format"] == FORMAT and set(end) == {"at", "seq", "hash"}
        digest = _digest(name, end)
    except (ValueError, KeyError, TypeError, AttributeError):
        whole = False
    if not whole:
        raise UserError("ledger: the file isn't an extract that `airlock ledger export` of this version wrote")
    found = list(check_log(name, log, verifier))
    if not verifier.signed(digest, signature):
        text = f"data set {name}: the statement of where its log ended isn't signed by the ledger's key"
        found.append(Finding(name, "end", text))
    elif (end["seq"], end["hash"]) != ((log[-1].seq, log[-1].hash) if log else (0, START)):
        text = f"data set {name}: its log ended with record {end['seq']} then, the extract ends with another"
        found.append(Finding(name, "end", text))
    books = replay({name: log})
    found += [Finding(name, f"record {n}", f"data set {name}, record {n}: {it}") for _, n, it in books.faults]
    return found, at, books


def _digest(dataset: str, end: dict[str, Any]) -> str:
    whole = json.dumps([FORMAT, dataset, end["at"], end["seq"], end["hash"]], ensure_ascii=True)
    return hashlib.sha256(whole.encode()).hexdigest()
