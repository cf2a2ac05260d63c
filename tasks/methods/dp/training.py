"""The DP-SGD loop: draw a batch of units, sum their clipped gradients, add noise once, step; a hard stop at the end.

Every step draws from streams of its own, so a run that was interrupted goes on from a checkpoint of weights, optimizer
and step number (:mod:`tasks.methods.dp.checkpoint`) to the same bits.

Under ``torch.distributed`` every rank draws the same batch, works on its share, and the sums of all ranks are added
before the noise, which is the same on every rank: the weights are those of one process up to rounding.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import torch
import torch.distributed as dist
from torch import nn

from tasks.core.errors import AirlockError, TryAgain
from tasks.core.progress import Progress
from tasks.methods.dp.accounting import Mechanism, epsilon
from tasks.methods.dp.checkpoint import Checkpoints, identity
from tasks.methods.dp.engine import GradientEngine
from tasks.methods.dp.moved import MovedCheck
from tasks.methods.dp.randomness import KeyedRandomness
from tasks.methods.dp.sampling import PoissonSampler
from tasks.methods.dp.step import LogicalStep
from tasks.methods.dp.units import Units

_EPSILON_POINTS = 10


@dataclass(frozen=True)
class Recipe:
    """How to train, beside the mechanism.

    Attributes:
        max_grad_norm: C, the L2 norm each unit's gradient is clipped to.
        expected_batch: the public divisor of the noisy sum.
        learning_rate: the optimizer's step size at the start.
        physical_batch: rows on the device at once; changes the result by rounding only.
        optimizer: ``adam``, or ``sgd`` with ``momentum``. Neither decays weights.
        schedule: ``linear``: the step size falls to zero at the last planned step; ``constant``.
        mode: how per-unit gradients are computed (:class:`tasks.methods.dp.engine.GradientEngine`); changes the result
            by rounding only.
        precision: ``bfloat16``: forward and backward under autocast; sums, noise and weights stay float32.
    """

    max_grad_norm: float
    expected_batch: int
    learning_rate: float
    physical_batch: int
    optimizer: Literal["adam", "sgd"] = "adam"
    momentum: float = 0.9
    schedule: Literal["linear", "constant"] = "linear"
    mode: Literal["auto", "book-keeping", "hooks"] = "auto"
    precision: Literal["float32", "bfloat16"] = "float32"

    def rate(self, step: int, steps: int) -> float:
        """The step size of a step (0 is the first) of ``steps``."""
        return self.learning_rate * (1 - step / steps) if self.schedule == "linear" else self.learning_rate

    def deciding(self) -> dict[str, Any]:
        """What of it decides the result, as plain JSON."""
        return {name: value for name, value in asdict(self).items() if name not in ("physical_batch", "mode")}


@dataclass
class Outcome:
    """Facts of a run that depend on the private records, so lie outside the guarantee.

    Attributes:
        units: gradients computed in all.
        nonfinite: how many of them were not finite and counted as zero.
        empty_steps: steps whose batch was empty; they took noise all the same.
        mode: how per-unit gradients were computed.
        losses: of each step, the mean loss of its rows; ``None`` where its batch was empty. Not private: for the sealed
            zone only.
        clipped: of each step, the share of units whose gradient was longer than C. As ``losses``.
    """

    units: int = 0
    nonfinite: int = 0
    empty_steps: int = 0
    mode: str = ""
    losses: list[float | None] = field(default_factory=list)
    clipped: list[float | None] = field(default_factory=list)


class Interruption:
    """Whether the run should stop and be continued later; asked between physical batches.

    Args:
        asked: says whether somebody wants it to stop. May raise what must end the run without a checkpoint.
    """

    def __init__(self, asked: Callable[[], bool] = lambda: False) -> None:
        self._asked = asked

    def now(self) -> bool:
        """Stop within a step? Never with several ranks: the others would wait for this one for ever."""
        return _world() == 1 and self._asked()

    def before_step(self, device: torch.device) -> bool:
        """Stop before the next step? With several ranks one asked is all asked."""
        asked = self._asked()
        if _world() == 1:
            return asked
        flag = torch.tensor([int(asked)], device=device)
        dist.all_reduce(flag, op=dist.ReduceOp.MAX)
        return bool(flag.item())


def train(
    model: nn.Module,
    units: Units,
    losses: Callable[[Any], torch.Tensor],
    sampler: PoissonSampler,
    mechanism: Mechanism,
    recipe: Recipe,
    randomness: KeyedRandomness,
    device: torch.device,
    *,
    key: str = "",
    nonce: bytes = b"",
    checkpoints: Checkpoints | None = None,
    resuming: bool = False,
    checkpoint_seconds: float = math.inf,
    interruption: Interruption | None = None,
    progress: Progress | None = None,
    note: Callable[[int], str] = lambda step: "",
    begins: Callable[[int], None] = lambda step: None,
    project: Callable[[], None] = lambda: None,
) -> Outcome:
    """Train a model's trainable parameters in place, from a checkpoint of this run where there is one.

    Args:
        model: on ``device``; what is trainable is trained.
        units: the training rows by unit.
        losses: each row's own loss, [rows], from one batch of ``units``; it must not mix rows.
        sampler: who is in a step's batch; over ``units``, and what it does is what ``mechanism`` says.
        mechanism: σ, q and T, as they were given to the accountant.
        randomness: keyed by the secret and the ledger's nonce; the labels ``sampling/STEP`` and ``noise/STEP`` are
            used.
        key: the stage's key, which with ``nonce`` and the plan says whose a checkpoint is.
        resuming: there must be a checkpoint of this run: the charge was entered for the steps after it.
        checkpoint_seconds: between two checkpoints; another is written after the last step and when interrupted.
        progress: one unit a step.
        note: text for the progress line after a step, computed without the records.
        begins: called with each step's number before anything is drawn for it.
        project: called at each step's end, to change the weights in place by a function of them and of public constants
            alone, such as :class:`tasks.methods.clip.projection.Projection`; it is part of what ``key`` stands for.

    Formal guarantees:
        The weights after the last step, and after every other one, are (ε, δ)-differentially private with the ε of
        :func:`tasks.methods.dp.accounting.epsilon` for ``mechanism``, under adding or removing one unit of ``units``
        where the sampling rate doesn't depend on their number, under blanking one unit otherwise. ``project`` is
        post-processing of each noisy step: the next ones are chosen by its outcome, as composition allows. Taking up a
        checkpoint changes nothing in this: the steps before it are not repeated, those after it draw the noise that
        they would have drawn. No loss, gradient norm or batch size of a training record is logged; the outcome and the
        checkpoints hold such figures and are for the sealed zone.

    Raises:
        TryAgain: it was interrupted; the same call goes on from its checkpoint. Or the checkpoint is gone.
        AirlockError: the sampler does something else than the accountant was told, ranks begin apart, training doesn't
            reach the weights, or the model can't be trained privately.
    """
    if sampler.mechanism(mechanism.noise_multiplier, mechanism.steps) != mechanism or sampler.population != len(units):
        raise AirlockError("train: the sampler isn't the one that the accountant was told of")
    interruption = interruption or Interruption()
    precision = torch.bfloat16 if recipe.precision == "bfloat16" else None
    engine = GradientEngine(model, max_grad_norm=recipe.max_grad_norm, mode=recipe.mode, precision=precision)
    optimizer = _optimizer(engine.params, recipe)
    run = identity(key, nonce, plan(mechanism, recipe))
    start, outcome = 0, Outcome()
    if checkpoints is not None and (found := checkpoints.restore(run, model, optimizer)) is not None:
        start, record = found
        outcome = Outcome(**record)
    elif resuming:
        # From the start the same noise would be drawn again, under what may be another way of rounding.
        raise TryAgain("train: the checkpoint that this run was to go on from is gone; try again")
    _begin_together(start, device)
    outcome.mode = engine.mode
    logical = LogicalStep(
        engine,
        optimizer,
        noise_multiplier=mechanism.noise_multiplier,
        expected_batch=recipe.expected_batch,
        steps=mechanism.steps - start,
    )
    moved = MovedCheck(model) if start == 0 else None
    saved_step, saved_at = start, time.monotonic()
    if progress is not None and start:
        progress.advance(start, note(start))
    rank, world = (dist.get_rank(), _world()) if _world() > 1 else (0, 1)

    def save(step: int, durable: bool) -> None:
        nonlocal saved_step, saved_at
        if checkpoints is not None and rank == 0 and step > saved_step:
            checkpoints.save(run, step, model, optimizer, asdict(outcome), durable=durable)
            saved_step, saved_at = step, time.monotonic()

    def stop(step: int) -> TryAgain:
        save(step, durable=False)
        kept = "" if checkpoints is None else "; the same call goes on from there"
        return TryAgain(f"train: interrupted after step {step:,} of {mechanism.steps:,}{kept}")

    model.train()
    counted = _counts(engine)
    try:
        for step in range(start, mechanism.steps):
            if interruption.before_step(device):
                raise stop(step)
            begins(step)
            drawn = sampler.draw(randomness.stream(f"sampling/{step}"))
            tally = _Tally(losses, device)
            for batch in units.batches(drawn[rank::world], recipe.physical_batch, step):
                if interruption.now():
                    raise stop(step)
                engine.accumulate(tally.of(batch.to(device)), rows_per_unit=units.rows_per_unit)
            for group in optimizer.param_groups:
                group["lr"] = recipe.rate(step, mechanism.steps)
            logical.step(randomness.stream(f"noise/{step}"))
            if moved is not None:
                moved.verify(model)
                moved = None
            project()
            before, counted = counted, _counts(engine)
            tally.enter(outcome, *(b - a for a, b in zip(before, counted, strict=True)))
            if time.monotonic() - saved_at >= checkpoint_seconds:
                save(step + 1, durable=True)
            if progress is not None:
                progress.advance(1, note(step + 1))
        save(mechanism.steps, durable=True)
    finally:
        engine.close()
        model.eval()
    return outcome


def plan(mechanism: Mechanism, recipe: Recipe) -> dict[str, Any]:
    """What was decided before the first step, as plain JSON: a checkpoint under another plan is not this run's."""
    return {"mechanism": asdict(mechanism), "recipe": recipe.deciding()}


