"""The privacy ledger: every charge on every data set, over every run there ever was.

Formal guarantees:
    *Never too little.* A charge is on disk when :meth:`Ledger.reserve` returns, before anything noisy is computed, and
    :meth:`Ledger.mark` is on disk before the first noise is drawn; from then on nothing but abandoning the run for good
    makes it smaller. A crash between any two statements leaves the ledger counting at least what was spent. Reserving
    reads the sum and writes the charge in one transaction that no other charge on the same data set runs beside, so
    the sum never passes the budget (:class:`tasks.core.ledger.filter.Filter`).

    *One entry, one output.* A nonce is handed out again only for the same stage key, while its entry has released
    nothing, and only to one of two:

    - a restart under the same fingerprint of code, libraries, device and threads. It draws the identical noise for the
      identical data, so that what a killed attempt computed and what the restart computes are the same numbers.
    - a run that holds a checkpoint of the entry, under any fingerprint. The steps up to the checkpoint are not computed
      again. Those after it may have been computed by a killed attempt with the same noise and other rounding, but that
      attempt's weights after the checkpoint died with it: they were neither released nor kept, and the one output
      that the entry may release is a single path through the planned steps, each with its noise added once. From then
      on no fingerprint restarts the entry: without its checkpoint the next attempt is a new charge.

    Every other restart gets a new entry and a new nonce. That two attempts never compute beside each other is for the
    caller's lease (:mod:`tasks.core.lease`).
"""

from __future__ import annotations

import contextlib
import dataclasses
import getpass
import hashlib
import json
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from tasks.core.dp_events import Event, SampledGaussian, from_json, to_json
from tasks.core.errors import BudgetRefused, TryAgain, UserError
from tasks.core.ledger import accounts
from tasks.core.ledger import tables as t
from tasks.core.ledger.accounts import DataSet
from tasks.core.ledger.chain import Record, Signer
from tasks.core.ledger.database import Database
from tasks.core.ledger.decision import Charge, Decision, Tight, decide, refusal
from tasks.core.ledger.filter import Filter
from tasks.core.ledger.heads import Heads
from tasks.core.ledger.units import UnitSet


@dataclass(frozen=True)
class Entry:
    """One charge as it stands in the ledger.

    Attributes:
        mechanism: its events, plain JSON.
        state: ``reserved`` (no noise drawn yet), ``noise``, ``committed`` (its one output is published), ``freed``
            (given up before any noise was drawn; costs nothing) or ``abandoned`` (given up for good after noise was
            drawn: nothing was released, and it costs the steps that had begun).
        nonce: 32 random bytes; the noise is a function of the secret, the stage's key and this.
    """

    id: str
    dataset: str
    run_id: str
    actor: str
    key: str
    fingerprint: str
    mechanism: list[dict[str, Any]]
    epsilon: float
    delta: float
    unit: str
    relation: str
    released: str
    block: str
    period: str
    claim: str
    interval: str
    nonce: bytes
    state: str
    digest: str | None
    created: str

    @property
    def events(self) -> tuple[Event, ...]:
        """Its mechanisms."""
        return from_json(self.mechanism)

    def __repr__(self) -> str:
        return f"Entry({self.id}, {self.dataset}, {self.state})"


@dataclass(frozen=True)
class Account:
    """What a data set may spend, and has.

    Attributes:
        spent: ε at the budget's δ of what stands in the current period: what decides.
        reserved: how much of it is reserved, with no output yet.
        charges: how many charges stand.
    """

    dataset: DataSet
    budget: DataSet
    period: str
    spent: float
    reserved: float
    charges: int

    @property
    def left(self) -> float:
        """What is left of ε."""
        return max(self.budget.epsilon - self.spent, 0.0)


@dataclass(frozen=True)
class Pool:
    """A data set, those that it shares a budget with, and all their charges, as they stood at one moment.

    Attributes:
        dataset: the data set.
        budget: the one whose budget counts.
        members: names of all that draw on it.
        filter: what decides.
        shared: pairs of blocks with a person in both.
        entries: all charges, oldest first.
    """

    dataset: DataSet
    budget: DataSet
    members: list[str]
    filter: Filter
    shared: list[tuple[str, str]]
    entries: list[Entry]


