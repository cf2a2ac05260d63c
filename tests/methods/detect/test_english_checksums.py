"""Check digits of identifiers in English-speaking countries."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tasks.methods.detect.checksums import dea, iban, imei, nhs, npi, vin


@pytest.mark.parametrize(
    ("check", "good"),
    [
        (iban, "GB82WEST12345698765432"),
        (iban, "DE89 3704 0044 0532 0130 00"),
        (nhs, "943 476 5919"),
        (npi, "1234567893"),
        (dea, "BB1388568"),
        (imei, "49-015420-323751-8"),
    ],
)
def test_one_wrong_digit_is_noticed(check: Callable[[str], bool], good: str) -> None:
    assert check(good)
    for i, character in enumerate(good):
        if character.isdigit():
            assert not check(good[:i] + str((int(character) + 1) % 10) + good[i + 1 :])


def test_vin() -> None:
    assert vin("1M8GDM9AXKP042788") and vin("11111111111111111")
    assert not vin("1M8GDM9A1KP042788") and not vin("1M8GDM9AXKPO42788") and not vin("1M8GDM9AX")