class _Tally:
    """Adds up what one step's rows say, for the sealed zone."""

    def __init__(self, losses: Callable[[Any], torch.Tensor], device: torch.device) -> None:
        self._losses = losses
        self._sums = torch.zeros(2, dtype=torch.float64, device=device)  # of the losses, of the rows

    def of(self, batch: Any) -> Callable[[], torch.Tensor]:
        """The batch's losses as the engine calls for them."""

        def compute() -> torch.Tensor:
            values = self._losses(batch)
            seen = values.detach()
            # A row that pads a unit has no loss; one with a loss of exactly zero has nothing to learn.
            finite = torch.isfinite(seen) & (seen != 0)
            self._sums += torch.stack([torch.where(finite, seen, 0).double().sum(), finite.double().sum()])
            return values

        return compute

    def enter(self, outcome: Outcome, units: int, nonfinite: int, clipped: int) -> None:
        """Put one step's figures, of all ranks together, into the outcome."""
        figures = torch.cat([self._sums, self._sums.new_tensor([units, nonfinite, clipped])])
        if _world() > 1:
            dist.all_reduce(figures)
        loss, rows, all_units, all_nonfinite, all_clipped = figures.tolist()
        outcome.units += int(all_units)
        outcome.nonfinite += int(all_nonfinite)
        outcome.empty_steps += all_units == 0
        outcome.losses.append(loss / rows if rows else None)
        outcome.clipped.append(all_clipped / all_units if all_units else None)


