"""Great Expectations, told before it is imported to report its use to nobody: the gate imports it from here alone."""

from __future__ import annotations

import os

os.environ["GX_ANALYTICS_ENABLED"] = "false"

import great_expectations as gx  # noqa: E402
import great_expectations.expectations as gxe  # noqa: E402
from great_expectations.data_context.types.base import ProgressBarsConfig  # noqa: E402
from great_expectations.expectations.row_conditions import Column  # noqa: E402

__all__ = ["Column", "ProgressBarsConfig", "gx", "gxe"]