class Ledger:
    """The charges of every run. Safe for several processes, on PostgreSQL for several hosts.

    Args:
        where: path of an SQLite file, made where it isn't there, or an SQLAlchemy URL.
        signer: signs what is written; without it the ledger can only be read.
        heads: where copies of the logs' heads lie; without it a restored backup isn't noticed.
    """

    def __init__(self, where: str | Path, signer: Signer | None = None, heads: Heads | None = None) -> None:
        self.database = Database(where)
        self._signer, self._heads = signer, heads

    # --- data sets

    def set_budget(
        self,
        name: str,
        *,
        epsilon: float,
        delta: float,
        owner: str,
        reason: str,
        period: str = "lifetime",
        unit: str = "person",
        parallel: bool = False,
        only_new: bool = False,
    ) -> DataSet:
        """Register a data set, or give it another budget.

        Args:
            unit: whose privacy its charges count: ``person`` or ``record``.
            parallel: whether it may be partitioned by person (by something that depends on the person alone).
            only_new: leave a registered one as it is.

        Raises:
            UserError: a budget that promises nothing, or another unit than past charges have.
        """
        body = {
            "epsilon": float(epsilon), "delta": float(delta), "period": period, "owner": owner, "reason": reason,
            "unit": unit, "parallel": parallel,
        }  # fmt: skip
        with self._writing() as (db, made):
            found = accounts.find(db, name)
            if found is None:
                self.database.alone(db)
                found = accounts.find(db, name)
            if found is None:
                self._check_heads(db, [name])
                made.append(accounts.register(db, self._key(), name, body))
            elif not only_new:
                found = accounts.locked(db, name)
                self._check_heads(db, accounts.members(db, found.pool))
                made.append(accounts.change_budget(db, self._key(), found, body))
            result = accounts.find(db, name)
        assert result is not None
        return result

    def link(self, name: str, other: str, reason: str) -> None:
        """Let a data set draw on the budget of another: they share people. The other's budget counts from now on."""
        with self._writing() as (db, made):
            accounts.lock_all(db)
            one, two = accounts.locked(db, name), accounts.locked(db, other)
            if one.unit != two.unit:
                raise UserError(f"ledger: {name} counts for one {one.unit}, {other} for one {two.unit}: no link")
            if one.pool == two.pool:
                return
            for found in (one, two):
                self._check_heads(db, accounts.members(db, found.pool))
            for member in accounts.members(db, one.pool):
                made.append(accounts.append(db, self._key(), member, "link", {"pool": two.pool, "reason": reason}))
            body = {"joined": name, "reason": reason}
            made.append(accounts.append(db, self._key(), two.pool, "joined", body))
            accounts.join(db, one.pool, two.pool)
            made += accounts.share_blocks(db, self._key(), accounts.locked(db, name))

    def declare_distinct(self, name: str, other: str, reason: str) -> None:
        """Enter an operator's word that two data sets share nobody, where hashes under different keys can't tell."""
        with self._writing() as (db, made):
            accounts.lock_all(db)
            accounts.locked(db, other)
            accounts.locked(db, name)
            if accounts.pair_up(db, "distinct", "", name, other):
                body = {"distinct_from": other, "reason": reason}
                made.append(accounts.append(db, self._key(), name, "distinct", body))

    def datasets(self) -> list[DataSet]:
        """All registered data sets, by name."""
        with self.database.writing() as db:
            return accounts.everything(db)

    def account(self, name: str, tight: Tight) -> Account:
        """What a data set may spend and has spent in the current period.

        Raises:
            UserError: where it isn't registered.
        """
        with self.database.writing() as db:
            found = accounts.locked(db, name)
            pool = accounts.find(db, found.pool)
            assert pool is not None
            period = accounts.period_of(pool.period, accounts.now())
            filter_ = accounts.filter_of(db, pool.name)
            groups = accounts.groups(db, filter_, pool.name, period, "")
            rows = accounts.standing(db, pool.name, period)
            if len(rows) == 1:
                spent = tight(from_json(json.loads(rows[0].mechanism)), pool.delta)
            else:
                spent = max(filter_.epsilon_of(one) for one in groups)
            done = filter_.nothing()
            for row in rows:
                if row.state in ("committed", "abandoned"):
                    done = done + filter_.cost(from_json(json.loads(row.mechanism)))
            settled = 0.0 if not done.charges else spent if done.charges == len(rows) else filter_.epsilon_of(done)
            return Account(found, pool, period, spent, max(spent - settled, 0.0), len(rows))

    def pool(self, name: str) -> Pool:
        """A data set with all that it shares a budget with.

        Raises:
            UserError: where it isn't registered.
        """
        with self.database.reading() as db:
            found = accounts.registered(db, name)
            budget = accounts.registered(db, found.pool)
            members = accounts.members(db, budget.name)
            rows = db.execute(select(t.charge).where(t.charge.c.dataset.in_(members)).order_by(t.charge.c.number))
            entries = [_entry(row) for row in rows]
            filter_, shared = accounts.filter_of(db, budget.name), accounts.shared_blocks(db, budget.name)
            return Pool(found, budget, members, filter_, shared, entries)

    # --- charges

    def know_units(self, name: str, units: UnitSet, block: str = "") -> None:
        """Remember who is in a data set.

        Raises:
            UserError: where it shares people with another that draws on another budget.
        """
        with self._writing() as (db, made):
            accounts.lock_all(db)
            found = accounts.locked(db, name)
            self._check_heads(db, accounts.members(db, found.pool))
            made += accounts.take_units(db, self._key(), found, block, units)

    def quote(self, charge: Charge, before: Sequence[tuple[Event, ...]] = ()) -> Decision:
        """What :meth:`reserve` would say now. Nothing is charged.

        Args:
            charge: what would be spent.
            before: the events of charges on the same data set, and no block of it, that would be made before it.

        Raises:
            UserError: the data set isn't registered, or the charge isn't of its kind.
        """
        with self.database.writing() as db:
            found = accounts.locked(db, charge.dataset)
            self._check_heads(db, accounts.members(db, found.pool))
            decision = self._decide(db, found, charge, accounts.now(), before)
            return dataclasses.replace(decision, paid=_paid(db, charge))

    def paid(self, charge: Charge) -> str:
        """The id of a standing charge with the same claim on the same data set; empty where there is none."""
        with self.database.reading() as db:
            return _paid(db, charge)

    def reserve(
        self, charge: Charge, *, fingerprint: str, resumes: Callable[[Entry], bool] = lambda entry: False
    ) -> Entry:
        """Enter a charge before anything noisy is computed, or return the open one that a restart continues.

        Args:
            charge: what is spent.
            fingerprint: digest of code, libraries, device and thread count.
            resumes: whether the caller holds a checkpoint of an entry. It is asked of this key's entries under which
                noise was drawn and nothing published; the first it says yes to is returned.

        Raises:
            BudgetRefused: it doesn't fit, or the ledger is older than a head that was seen.
            TryAgain: another process holds the ledger for too long.
            UserError: the data set isn't registered, or the charge isn't of its kind.
        """
        if charge.units is not None:
            self.know_units(charge.dataset, charge.units, charge.block)
        try:
            return self._reserve(charge, fingerprint, resumes)
        except _Refused as refused:
            raise BudgetRefused(refusal(charge.dataset, refused.decision, charge)) from None

    def _reserve(self, charge: Charge, fingerprint: str, resumes: Callable[[Entry], bool]) -> Entry:
        with self._writing() as (db, made):
            found = accounts.locked(db, charge.dataset)
            self._check_heads(db, accounts.members(db, found.pool))
            mine = (t.charge.c.key == charge.key) & (t.charge.c.dataset == charge.dataset)
            noisy = db.execute(select(t.charge).where(mine, t.charge.c.state == "noise").order_by(t.charge.c.number))
            for row in noisy.all():
                if resumes(entry := _entry(row)):
                    if entry.fingerprint != fingerprint:
                        _set(db, entry.id, fingerprint=accounts.CHECKPOINT_ONLY)
                        made.append(accounts.append(db, self._key(), found.name, "resume", {"id": entry.id}))
                    return entry
            again = db.execute(
                select(t.charge)
                .where(mine, t.charge.c.fingerprint == fingerprint, t.charge.c.state.in_(("reserved", "noise")))
                .order_by(t.charge.c.number)
            ).first()
            if again is not None:
                return _entry(again)
            # No noise was drawn under these, and this fingerprint will never draw it.
            for row in db.execute(select(t.charge.c.id).where(mine, t.charge.c.state == "reserved")).all():
                made.append(self._free(db, found, row.id, "another attempt of the same stage took its place"))
            moment = accounts.now()
            decision = self._decide(db, found, charge, moment)
            if decision.fits:
                return self._enter(db, found, charge, fingerprint, moment, made)
            raise _Refused(decision)

    def mark(self, entry_id: str) -> None:
        """Make durable that noise is about to be drawn: from here on the charge stands. Repeating it changes nothing.

        Raises:
            TryAgain: the charge was freed, or its output is there, meanwhile: no noise may be drawn under it.
        """
        if self._move(entry_id, ("reserved",), "noise", "mark", {}) != "noise":
            raise TryAgain(f"ledger: another attempt gave up or committed entry {entry_id} meanwhile; try again")

    def commit(self, entry_id: str, digest: str) -> None:
        """Record that the entry's one output was published. Repeating it changes nothing.

        Raises:
            UserError: the charge was given up: what was published under it isn't paid for.
        """
        state = self._move(entry_id, ("reserved", "noise"), "committed", "commit", {"digest": digest}, digest=digest)
        if state != "committed":
            raise UserError(f"ledger: entry {entry_id} is {state}; an output published under it isn't paid for")

    def free(self, entry_id: str, why: str) -> bool:
        """Give up a reservation under which no noise was drawn. False where it isn't one."""
        with self._writing() as (db, made):
            found = self._dataset_of(db, entry_id)
            if db.scalar(select(t.charge.c.state).where(t.charge.c.id == entry_id)) != "reserved":
                return False
            made.append(self._free(db, found, entry_id, why))
            return True

    def abandon(self, entry_id: str, steps_begun: int, why: str) -> None:
        """Give up for good a run that drew noise and released nothing.

        The caller has destroyed its checkpoints. The nonce is overwritten, so that nothing can be drawn from it
        again; the steps that never began are freed, where the charge had passed by the filter.

        Args:
            steps_begun: a bound on the steps for which noise may have been drawn, kept outside of what private data
                decides.

        Raises:
            UserError: where the entry is in another state.
        """
        with self._writing() as (db, made):
            found = self._dataset_of(db, entry_id)
            row = db.execute(select(t.charge).where(t.charge.c.id == entry_id)).one()
            if row.state != "noise":
                raise UserError(f"ledger: entry {entry_id} is {row.state}; only one that drew noise can be abandoned")
            events = from_json(json.loads(row.mechanism))
            filter_ = accounts.filter_of(db, found.pool)
            # One that passed by its tight ε alone keeps its size: were it smaller, the filter might let others follow,
            # and which of the two arguments holds would depend on what the run had shown.
            by_filter = filter_.fits(filter_.cost(events))
            one = events[0] if len(events) == 1 and by_filter else None
            if isinstance(one, SampledGaussian) and 1 <= steps_begun < one.steps:
                events = (dataclasses.replace(one, steps=steps_begun),)
            plain = to_json(events)
            _set(
                db, entry_id, state="abandoned", mechanism=json.dumps(plain), nonce=b"", fingerprint=accounts.ABANDONED
            )
            body = {"id": entry_id, "mechanism": plain, "why": why}
            made.append(accounts.append(db, self._key(), found.name, "abandon", body))
            accounts.rebuild(db, found.pool)

    def note(self, name: str, kind: str, body: dict[str, Any]) -> None:
        """Append a record that changes no charge, such as an erasure or a release."""
        if kind not in ("forget", "note", "release"):
            raise UserError("ledger: a note is of kind forget, note or release")
        with self._writing() as (db, made):
            accounts.locked(db, name)
            made.append(accounts.append(db, self._key(), name, kind, body))

    def entries(self, dataset: str | None = None, pool: str | None = None) -> list[Entry]:
        """All charges, oldest first; of one data set or one pool where it is named."""
        with self.database.writing() as db:
            query = select(t.charge).order_by(t.charge.c.number)
            if dataset is not None:
                query = query.where(t.charge.c.dataset == dataset)
            if pool is not None:
                query = query.where(t.charge.c.dataset.in_(accounts.members(db, pool)))
            return [_entry(row) for row in db.execute(query)]

    def records(self, dataset: str) -> list[Record]:
        """A data set's log, oldest first."""
        with self.database.writing() as db:
            rows = db.execute(select(t.record).where(t.record.c.dataset == dataset).order_by(t.record.c.seq))
            return [Record(**row._asdict()) for row in rows]

    def datasets_with(self, unit_id: str, hash_key: str) -> list[str]:
        """The data sets whose charges count a unit, by name.

        Args:
            unit_id: 64 hex characters, hashed under the key of id ``hash_key``. Sets under other keys can't tell.
        """
        with self.database.reading() as db:
            rows = db.execute(select(t.unit_set).where(t.unit_set.c.hash_key == hash_key))
            held = {row.dataset for row in rows if UnitSet.from_bytes(row.hash_key, row.hashes).holds(unit_id)}
            return sorted(held)

    # --- within a transaction

    def _decide(
        self,
        db: Connection,
        found: DataSet,
        charge: Charge,
        moment: str,
        before: Sequence[tuple[Event, ...]] = (),
    ) -> Decision:
        if charge.unit != found.unit:
            raise UserError(
                f"budget: data set {found.name} counts for one {found.unit}, this charge for one {charge.unit}; set "
                "train.unit so, or register the data set with that unit"
            )
        if charge.block and not (found.parallel and found.unit == "person" and charge.units is not None):
            raise UserError(
                f"budget: a part of {found.name} can be charged by itself only where the data set is registered as "
                "partitioned by person, and people are hashed"
            )
        pool = accounts.find(db, found.pool)
        assert pool is not None
        filter_ = accounts.filter_of(db, pool.name, before[0] if before else charge.events)
        period = accounts.period_of(pool.period, moment)
        groups = accounts.groups(db, filter_, pool.name, period, charge.block)
        lone = None
        if not charge.block and sum(one.charges for one in groups) == 1:
            (row,) = accounts.standing(db, pool.name, period)
            lone = charge.tight(from_json(json.loads(row.mechanism)), pool.delta)
        return decide(filter_, groups, charge, lone, before)

    def _enter(
        self, db: Connection, found: DataSet, charge: Charge, fingerprint: str, moment: str, made: list[Record]
    ) -> Entry:
        pool = accounts.find(db, found.pool)
        assert pool is not None
        period, nonce = accounts.period_of(pool.period, moment), secrets.token_bytes(32)
        values: dict[str, Any] = {
            "id": accounts.new_id(),
            "dataset": charge.dataset,
            "run_id": charge.run_id,
            "actor": charge.actor or _whoever(),
            "key": charge.key,
            "fingerprint": fingerprint,
            "epsilon": charge.epsilon,
            "delta": charge.delta,
            "unit": charge.unit,
            "relation": charge.relation,
            "released": charge.released,
            "block": charge.block,
            "period": period,
            "claim": charge.claim,
            "interval": charge.interval,
        }
        plain = to_json(charge.events)
        row = {**values, "mechanism": json.dumps(plain), "nonce": nonce, "state": "reserved", "created": moment}
        number = db.execute(insert(t.charge).values(**row).returning(t.charge.c.number)).scalar_one()
        filter_ = accounts.filter_of(db, pool.name, charge.events)
        accounts.add(db, pool.name, charge.block, period, filter_.cost(charge.events))
        # The log may leave as an extract: it holds the nonce's hash only.
        nonce_sha256 = hashlib.sha256(nonce).hexdigest()
        body = {**values, "number": number, "mechanism": plain, "nonce_sha256": nonce_sha256}
        made.append(accounts.append(db, self._key(), found.name, "reserve", body, moment))
        return _entry(db.execute(select(t.charge).where(t.charge.c.id == values["id"])).one())

    def _free(self, db: Connection, found: DataSet, entry_id: str, why: str) -> Record:
        _set(db, entry_id, state="freed")
        made = accounts.append(db, self._key(), found.name, "free", {"id": entry_id, "why": why})
        accounts.rebuild(db, found.pool)
        return made

    def _move(
        self, entry_id: str, before: tuple[str, ...], state: str, kind: str, body: dict[str, Any], **also: Any
    ) -> str:
        """Take an entry from one of some states to another; the state that it has then is returned."""
        with self._writing() as (db, made):
            found = self._dataset_of(db, entry_id)
            was = str(db.scalar(select(t.charge.c.state).where(t.charge.c.id == entry_id)))
            if was not in before:
                return was
            _set(db, entry_id, state=state, **also)
            made.append(accounts.append(db, self._key(), found.name, kind, {"id": entry_id, **body}))
            return state

    def _dataset_of(self, db: Connection, entry_id: str) -> DataSet:
        name = db.scalar(select(t.charge.c.dataset).where(t.charge.c.id == entry_id))
        if name is None:
            raise UserError(f"ledger: there is no entry {entry_id}")
        return accounts.locked(db, name)

    def _key(self) -> Signer:
        if self._signer is None:
            raise UserError("key: this worker holds no `ledger` key, which writing to the ledger needs")
        return self._signer

    def _check_heads(self, db: Connection, names: list[str]) -> None:
        """Refuse to spend from a ledger that is older than what was seen of it, in any of a pool's data sets."""
        if self._heads is None:
            return
        for name in names:
            newest = self._heads.newest(name)
            if newest is None:
                continue
            seq, digest = newest
            where = (t.record.c.dataset == name) & (t.record.c.seq == seq)
            if db.scalar(select(t.record.c.hash).where(where)) != digest:
                raise BudgetRefused(
                    f"ledger: {self.database.name} is older than, or another than, the one that wrote record {seq} of "
                    f"data set {name}, whose head the artifact store holds. A backup was restored, or the ledger was "
                    "changed: charges are missing, so nothing may be spent. Bring back the newest ledger, and run "
                    "`airlock ledger verify`"
                )

    @contextlib.contextmanager
    def _writing(self) -> Iterator[tuple[Connection, list[Record]]]:
        """A transaction; the heads of what it appended are copied once it is durable."""
        made: list[Record] = []
        with self.database.writing() as db:
            yield db, made
        if self._heads is None:
            return
        # Only after the commit: a head that no ledger holds would shut everybody out.
        for head in {one.dataset: one for one in made}.values():
            if not self._heads.write(head):
                raise BudgetRefused(
                    f"ledger: the log of data set {head.dataset} has two records {head.seq}: two ledgers are in use "
                    "for it, and each misses the other's charges. Nothing may be spent until one of them is given up"
                )


class _Refused(Exception):
    """Leaves the transaction before what would fit is looked for."""

    def __init__(self, decision: Decision) -> None:
        self.decision = decision


def _whoever() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def _paid(db: Connection, charge: Charge) -> str:
    if not charge.claim:
        return ""
    claimed = select(t.charge.c.id).where(
        t.charge.c.claim == charge.claim,
        t.charge.c.dataset == charge.dataset,
        t.charge.c.state.in_(("reserved", "noise", "committed")),
    )
    return db.scalar(claimed.limit(1)) or ""


def _set(db: Connection, entry_id: str, **values: Any) -> None:
    db.execute(update(t.charge).where(t.charge.c.id == entry_id).values(**values))


def _entry(row: Row[Any]) -> Entry:
    values = row._asdict()
    del values["number"]
    values["mechanism"] = json.loads(values["mechanism"])
    values["nonce"] = bytes(values["nonce"])
    return Entry(**values)