def _begin_together(start: int, device: torch.device) -> None:
    """Hold that all ranks go on from the same step: the batches, and the noise, of two steps must not be added up."""
    if _world() > 1:
        ends = torch.tensor([start, -start], device=device)
        dist.all_reduce(ends, op=dist.ReduceOp.MAX)
        if ends[0] != -ends[1]:
            raise AirlockError("train: the ranks don't see the same checkpoint; the sealed zone must be one for all")


def _counts(engine: GradientEngine) -> tuple[int, int, int]:
    """Units so far: all, not finite, clipped."""
    return engine.examples, int(engine.nonfinite), int(engine.clipped)


def _optimizer(params: list[nn.Parameter], recipe: Recipe) -> torch.optim.Optimizer:
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(params, lr=recipe.learning_rate, momentum=recipe.momentum, foreach=False)
    return torch.optim.Adam(params, lr=recipe.learning_rate, foreach=False)


def _world() -> int:
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


class EpsilonSoFar:
    """The note of a progress line: ε so far, and units a second as expected from the public batch size.

    ε is a bound at the next of ten points of the run, computed when that is reached. Real batch sizes aren't shown:
    who was drawn stays secret.
    """

    def __init__(self, mechanism: Mechanism, delta: float, expected_batch: int) -> None:
        self._mechanism, self._delta, self._batch = mechanism, delta, expected_batch
        self._known: dict[int, float] = {}
        self._first: tuple[int, float] | None = None

    def __call__(self, step: int) -> str:
        """The note after ``step`` steps."""
        now = time.monotonic()
        self._first = self._first or (step, now)
        rate = (step - self._first[0]) * self._batch / max(now - self._first[1], 1e-9)
        speed = f", about {rate:,.1f} examples/s" if step > self._first[0] else ""
        return f"epsilon at most {self.at(step):.2f}{speed}"

    def at(self, step: int) -> float:
        """A bound on ε after ``step`` steps."""
        total = self._mechanism.steps
        point = math.ceil(step * _EPSILON_POINTS / total)
        until = max(step, point * total // _EPSILON_POINTS)
        if point not in self._known:
            whole = epsilon(self._mechanism, self._delta)
            # The bound of a part may be coarser than that of the whole, which bounds it too.
            self._known[point] = min(epsilon(self._mechanism, self._delta, until), whole)
        return self._known[point]
